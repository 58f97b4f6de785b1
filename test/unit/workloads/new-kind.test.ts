/** A kind that nobody has heard of: it is planned, shown and run by what asks the kinds, and by nothing else. */
import { afterAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { noIommu, vtdStrict } from '../../../harness/machines.js';
import { switched } from '../../../harness/topologies.js';
import { judge } from '../../../src/oracle/index.js';
import { expand, neededModules } from '../../../src/plan/index.js';
import type { WorkloadContext } from '../../../src/workloads/index.js';

// A worker has loaded the real list of kinds for other files, and goes on to others that expect it.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock('../../../src/workloads/kinds.js');
  vi.resetModules();
});

vi.mock('../../../src/workloads/kinds.js', async (original) => {
  const { defineKind, never, none } = await import('../../../src/workloads/kind.js');
  const { only } = await import('../../../src/workloads/shared/backends.js');
  const { worksOnHost } = await import('../../../src/workloads/shared/decision.js');
  const { done, failed } = await import('../../../src/workloads/shared/result.js');
  const Nap = z.strictObject({ id: z.string(), kind: z.literal('nap'), seconds: z.int().min(1) });
  type Nap = z.infer<typeof Nap>;
  const run = async ({ workload, lab }: WorkloadContext<Nap>) => {
    const said = await lab.text(`sleep ${workload.seconds} && echo awake`);
    const fine = said.trim() === 'awake';
    return {
      workload: fine ? done('slept') : failed({ code: 'step-failed', detail: said }),
      translation: 'nothing' as const,
      metrics: [],
    };
  };
  const nap = defineKind({
    name: 'nap',
    describe: 'sleeps, and nothing else',
    schema: Nap,
    clock: 'wall',
    kernel: 'any',
    modules: ['phyr_nap'],
    faultyModules: never,
    backends: () => only(['phyr8'], 'one sleeps as well as another'),
    diskKiB: () => 0,
    decide: ({ seconds }, setup) => (seconds > 60 ? { prune: 'who sleeps so long is dead' } : worksOnHost(setup)),
    peer: none,
    ranges: none,
    watched: never,
    oneWay: false,
    ownDomain: false,
    powersOff: never,
    benchmark: false,
    figures: {},
    run: async () => ({ run }),
  });
  return { ...(await original<object>()), nap };
});

it('is planned and judged', async () => {
  const { kindOf, Suite } = await import('../../../src/workloads/index.js');
  const suite = Suite.parse({
    id: 'naps',
    describe: 'sleep',
    blocks: [
      {
        machines: [vtdStrict, noIommu],
        topologies: [switched],
        workloads: [
          { id: 'short', kind: 'nap', seconds: 1 },
          { id: 'long', kind: 'nap', seconds: 61 },
        ],
        backends: ['sg', 'phyr8'],
      },
    ],
  });
  const { cells, pruned } = expand(suite, 1);
  expect(cells.map(({ id, expect: due }) => [id, due])).toEqual([
    ['vtd-strict/switch/short/phyr8', { kind: 'works', how: 'iova' }],
    ['no-iommu/switch/short/phyr8', { kind: 'works', how: 'direct' }],
  ]);
  expect(new Set(pruned.map(({ reason }) => reason))).toEqual(
    new Set(['one sleeps as well as another', 'who sleeps so long is dead']),
  );
  expect(neededModules(cells, false)).toContain('phyr_nap');

  const [cell] = cells;
  if (cell === undefined) throw new Error('no cell');
  const verdictOf = async (answer: string) => {
    const { run } = await kindOf(cell.workload).run();
    const lab = { text: async () => answer };
    const result = await run({ cell, workload: cell.workload, lab } as unknown as WorkloadContext<
      typeof cell.workload
    >);
    return judge(cell.expect, [result.workload]).verdict;
  };
  expect(await verdictOf('awake\n')).toBe('pass');
  expect(await verdictOf('Killed\n')).toBe('fail');
});
