import type { KnownDefectIn } from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import type { Plan } from './expand.js';

/** Each cell with the known defects that must show in it. What is broken on purpose is about something else. */
export function withKnown(plan: Plan, defects: readonly KnownDefectIn<Cell>[]): Plan {
  return { ...plan, cells: plan.cells.map((cell) => knownIn(cell, defects)) };
}

function knownIn(cell: Cell, defects: readonly KnownDefectIn<Cell>[]): Cell {
  const known = cell.plant === undefined ? defects.filter(({ where }) => where(cell)) : [];
  if (known.length === 0) return cell;
  return { ...cell, known: known.map(({ where: _, pattern, ...defect }) => ({ ...defect, pattern: pattern.source })) };
}
