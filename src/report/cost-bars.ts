/** What the same work cost by each backend, for a terminal or a log: numbers, and small bars beside them. */
import { typed } from '../model/index.js';
import { commandLines, wrapped } from '../terminal/index.js';
import { type CostGroup, type CostRow, isOurs } from './costs.js';
import { formatRatio } from './format.js';

const WIDTH = 24;
/** A shorter bar shows nothing. */
const LEAST = 6;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** More belong into a report, not into a log. */
const MOST = 12;

/** So much of the full width, in steps of an eighth of a character; what is not nothing is to be seen. */
export function bar(share: number, width = WIDTH): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(Math.min(1, Math.max(0, share)) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** @param width columns of the terminal; without room for bars there are numbers alone */
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
      `cost: instructions, ${phases}, and to sg (${rows.some(({ ours }) => ours) ? "* ours, else the kernel's" : "all the kernel's"})`,
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
    ...(more > 0 ? commandLines(`and ${more} more:`, typed('report'), width) : []),
  ];
}

/** The backend, and its topology where each row has its own. */
function nameOf(group: CostGroup, { backend, topology }: CostRow): string {
  return group.topology === undefined ? `${backend} (${topology})` : backend;
}
