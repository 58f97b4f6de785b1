/**
 * The table of a run for a given width: verdict, cell and time always; a column per oracle if there is room, else one that names those that
 * objected; and as many costs as fit.
 */
import { type CellRecord, isGood, type OracleName, OracleName as OracleNames, type Verdict } from '../model/index.js';
import { commandLines, widthOf, wrapped } from '../terminal/index.js';
import { formatMetrics, formatSeconds } from './format.js';
import { objectionsIn } from './formats/text.js';
import type { Style } from './style.js';

const HEADINGS: Record<OracleName, string> = {
  workload: 'work',
  data: 'data',
  translation: 'transl',
  device: 'device',
  faults: 'faults',
  leaks: 'leaks',
  'kernel-log': 'klog',
};

const VERDICT = 12;
const TIME = 8;
/** The cell's column begins here, and so do the lines below a row. */
const INDENT = VERDICT + 1;
const OBJECTED = 'objected';
/** With less room than this, no costs are shown. */
const COST = 20;
/** With fewer columns, or if an id does not fit beside its verdict, the cell has no column but a line of its own. */
const NARROW = 50;

export interface Shape {
  /** Width of the cell's column. 0: the cell has a line of its own. */
  cell: number;
  /** A column per oracle; else one for those that objected, if there is room. */
  oracles: boolean;
  /** The width left at the end, for costs or for those that objected. */
  rest: number;
}

/** @param longest the length of the longest id in the table */
export function shapeOf(width: number, longest: number): Shape {
  if (width < Math.max(NARROW, INDENT + longest)) return { cell: 0, oracles: false, rest: 0 };
  const fixed = INDENT + 1 + TIME;
  const oracles = OracleNames.options.reduce((sum, name) => sum + column(name) + 1, 0);
  const cell = Math.min(Math.max(4, longest), width - fixed);
  const rest = width - fixed - cell - 2;
  return rest + 2 >= oracles ? { cell, oracles: true, rest: rest - oracles } : { cell, oracles: false, rest };
}

export function sameColumns(a: Shape, b: Shape): boolean {
  return a.cell === b.cell && a.oracles === b.oracles && heading(a) === heading(b);
}

export function headLine({ cell, oracles, rest }: Shape): string {
  if (cell === 0) return `${'verdict'.padEnd(VERDICT)} ${'time'.padStart(TIME)}`;
  const parts = ['verdict'.padEnd(VERDICT), 'cell'.padEnd(cell)];
  if (oracles) parts.push(...OracleNames.options.map((name) => HEADINGS[name].padEnd(column(name))));
  return `${[...parts, 'time'.padStart(TIME)].join(' ')}  ${heading({ cell, oracles, rest })}`.trimEnd();
}

function heading({ oracles, rest }: Shape): string {
  if (oracles) return rest >= COST ? 'cost' : '';
  return rest >= OBJECTED.length ? OBJECTED : '';
}

/** The row of a cell that has ended, and the lines below it. */
export function rowLines(record: CellRecord, width: number, shape: Shape, style: Style): string[] {
  return [...row(record, width, shape, style), ...below(record, width, shape, style)];
}

function row(record: CellRecord, width: number, { cell, oracles, rest }: Shape, style: Style): string[] {
  const verdict = paintedVerdict(record.verdict, style);
  const time = formatSeconds(record.duration_ms).padStart(TIME);
  if (cell === 0) return [`${verdict} ${time}`, `  ${record.id}`];
  const said = oracles
    ? `${OracleNames.options.map((name) => paintedOracle(record, name, style)).join(' ')} ${time}`
    : time;
  const objected = objectors(record);
  const end = oracles
    ? rest >= COST && formatMetrics(record.metrics, rest)
    : rest >= Math.max(objected.length, OBJECTED.length) && paintedBy(record, style)(objected);
  const tail = `${said}  ${end || ''}`.trimEnd();
  const line = `${verdict} ${record.id.padEnd(cell)} ${tail}`;
  if (widthOf(line) <= width) return [line];
  return [`${verdict} ${record.id}`, `${' '.repeat(INDENT + cell)} ${tail}`];
}

/** The oracles that did not pass; with `?` those that could not look. */
function objectors({ oracles }: CellRecord): string {
  return OracleNames.options
    .flatMap((name) => {
      const verdict = oracles.find((oracle) => oracle.name === name)?.verdict;
      if (verdict === undefined || verdict === 'pass') return [];
      return [`${HEADINGS[name]}${verdict === 'inconclusive' ? '?' : ''}`];
    })
    .join(' ');
}

function paintedBy({ oracles }: CellRecord, style: Style): (text: string) => string {
  return oracles.some(({ verdict }) => verdict === 'fail') ? style.bad : style.doubtful;
}

/** Names every oracle that objected, whether or not it has a column. */
function below(record: CellRecord, width: number, shape: Shape, style: Style): string[] {
  const plain = (text: string) => text;
  const lines: string[] = [];
  const indent = belowIndent(shape);
  const add = (text: string, paint = plain) => lines.push(...belowLines(text, width, indent, paint));
  for (const [at, { reason }] of (record.earlier ?? []).entries())
    add(`attempt ${at + 1} was lost: ${reason}`, style.doubtful);
  if (isGood(record.verdict)) {
    if (record.reason !== '') add(record.reason, style.dim);
    return lines;
  }
  for (const line of objectionsIn(record)) add(line);
  if (record.evidence !== undefined) add(`kept in ${record.evidence}`, style.dim);
  const [label = '', ...more] = commandLines('reproduce:', record.repro, width - indent);
  // A command that does not fit begins further left, so that it can be copied.
  const fits = more.every((line) => line.length <= width - indent);
  const command = fits ? more.map((line) => ' '.repeat(indent) + line) : commandLines('', record.repro, width).slice(1);
  return [...lines, ' '.repeat(indent) + label, ...command];
}

/** The lines for a cell that has no row: it was skipped, or will be retried. */
export function noteLines(
  what: string,
  { id, reason }: CellRecord,
  width: number,
  shape: Shape,
  style: Style,
): string[] {
  const indent = belowIndent(shape);
  const head = shape.cell === 0 ? [what.trimEnd(), `  ${id}`] : [`${what} ${id}`];
  return [...head, ...belowLines(reason, width, indent, style.dim)];
}

export function paintedVerdict(verdict: Verdict, style: Style): string {
  return paintFor(verdict, style)(verdict.padEnd(VERDICT));
}

function paintFor(verdict: Verdict, style: Style): (text: string) => string {
  if (isGood(verdict)) return style.good;
  return verdict === 'fail' ? style.bad : style.doubtful;
}

function belowLines(text: string, width: number, indent: number, paint: (text: string) => string): string[] {
  return wrapped(text, width - indent, 2).map((line) => ' '.repeat(indent) + paint(line));
}

function belowIndent({ cell }: Shape): number {
  return cell === 0 ? 4 : INDENT;
}

function paintedOracle(record: CellRecord, name: OracleName, style: Style): string {
  const report = record.oracles.find((oracle) => oracle.name === name);
  const width = column(name);
  if (report === undefined) return style.dim('-'.padEnd(width));
  switch (report.verdict) {
    case 'pass':
      return style.good('ok'.padEnd(width));
    case 'fail':
      return style.bad('FAIL'.padEnd(width));
    case 'inconclusive':
      return style.doubtful('?'.padEnd(width));
  }
}

function column(name: OracleName): number {
  return Math.max(4, HEADINGS[name].length);
}
