/** What a record says that comes from elsewhere is no program to start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { askedHere } from '../../../src/cli/repro.js';
import type { RunRecord } from '../../../src/model/index.js';
import { RunStore } from '../../../src/results/index.js';
import { someRun } from '../run-result.js';

const runs = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
afterAll(() => rmSync(runs, { recursive: true, force: true }));

const ran = (id: string, kernel: string, qemu?: string): RunRecord => ({
  ...someRun,
  id,
  asked: { words: ['smoke'], kernel, ...(qemu !== undefined && { qemu }) },
});
const at = '2026-11-29T12:00:00.000Z';

it('believes one of our own runs what it was asked for, whatever the record in hand says', async () => {
  const own = ran('20261129-120000-aaaa', '/trees/linux', '/opt/qemu');
  {
    using store = await RunStore.create(runs, own.id);
    store.append({ type: 'run-start', at, run: own, cells: [], pruned: [] });
  }
  expect(await askedHere(runs, ran('20261129-120000-aaaa', '7.3', '/evil/qemu'))).toMatchObject({
    kernel: '/trees/linux',
    qemu: '/opt/qemu',
  });
});

it('takes from elsewhere the name of a locked kernel, and no path', async () => {
  expect(await askedHere(runs, ran('20261129-120000-bbbb', '7.2', '/evil/qemu'))).toEqual({ kernel: '7.2' });
  await expect(askedHere(runs, ran('20261129-120000-bbbb', '/evil/tree'))).rejects.toThrow('used a kernel tree');
  expect(await askedHere(runs, { ...someRun, id: '../own' })).toEqual({});
});
