import type { Metric } from '../model/index.js';

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

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
