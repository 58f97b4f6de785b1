/**
 * Splits a plan into shards that run on independent machines. A cell's shard is a hash of what cells that share a boot have in common, so it does
 * not depend on other cells or their order, and no guest boots twice.
 */
import { createHash } from 'node:crypto';
import type { CellParts, Shard } from '../model/index.js';
import { partsOf } from '../workloads/index.js';
import type { Plan } from './expand.js';

/** The shard of a cell, counted from 1. */
export function shardOf({ id, machine, topology, plant }: CellParts, count: number): number {
  const place = plant === undefined ? `${machine}/${topology}` : id;
  return (createHash('sha256').update(place).digest().readUIntBE(0, 6) % count) + 1;
}

/** One shard of a plan, and the cells of the others. */
export function takeShard(
  plan: Plan,
  { index, count }: Pick<Shard, 'index' | 'count'>,
): { shard: Shard; plan: Plan; elsewhere: CellParts[] } {
  const mine = (cell: CellParts) => shardOf(cell, count) === index;
  return {
    shard: { index, count, plan: hashOf(plan) },
    plan: {
      ...plan,
      cells: plan.cells.filter((cell) => mine(partsOf(cell))),
      pruned: plan.pruned.filter(mine),
    },
    elsewhere: plan.cells.map(partsOf).filter((parts) => !mine(parts)),
  };
}

/** Of every cell with its declaration and seed, in whatever order. */
function hashOf({ cells }: Plan): string {
  const hash = createHash('sha256');
  for (const cell of [...cells].sort((a, b) => (a.id < b.id ? -1 : 1))) hash.update(JSON.stringify(cell));
  return hash.digest('hex').slice(0, 16);
}
