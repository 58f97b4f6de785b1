import type { KnownDefect, KnownDefectIn } from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import type { Plan } from './expand.js';

/** Each cell with the known defects that must show in it. What is broken on purpose is about something else. */
export function withKnown(plan: Plan, defects: readonly KnownDefectIn<Cell>[]): Plan {
  return { ...plan, cells: plan.cells.map((cell) => knownIn(cell, defects)) };
}

/**
 * A cell as a file from outside has it: which defects it must show stays, what they look like is ours to say. A regular expression of
 * somebody else's may take for ever.
 */
export function withOwnPatterns({ known = [], ...cell }: Cell, defects: readonly KnownDefectIn<Cell>[]): Cell {
  const ours = known.flatMap(({ id }) => defects.filter((defect) => defect.id === id).map(declared));
  return ours.length === 0 ? cell : { ...cell, known: ours };
}

function declared({ where: _, pattern, ...defect }: KnownDefectIn<Cell>): KnownDefect {
  return { ...defect, pattern: pattern.source };
}

function knownIn(cell: Cell, defects: readonly KnownDefectIn<Cell>[]): Cell {
  const known = cell.plant === undefined ? defects.filter(({ where }) => where(cell)) : [];
  if (known.length === 0) return cell;
  return { ...cell, known: known.map(declared) };
}
