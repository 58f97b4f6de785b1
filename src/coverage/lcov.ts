/** Coverage as an lcov tracefile, which genhtml and most viewers read. */
import type { Coverage, MergedFile } from './merge.js';
import { countsOf } from './merge.js';

export function lcov({ files }: Coverage): string {
  return files.map(record).join('');
}

/** Counts are numbers of cells, since nobody counts how often a line ran. */
function record(file: MergedFile): string {
  const { path, lines, functions, branches } = file;
  const { lines: l, functions: f, branches: b } = countsOf([file]);
  const ran = (line: number) => (lines.get(line)?.length ?? 0) > 0;
  return [
    'TN:',
    `SF:${path}`,
    ...functions.map(({ name, line }) => `FN:${line},${name}`),
    ...functions.map(({ name, cells }) => `FNDA:${cells.length},${name}`),
    `FNF:${f.all}`,
    `FNH:${f.reached}`,
    ...branches.flatMap(({ line, column, ways }) =>
      // '-' means that the condition was never reached.
      [0, 1].map((way) => `BRDA:${line},${column},${way},${ran(line) ? Number(way < ways) : '-'}`),
    ),
    `BRF:${b.all}`,
    `BRH:${b.reached}`,
    ...[...lines].map(([line, cells]) => `DA:${line},${cells.length}`),
    `LF:${l.all}`,
    `LH:${l.reached}`,
    'end_of_record\n',
  ].join('\n');
}
