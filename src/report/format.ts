import type { Metric } from '../model/index.js';

export function formatMetric({ name, unit, value }: Metric): string {
  const number = Number.isInteger(value)
    ? value.toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
  return `${name} ${number} ${unit}`.trim();
}

/** A line has room for a few: of a cell that measures hundreds it says only how many. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics.length > MOST ? `${metrics.length} figures` : metrics.map(formatMetric).join(', ');
}

const MOST = 12;

export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/**
 * By how much a figure changed: `+1.25 %`, `-0.0004 %`, `0 %`. Where there is no ratio it says so in words: nothing is infinitely
 * worse, and no number is NaN.
 */
export function formatChange(before: number, after: number): string {
  if (before === after) return '0 %';
  const change = (after / before - 1) * 100;
  if (Number.isFinite(change)) return `${change > 0 ? '+' : ''}${percents(change)} %`;
  return before === 0 ? 'from 0' : 'not a number';
}

/** Two decimals; of what they would hide, the first digit. */
function percents(change: number): string {
  const digits =
    Math.abs(change) < 0.01 ? { maximumSignificantDigits: 1 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return change.toLocaleString('en-US', digits);
}

/** One figure as a part of another: `0.951`, or `-` where there is nothing to hold it against. */
export function formatRatio(ratio: number | undefined): string {
  return ratio !== undefined && Number.isFinite(ratio) ? ratio.toFixed(3) : '-';
}
