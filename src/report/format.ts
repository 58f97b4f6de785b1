import { countOf, type Metric, measureName } from '../model/index.js';

export function formatMetric(metric: Metric): string {
  const { unit, value } = metric;
  const number = Number.isInteger(value)
    ? value.toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
  return `${measureName(metric)} ${number} ${unit}`.trim();
}

/**
 * As many metrics as fit, unabridged, and how many more there are. If a cell has very many, only their number.
 */
export function formatMetrics(metrics: readonly Metric[], room = Number.POSITIVE_INFINITY): string {
  if (metrics.length > MOST) return `${metrics.length} figures`;
  const figures = metrics.map(formatMetric);
  for (let shown = figures.length; shown > 0; shown--) {
    const more = shown < figures.length ? [`+${figures.length - shown}`] : [];
    const text = [...figures.slice(0, shown), ...more].join(', ');
    if (text.length <= room) return text;
  }
  return figures.length === 0 ? '' : countOf(figures.length, 'figure');
}

const MOST = 12;

export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Time that has passed: `1:02`, `1:02:03`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? `${part}` : `${part}`.padStart(2, '0'))).join(':');
}

/** An estimate, rounded accordingly: `about 40 s`, `about 3 min`, `about 2 h 20 min`. */
export function formatAbout(ms: number): string {
  if (ms < 55_000) return `about ${Math.max(10, Math.round(ms / 10_000) * 10)} s`;
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return `about ${minutes} min`;
  const tens = Math.round(minutes / 10) * 10;
  return `about ${Math.floor(tens / 60)} h${tens % 60 === 0 ? '' : ` ${tens % 60} min`}`;
}

/**
 * By how much a figure changed: `+1.25 %`, `-0.0004 %`, `0 %`. Says in words if there is no ratio.
 */
export function formatChange(before: number, after: number): string {
  if (before === after) return '0 %';
  const change = (after / before - 1) * 100;
  if (Number.isFinite(change)) return `${change > 0 ? '+' : ''}${percents(change)} %`;
  return before === 0 ? 'from 0' : 'not a number';
}

/** Two decimals, or the first significant digit if they would all be zero. */
function percents(change: number): string {
  const digits =
    Math.abs(change) < 0.01 ? { maximumSignificantDigits: 1 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return change.toLocaleString('en-US', digits);
}

/** A ratio such as `0.951`, or `-` if there is none. */
export function formatRatio(ratio: number | undefined): string {
  return ratio !== undefined && Number.isFinite(ratio) ? ratio.toFixed(3) : '-';
}
