/** What the same work cost by each backend, as numbers with small bars, for a terminal or a log. */
import { invocation } from '../model/index.js';
import { commandLines, wrapped } from '../terminal/index.js';
import { type CostGroup, type CostRow, isOurs } from './costs.js';
import { formatRatio } from './format.js';

const WIDTH = 24;
/** The smallest width of a bar that shows anything. */
const LEAST = 6;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** The most groups that the terminal shows. The report has them all. */
const MOST = 12;

/** A bar for this share of the width, in steps of an eighth of a character. Anything above zero is visible. */
export function bar(share: number, width = WIDTH): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(Math.min(1, Math.max(0, share)) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** @param width columns of the terminal; if there is no room for bars, only numbers are shown */
export function costBars(groups: readonly CostGroup[], width = Number.POSITIVE_INFINITY): string[] {
  if (groups.length === 0) return [];
  const shown = groups.slice(0, MOST);
  const rows = shown.flatMap((group) => group.rows.map((row) => ({ ...row, name: nameOf(group, row) })));
  const names = Math.max(...rows.map(({ name }) => name.length));
  const numbers = Math.max(...rows.map(({ total }) => total.toLocaleString('en-US').length));
  const phases = [...new Set(rows.flatMap((row) => row.phases.map(({ name }) => name)))].join(' + ');
  const more = groups.length - shown.length;
  const room = Math.min(WIDTH, width - (names + numbers + 15));
  return [
    ...wrapped(
      `cost: instructions, ${phases}, and ratio to sg (${rows.some(({ ours }) => ours) ? "* ours, others the kernel's" : "all the kernel's"})`,
      width,
    ),
    ...shown.flatMap((group) => {
      const { machine, topology, workload, rows } = group;
      const max = Math.max(...rows.map(({ total }) => total));
      return [
        [machine, topology, workload].filter((part) => part !== undefined).join('/'),
        ...rows.map((row) => {
          const { backend, total, ratio } = row;
          const number = total.toLocaleString('en-US').padStart(numbers);
          const factor = formatRatio(ratio).padStart(5);
          const line = `  ${isOurs(backend) ? '*' : ' '} ${nameOf(group, row).padEnd(names)}  ${number}  ${factor}`;
          return room < LEAST ? line : `${line}  ${bar(total / max, room)}`;
        }),
      ];
    }),
    ...(more > 0 ? commandLines(`and ${more} more:`, invocation('report'), width) : []),
  ];
}

/** The backend, with its topology if the rows of the group have different ones. */
function nameOf(group: CostGroup, { backend, topology }: CostRow): string {
  return group.topology === undefined ? `${backend} (${topology})` : backend;
}
