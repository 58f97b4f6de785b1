import type { BudgetRow } from '../perf/index.js';
import { formatChange, formatRatio } from './format.js';

const HEAD = ['', 'measured', 'budget', "kernel's", 'of it', 'floor', 'above it', ''];

/** One line a budget. Instructions are whole; bytes per page have decimals. */
export function budgetTable(rows: readonly BudgetRow[]): string {
  const cells = rows.map(({ what, measured, budget, kernel, floor, verdict }) => [
    what,
    number(measured),
    number(budget),
    kernel === undefined ? '' : number(kernel),
    kernel === undefined ? '' : formatRatio(measured / kernel),
    floor === undefined ? '' : number(floor),
    floor === undefined ? '' : formatChange(floor, measured),
    verdict === 'floor' ? 'not met: nor does the floor' : verdict === 'met' ? 'met' : 'MISSED',
  ]);
  const lines = [HEAD, ...cells];
  const widths = HEAD.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const pad = (text: string, i: number) =>
    i === 0 || i === HEAD.length - 1 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

function number(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(4) : Math.round(value).toLocaleString('en-US');
}
