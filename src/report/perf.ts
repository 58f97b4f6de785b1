/** Comparisons and histories as text. */
import { type ChangePoint, type Comparison, type Judged, type Moved, middleOf } from '../perf/index.js';
import type { SeriesHistory } from '../results/index.js';
import type { Style } from './style.js';

/** A row a series that is not the same; the rest as a number. */
export function comparisonLines(judged: readonly Judged[], style: Style): string[] {
  const shown = judged.filter(({ comparison }) => comparison.verdict !== 'same');
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const rows = shown.map(({ name, unit, before, after, comparison }) => {
    const values = `${middle(before)} -> ${middle(after)} ${unit}`.trim();
    const verdict = `${comparison.verdict}${comparison.gates ? '!' : ''}`.padEnd(12);
    return `${paint(comparison, style)(verdict)} ${name.padEnd(width)} ${factor(comparison).padStart(9)}  ${style.dim(values)}`;
  });
  const same = judged.length - shown.length;
  return [...rows, `${judged.length} series: ${tally(judged)}${same === judged.length ? '' : '; ! stops the gate'}`];
}

function tally(judged: readonly Judged[]): string {
  const counts = new Map<string, number>();
  for (const { comparison } of judged) counts.set(comparison.verdict, (counts.get(comparison.verdict) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ') || 'none in both';
}

function paint({ verdict }: Comparison, style: Style): (text: string) => string {
  if (verdict === 'worse') return style.bad;
  return verdict === 'better' ? style.good : style.doubtful;
}

function percent(factor: number): string {
  return `${factor >= 1 ? '+' : ''}${((factor - 1) * 100).toFixed(2)} %`;
}

function factor({ ratio: { low, mid, high } }: Comparison): string {
  if (low === high || !Number.isFinite(high)) return percent(mid);
  return `${percent(mid)} (${percent(low)} to ${percent(high)})`;
}

function middle(values: readonly number[]): string {
  return middleOf(values).toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** What must be the same in every run and was not. */
export function movedLines(moved: readonly Moved[], counts: number, runs: number, style: Style): string[] {
  const rows = moved.map(({ name, unit, values }) => {
    const said = values.map((value) => value?.toLocaleString('en-US') ?? 'nothing').join(', ');
    return `${style.bad('moved')} ${name}  ${style.dim(`${said} ${unit}`.trim())}`;
  });
  return [
    ...rows,
    `${counts} counts, ${runs} times: ${moved.length === 0 ? 'the same to the digit' : `${moved.length} moved`}`,
  ];
}

const BARS = '▁▂▃▄▅▆▇█';
const LONGEST = 80;

/** The line of a series as small bars, and where it changed. */
export function historyLines(
  { series, samples }: SeriesHistory,
  changes: readonly ChangePoint[],
  style: Style,
): string[] {
  const values = samples.map((sample) => middleOf(sample.values));
  const last = samples.at(-1);
  const lines = [
    `${series.cell} ${series.metric}  ${style.dim(`${series.unit}, ${series.kind}; Linux ${series.kernel}, QEMU ${series.qemu}`)}`,
    `  ${bars(values.slice(-LONGEST))}  ${samples.length} runs, now ${middle(last?.values ?? [])} ${series.unit} (${last?.run})`,
  ];
  for (const { at, before, after, p } of changes) {
    const [from, to] = [samples[at - 1], samples[at]];
    const modules =
      from?.modules === to?.modules
        ? 'the same modules'
        : `modules ${from?.modules.slice(0, 12)} -> ${to?.modules.slice(0, 12)}`;
    const chance = series.kind === 'noisy' ? `, p ${p.toFixed(3)}` : '';
    lines.push(`  ${percent(after / before)} at ${to?.run} (${to?.at.slice(0, 16)}Z, ${modules}${chance})`);
  }
  return lines;
}

function bars(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values.map((value) => BARS[span === 0 ? 3 : Math.round(((value - low) / span) * 7)] ?? '').join('');
}
