/** In which order cells are tried, and what is no verdict of theirs. Without a guest: images that cannot be had. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { InfraError } from '../../../src/model/index.js';
import { expand } from '../../../src/plan/index.js';
import { type RunOptions, tryCells } from '../../../src/run/index.js';
import type { RunEvent, Suite } from '../../../src/workloads/index.js';
import { someRun } from '../run-result.js';

const { cells } = expand(suites.find(({ id }) => id === 'smoke') as Suite, 1);
const named = (...ids: string[]) => ids.map((id) => cells.find((cell) => cell.id === id) as (typeof cells)[number]);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-trial-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function tried(ids: string[], image: RunOptions['image'], signal = new AbortController().signal) {
  const events: RunEvent[] = [];
  const result = await tryCells(named(...ids), {
    run: someRun,
    repro: () => '',
    host: { slots: 2, memoryMiB: 4096 },
    accelerator: 'tcg',
    decode: async (log) => [...log],
    folder,
    bootDeadlineMs: 1000,
    retries: 1,
    emit: (event) => events.push(event),
    signal,
    image,
    limitMs: () => 60_000,
  });
  return { result, boots: events.flatMap((event) => (event.type === 'boot-start' ? [event.cells] : [])) };
}

const broken = () => Promise.reject(new InfraError('the mirror is gone'));
const [A, B, C] = [
  'vtd-strict/switch/crosscheck/phyr8',
  'no-iommu/switch/fio-verify/sg',
  'vtd-strict/switch/fio-verify/sg',
] as const;

it('cells that share a guest follow the first of them, one guest after the other', async () => {
  const { boots } = await tried([A, B, C], broken);
  // Each is tried once more: the host broke it.
  expect(boots).toEqual([[A, C], [A, C], [B], [B]]);
});

it('what the host broke has neither passed nor failed', async () => {
  const { result } = await tried([A, B], broken);
  expect(result.failed).toBeUndefined();
  expect(result.passed).toEqual([]);
  expect(result.unjudged.map(({ id, verdict, reason }) => [id, verdict, reason])).toEqual([
    [A, 'lost', 'the mirror is gone'],
    [B, 'lost', 'the mirror is gone'],
  ]);
});

it('an interrupted trial has no result', async () => {
  const stop = new AbortController();
  const image = async () => {
    stop.abort(new Error('enough'));
    return broken();
  };
  await expect(tried([A, B], image, stop.signal)).rejects.toThrow('enough');
});
