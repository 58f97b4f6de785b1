import { expect, it } from 'vitest';
import { exitCodeOf, RunResult, Topology } from '../../../src/model/index.js';
import { Suite } from '../../../src/workloads/index.js';
import { resultOf } from '../run-result.js';

it.each([
  [['pass', 'skip'], 0],
  [['caught'], 0],
  [['xfail'], 0],
  [['caught', 'inconclusive'], 2],
  [['pass', 'fail', 'lost', 'inconclusive'], 1],
  [['pass', 'inconclusive'], 2],
  [['pass', 'inconclusive', 'lost'], 3],
  [['skip'], 2],
  [[], 2],
] as const)('%j ends with exit code %i', (verdicts, code) => {
  expect(exitCodeOf(verdicts)).toBe(code);
});

it('results of before a planted defect had a verdict of its own can be read', () => {
  const old = { ...resultOf([]), schema: 1 };
  expect(RunResult.safeParse(old).success).toBe(true);
  expect(RunResult.safeParse({ ...old, schema: 5 }).success).toBe(false);
});

it('a topology names each device once', () => {
  const root = [
    { kind: 'ivshmem', id: 'a', sizeMiB: 2 },
    { kind: 'root-port', id: 'b', below: [{ kind: 'ivshmem', id: 'a', sizeMiB: 2 }] },
  ];
  expect(Topology.safeParse({ id: 't', root }).error?.issues[0]?.message).toMatch(/two devices are named 'a'/);
});

it('a suite has no field that nobody reads', () => {
  expect(Suite.safeParse({ id: 's', describe: '', blocks: [], tags: [] }).success).toBe(false);
});
