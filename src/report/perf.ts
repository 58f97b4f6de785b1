/** Comparisons and histories as text. */
import { countOf, seriesName, typedHere } from '../model/index.js';
import {
  type Alone,
  type ChangePoint,
  type Comparison,
  type Judged,
  type Moved,
  medianOf,
  type NotComparable,
} from '../perf/index.js';
import type { SeriesHistory } from '../results/index.js';
import { joined, type Part, wrapped } from '../terminal/index.js';
import { formatChange } from './format.js';
import type { Style } from './style.js';

export interface ComparisonTextOptions {
  /** Series that only one side has. */
  alone?: readonly Alone[];
  /** The command that measures the same again. */
  again?: string;
  /** Columns there are; what does not fit stands below. */
  width?: number;
}

/** A row a series that changed; of what could not be told the reasons, and what to do about it. */
export function comparisonLines(
  judged: readonly Judged[],
  style: Style,
  { alone = [], again, width = Number.POSITIVE_INFINITY }: ComparisonTextOptions = {},
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
  const untold = judged.flatMap(({ comparison, before, after }) =>
    comparison.untold === undefined ? [] : [{ ...comparison.untold, before: before.length, after: after.length }],
  );
  const text = (line: string) => wrapped(line, width);
  return [
    ...rows,
    ...text(
      `${judged.length > 0 || alone.length === 0 ? `${judged.length} series: ${tally(judged)}` : 'nothing to compare'}${changed.some(({ comparison }) => comparison.gates) ? '; ! stops the gate' : ''}`,
    ),
    ...(untold.length > 0 ? text(`inconclusive: ${reasons(untold).join('; ')}`) : []),
    ...(alone.length > 0
      ? text(`not in both: ${alone.map(({ why, count }) => `${count.toLocaleString('en-US')} ${why}`).join('; ')}`)
      : []),
    ...(judged.length > 0 ? hints(untold, again) : [NOTHING])
      .flatMap((line) => wrapped(typedHere(line), width))
      .map(style.dim),
  ];
}

const NOTHING = 'To compare: measure the same cells on both sides, with the same kernel, QEMU and accelerator.';

type Counted = NotComparable & { before: number; after: number };

/** Each once, with how many series have it. */
function reasons(untold: readonly Counted[]): string[] {
  const said = untold.map(reasonOf);
  return [...new Set(said)].map(
    (text) => `${said.filter((one) => one === text).length.toLocaleString('en-US')} ${text}`,
  );
}

function reasonOf(one: Counted): string {
  switch (one.why) {
    case 'moves':
      return 'counts that are not the same each time on one side';
    case 'few':
      return `have too few samples (${one.before} against ${one.after}; ${one.needed} a side can tell)`;
    case 'scatter':
      return 'scatter too much for their number of samples';
  }
}

/** Beyond this it is not the number of samples that helps. */
const MOST_RUNS = 50;

/** How to make it tell. */
function hints(untold: readonly Counted[], again = 'phyrlab run CELLS'): string[] {
  const needed = untold.flatMap((one) => (one.why === 'moves' ? [] : (one.needed ?? [])));
  const lines: string[] = [];
  if (needed.length > 0) {
    const [least, most] = [Math.min(...needed), Math.min(MOST_RUNS, Math.max(...needed))];
    const times = least < most ? `${least} to ${most}` : `${most}`;
    lines.push(
      `To tell: measure ${times} samples a side on a quiet host (repeat: ${again}),`,
      'then name all runs of a side: phyrlab perf compare RUN,RUN,... RUN,RUN,...',
    );
  }
  if (untold.some(({ why }) => why === 'moves'))
    lines.push('To see which counts move: phyrlab bench --check-determinism PATTERN');
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

/** By how much a series changed, with the confidence interval where there is one. */
export function changeOf({ before, after, comparison: { ratio } }: Judged): string {
  if (ratio === undefined) return formatChange(medianOf(before), medianOf(after));
  const { low, mid, high } = ratio;
  if (low === high) return formatChange(1, mid);
  return `${formatChange(1, mid)} (${formatChange(1, low)} to ${formatChange(1, high)})`;
}

function middle(values: readonly number[]): string {
  return medianOf(values).toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** What must be the same in every run and was not. */
export function movedLines(
  moved: readonly Moved[],
  { counts, runs, width = Number.POSITIVE_INFINITY }: { counts: number; runs: number; width?: number },
  style: Style,
): string[] {
  const rows = moved.flatMap(({ name, unit, values }) => {
    const said = values.map((value) => value?.toLocaleString('en-US') ?? 'nothing').join(', ');
    return joined(
      [{ text: 'moved', paint: style.bad }, { text: name }, { text: `${said} ${unit}`.trim(), paint: style.dim }],
      width,
    );
  });
  return [
    ...rows,
    `${countOf(counts, 'count')}, ${countOf(runs, 'time')}: ${moved.length === 0 ? 'the same to the digit' : `${moved.length} moved`}`,
  ];
}

const BARS = '▁▂▃▄▅▆▇█';
const LONGEST = 80;

/** The line of a series as small bars, and where it changed. */
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
