import type { KnownDefect, KnownDefectIn } from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import type { Plan } from './expand.js';

/** Adds to each cell the known defects that must show in it. Cells with planted defects have none. */
export function withKnown(plan: Plan, defects: readonly KnownDefectIn<Cell>[]): Plan {
  return { ...plan, cells: plan.cells.map((cell) => knownIn(cell, defects)) };
}

/**
 * For a cell from a file: it keeps which defects it must show, but how they look is taken from the current declarations. Older runs recorded that
 * as text.
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
