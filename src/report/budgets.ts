import type { BudgetRow } from '../perf/index.js';
import { grid } from '../terminal/index.js';
import { formatChange, formatRatio } from './format.js';

const HEAD = ['', 'measured', 'budget', "kernel's", 'of it', 'floor', 'above it', ''];

/** One line per budget. Instructions are rounded; bytes per page have decimals. */
export function budgetTable(rows: readonly BudgetRow[], width?: number): string[] {
  const cells = rows.map(({ what, measured, budget, kernel, floor, verdict }) => [
    what,
    number(measured),
    number(budget),
    kernel === undefined ? '' : number(kernel),
    kernel === undefined ? '' : formatRatio(measured / kernel),
    floor === undefined ? '' : number(floor),
    floor === undefined ? '' : formatChange(floor, measured),
    verdict === 'floor' ? 'not met, nor by the floor' : verdict === 'met' ? 'met' : 'MISSED',
  ]);
  const align = (column: number) => (column === 0 || column === HEAD.length - 1 ? 'left' : 'right');
  return grid([HEAD, ...cells], { width, align });
}

function number(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(4) : Math.round(value).toLocaleString('en-US');
}
