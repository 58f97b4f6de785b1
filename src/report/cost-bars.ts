/** What the same work cost by each backend, for a terminal or a log: numbers, and small bars beside them. */
import { type CostGroup, isOurs } from './costs.js';

const WIDTH = 24;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** More belong into a report, not into a log. */
const MOST = 12;

/** So much of the full width, in steps of an eighth of a character; what is not nothing is to be seen. */
export function bar(share: number, width = WIDTH): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(Math.min(1, Math.max(0, share)) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

export function costBars(groups: readonly CostGroup[]): string[] {
  if (groups.length === 0) return [];
  const shown = groups.slice(0, MOST);
  const rows = shown.flatMap((group) => group.rows);
  const names = Math.max(...rows.map(({ backend }) => backend.length));
  const numbers = Math.max(...rows.map(({ total }) => total.toLocaleString('en-US').length));
  const phases = [...new Set(rows.flatMap((row) => row.phases.map(({ name }) => name)))].join(' + ');
  const more = groups.length - shown.length;
  return [
    `cost: instructions, ${phases}, and to sg (${rows.some(({ ours }) => ours) ? "* ours, else the kernel's" : "all the kernel's"})`,
    ...shown.flatMap(({ machine, topology, workload, rows }) => {
      const max = Math.max(...rows.map(({ total }) => total));
      return [
        [machine, topology, workload].filter((part) => part !== undefined).join('/'),
        ...rows.map(({ backend, total, ratio }) => {
          const number = total.toLocaleString('en-US').padStart(numbers);
          const factor = ratio === undefined ? ' '.repeat(5) : ratio.toFixed(3);
          return `  ${isOurs(backend) ? '*' : ' '} ${backend.padEnd(names)}  ${number}  ${factor}  ${bar(total / max)}`;
        }),
      ];
    }),
    ...(more > 0 ? [`and ${more} more: phyrlab report`] : []),
  ];
}
