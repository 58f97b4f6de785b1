import { describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { partsOfId } from '../../../src/model/index.js';
import { expand, groupIntoBoots, shardOf, takeShard } from '../../../src/plan/index.js';
import { partsOf, type Suite } from '../../../src/workloads/index.js';

const suite = (id: string) => suites.find((one) => one.id === id) as Suite;
const ci = expand(suite('ci'), 1);
const parts = (count: number) => Array.from({ length: count }, (_, at) => takeShard(ci, { index: at + 1, count }));

describe('shards', () => {
  it('have every cell once, pruned ones too, and know the cells of the others', () => {
    for (const count of [1, 2, 7]) {
      const shards = parts(count);
      for (const kind of ['cells', 'pruned'] as const) {
        const ids = shards.flatMap(({ plan }) => plan[kind].map(({ id }) => id));
        expect(ids.sort()).toEqual(ci[kind].map(({ id }) => id).sort());
      }
      for (const { plan, elsewhere } of shards) {
        expect(plan.cells.length + elsewhere.length).toBe(ci.cells.length);
        expect(elsewhere.filter(({ id }) => plan.cells.some((cell) => cell.id === id))).toEqual([]);
      }
    }
  });

  it('need no boot twice', () => {
    const boots = parts(4).reduce((sum, { plan }) => sum + groupIntoBoots(plan.cells).length, 0);
    expect(boots).toBe(groupIntoBoots(ci.cells).length);
  });

  it('are of about the same size', () => {
    const sizes = parts(4).map(({ plan }) => plan.cells.length);
    expect(Math.min(...sizes)).toBeGreaterThan(ci.cells.length / 8);
  });

  it('depend on a cell alone: not on order, seed or the other cells', () => {
    const [all, smoke] = [ci.cells, expand(suite('smoke'), 2).cells].map(
      (cells) => new Map(cells.map((cell) => [cell.id, shardOf(partsOf(cell), 5)])),
    );
    for (const [id, shard] of smoke ?? []) if (all?.has(id)) expect(all.get(id)).toBe(shard);
    // Fixed: a new release must not move cells between the machines that have their figures.
    const shardOfId = (id: string) => shardOf(partsOfId(id), 5);
    expect(shardOfId('vtd-strict/switch/crosscheck/sg')).toBe(shardOfId('vtd-strict/switch/fio-verify/phyr8'));
    expect(
      ['vtd-strict/switch/crosscheck/sg', 'no-iommu/switch/crosscheck/sg', 'vtd-pt/acs/p2p-far/sg'].map(shardOfId),
    ).toMatchInlineSnapshot(`
      [
        4,
        3,
        1,
      ]
    `);
  });

  it('of the same plan know each other, of another they do not', () => {
    const [a, b] = parts(2);
    expect(a?.shard.plan).toBe(b?.shard.plan);
    const reversed = takeShard({ ...ci, cells: [...ci.cells].reverse() }, { index: 1, count: 2 });
    expect(reversed.shard.plan).toBe(a?.shard.plan);
    expect(takeShard(expand(suite('ci'), 2), { index: 1, count: 2 }).shard.plan).not.toBe(a?.shard.plan);
    expect(takeShard({ ...ci, cells: ci.cells.slice(1) }, { index: 1, count: 2 }).shard.plan).not.toBe(a?.shard.plan);
  });
});
