import type { KnownDefect, KnownDefectIn } from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import type { Plan } from './expand.js';

/** Each cell with the known defects that must show in it. What is broken on purpose is about something else. */
export function withKnown(plan: Plan, defects: readonly KnownDefectIn<Cell>[]): Plan {
  return { ...plan, cells: plan.cells.map((cell) => knownIn(cell, defects)) };
}

/**
 * A cell as a file from outside has it: which defects it must show stays, what they look like is ours to say, and today's: an
 * older run had words for it.
 */
export function withOwnPatterns({ known = [], ...cell }: Cell, defects: readonly KnownDefectIn<Cell>[]): Cell {
  const ours = known.flatMap(({ id }) => defects.filter((defect) => defect.id === id).map(declared));
  return ours.length === 0 ? cell : { ...cell, known: ours };
}

function declared({ cells: _, ...defect }: KnownDefectIn<Cell>): KnownDefect {
  return defect;
}

function knownIn(cell: Cell, defects: readonly KnownDefectIn<Cell>[]): Cell {
  const { known: _, ...plain } = cell;
  const known = cell.plant === undefined ? defects.filter(({ cells }) => cells(cell)) : [];
  return known.length === 0 ? plain : { ...plain, known: known.map(declared) };
}
