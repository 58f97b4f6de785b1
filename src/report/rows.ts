/**
 * The table of a run in as many columns as there are: verdict, cell and time in any case, what each oracle said where that has room, else
 * those that objected, and of the costs as many as have room. Columns in, lines out.
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
/** The column of the cell begins here, and so does what is said below it. */
const INDENT = VERDICT + 1;
const OBJECTED = 'objected';
/** Fewer columns of costs show none. */
const COST = 20;
/** With fewer columns, or where an id has no room beside its verdict, there is no column for the cell: it stands below. */
const NARROW = 50;

export interface Shape {
  /** Columns of the cell. 0: it stands in a line of its own. */
  cell: number;
  /** A column for each oracle; else, where it has room, one for those that objected. */
  oracles: boolean;
  /** Columns that are left at the end: for costs, or for those that objected. */
  rest: number;
}

/** @param longest of the ids that will stand in the table */
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

/** A cell that has ended, with what there is to say of it below. */
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

/** Who did not say that all is well, and whether it could not look. */
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

/** Names every oracle that objected, whatever the columns have room for. */
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
  // What has no room here begins further left, so that it is copied as it stands.
  const fits = more.every((line) => line.length <= width - indent);
  const command = fits ? more.map((line) => ' '.repeat(indent) + line) : commandLines('', record.repro, width).slice(1);
  return [...lines, ' '.repeat(indent) + label, ...command];
}

/** A cell that is not in the columns: it was not run, or will be once more. */
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
