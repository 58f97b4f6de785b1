import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Image } from '../../../src/model/index.js';
import { keepEvidence, longDetails } from '../../../src/run/evidence.js';
import type { Cell } from '../../../src/workloads/index.js';
import { cellRecord, reportOf, someRun } from '../run-result.js';

it('what a record says in part only is kept whole, and nothing else', () => {
  const detail = `fio:\n${'x'.repeat(5000)}`;
  const long = longDetails({
    reason: 'short',
    oracles: [reportOf('workload', 'fail', detail), reportOf('data', 'pass', 'two\nlines')],
  });
  expect(long).toEqual([`workload:\n${detail}\n`]);
});

it('what is kept whole does nothing to the terminal in which it is read', () => {
  const oracles = [reportOf('workload', 'fail', `\u001b]0;owned\u0007${'x'.repeat(5000)}`)];
  const [said] = longDetails({ reason: '', oracles });
  expect(said).toBe(`workload:\n\\u001b]0;owned\\u0007${'x'.repeat(5000)}\n`);
});

it('the folder of a cell has what was cut from its record, whatever else cannot be kept', async () => {
  const root = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
  try {
    const [folder, artefacts] = [join(root, 'cell'), join(root, 'boot')];
    mkdirSync(artefacts);
    const detail = `fio:\n${'x'.repeat(5000)}`;
    const record = cellRecord({ verdict: 'fail', oracles: [reportOf('workload', 'fail', detail)] });
    // Of the image nothing is there, so that its hashes cannot be taken.
    const image = { modules: { dir: join(root, 'none') } } as unknown as Image;
    const evidence = { folder, artefacts, run: someRun, cell: {} as Cell, record, image, log: ['[1.0] a'] };
    const trouble = await keepEvidence(evidence, async (log) => [...log]);
    expect(readFileSync(join(folder, 'details.txt'), 'utf8')).toBe(`workload:\n${detail}\n`);
    expect(readFileSync(join(folder, 'kernel.log'), 'utf8')).toBe('[1.0] a\n');
    expect(trouble).toEqual([expect.stringContaining('the declaration could not be saved')]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
