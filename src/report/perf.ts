/** Comparisons and histories as text. */
import { countOf, seriesName, withInvocation } from '../model/index.js';
import {
  type ChangePoint,
  type Comparison,
  type Judged,
  type Moved,
  medianOf,
  type NotComparable,
  type Unpaired,
} from '../perf/index.js';
import type { SeriesHistory } from '../results/index.js';
import { joined, type Part, wrapped } from '../terminal/index.js';
import { formatChange } from './format.js';
import type { Style } from './style.js';

export interface ComparisonTextOptions {
  /** Series that cannot be paired. */
  unpaired?: readonly Unpaired[];
  /** The command that measures the same again. */
  again?: string;
  /** The terminal's width in columns. */
  width?: number;
}

/** A row for each series that changed; then why others are inconclusive, and what to do about it. */
export function comparisonLines(
  judged: readonly Judged[],
  style: Style,
  { unpaired = [], again, width = Number.POSITIVE_INFINITY }: ComparisonTextOptions = {},
): string[] {
  const changed = judged.filter(({ comparison }) => !['same', 'inconclusive'].includes(comparison.verdict));
  const column = Math.max(0, ...changed.map((one) => changeOf(one).length));
  const rows = changed.flatMap((one) => {
    const { name, unit, before, after, comparison } = one;
    const verdict = `${comparison.verdict}${comparison.gates ? '!' : ''}`.padEnd(7);
    const change = changeOf(one).padStart(column);
    return joined(
      [
        { text: verdict, paint: paint(comparison, style) },
        { text: change },
        { text: name },
        { text: `${middle(before)} -> ${middle(after)} ${unit}`.trim(), paint: style.dim },
      ],
      width,
      verdict.length + 2,
    );
  });
  const inconclusive = judged.flatMap(({ comparison, before, after }) =>
    comparison.untold === undefined ? [] : [{ ...comparison.untold, before: before.length, after: after.length }],
  );
  const text = (line: string) => wrapped(line, width);
  return [
    ...rows,
    ...text(
      `${judged.length > 0 || unpaired.length === 0 ? `${judged.length} series: ${tally(judged)}` : 'nothing to compare'}${changed.some(({ comparison }) => comparison.gates) ? '; ! fails the gate' : ''}`,
    ),
    ...(inconclusive.length > 0 ? text(`inconclusive: ${reasons(inconclusive).join('; ')}`) : []),
    ...(unpaired.length > 0
      ? text(`not compared: ${unpaired.map(({ why, count }) => `${count.toLocaleString('en-US')} ${why}`).join('; ')}`)
      : []),
    ...(judged.length > 0 ? hints(inconclusive, again) : [NOTHING])
      .flatMap((line) => wrapped(withInvocation(line), width))
      .map(style.dim),
  ];
}

const NOTHING = 'To compare runs, measure the same cells on both sides, with the same kernel, QEMU and accelerator.';

type Counted = NotComparable & { before: number; after: number };

/** Each reason once, with the number of series. */
function reasons(inconclusive: readonly Counted[]): string[] {
  const said = inconclusive.map(reasonOf);
  return [...new Set(said)].map(
    (text) => `${said.filter((one) => one === text).length.toLocaleString('en-US')} ${text}`,
  );
}

function reasonOf(one: Counted): string {
  switch (one.why) {
    case 'moves':
      return 'with counts that differ between the runs of one side';
    case 'few':
      return `with too few samples (${one.before} before, ${one.after} after; ${one.needed} per side are needed)`;
    case 'scatter':
      return 'with too much scatter for their number of samples';
  }
}

/** More samples than this do not help. */
const MOST_RUNS = 50;

/** What to do to get a result. */
function hints(inconclusive: readonly Counted[], again = 'phyrlab run CELLS'): string[] {
  const needed = inconclusive.flatMap((one) => (one.why === 'moves' ? [] : (one.needed ?? [])));
  const lines: string[] = [];
  if (needed.length > 0) {
    const [least, most] = [Math.min(...needed), Math.min(MOST_RUNS, Math.max(...needed))];
    const times = least < most ? `${least} to ${most}` : `${most}`;
    lines.push(
      `For a result, take ${times} samples per side on a quiet host (repeat: ${again}),`,
      'then compare all runs of each side: phyrlab perf compare RUN,RUN,... RUN,RUN,...',
    );
  }
  if (inconclusive.some(({ why }) => why === 'moves'))
    lines.push('To see which counts differ: phyrlab bench --check-determinism PATTERN');
  return lines;
}

function tally(judged: readonly Judged[]): string {
  const counts = new Map<string, number>();
  for (const { comparison } of judged) counts.set(comparison.verdict, (counts.get(comparison.verdict) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ') || 'nothing to compare';
}

function paint({ verdict }: Comparison, style: Style): (text: string) => string {
  if (verdict === 'worse') return style.bad;
  return verdict === 'better' ? style.good : style.doubtful;
}

/** By how much a series changed, with its confidence interval if there is one. */
export function changeOf({ before, after, comparison: { ratio } }: Judged): string {
  if (ratio === undefined) return formatChange(medianOf(before), medianOf(after));
  const { low, mid, high } = ratio;
  if (low === high) return formatChange(1, mid);
  return `${formatChange(1, mid)} (${formatChange(1, low)} to ${formatChange(1, high)})`;
}

function middle(values: readonly number[]): string {
  return medianOf(values).toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** Counts that should have been the same in every run, but were not. */
export function movedLines(
  moved: readonly Moved[],
  { counts, runs, width = Number.POSITIVE_INFINITY }: { counts: number; runs: number; width?: number },
  style: Style,
): string[] {
  const rows = moved.flatMap(({ name, unit, values }) => {
    const said = values.map((value) => value?.toLocaleString('en-US') ?? 'nothing').join(', ');
    return joined(
      [{ text: 'differs', paint: style.bad }, { text: name }, { text: `${said} ${unit}`.trim(), paint: style.dim }],
      width,
    );
  });
  return [
    ...rows,
    `${countOf(counts, 'count')}, ${countOf(runs, 'run')}: ${moved.length === 0 ? 'all identical' : `${moved.length} differed`}`,
  ];
}

const BARS = '▁▂▃▄▅▆▇█';
const LONGEST = 80;

/** A series as small bars, and where it changed. */
export function historyLines(
  { series, samples }: SeriesHistory,
  changes: readonly ChangePoint[],
  style: Style,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const values = samples.map((sample) => medianOf(sample.values));
  const last = samples.at(-1);
  const of: Part = {
    text: [`${series.unit}, ${series.kind}`, `Linux ${series.kernel}, QEMU ${series.qemu}`]
      .join('; ')
      .replace(/^, /, ''),
    paint: style.dim,
  };
  const now = `${countOf(samples.length, 'run')}, now ${`${middle(last?.values ?? [])} ${series.unit}`.trim()} (${last?.run})`;
  const shown = values.slice(-Math.min(LONGEST, Math.max(1, width - 2)));
  const lines = [
    ...joined([{ text: seriesName(series) }, of], width),
    ...joined([{ text: `  ${bars(shown)}` }, { text: now }], width),
  ];
  for (const { at, before, after, p } of changes) {
    const [from, to] = [samples[at - 1], samples[at]];
    const modules =
      from?.modules === to?.modules
        ? 'the same modules'
        : `modules ${from?.modules.slice(0, 12)} -> ${to?.modules.slice(0, 12)}`;
    const chance = series.kind === 'noisy' ? `, p ${p.toFixed(3)}` : '';
    const where = `at ${to?.run} (${to?.at.slice(0, 16)}Z, ${modules}${chance})`;
    lines.push(...wrapped(`  ${formatChange(before, after)} ${where}`, width));
  }
  return lines;
}

function bars(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values.map((value) => BARS[span === 0 ? 3 : Math.round(((value - low) / span) * 7)] ?? '').join('');
}
