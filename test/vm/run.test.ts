/** The main job: cells that pass, cells that must be refused, alarms that must ring, and a record of it all. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunResult } from '../../src/model/index.js';
import { Sandbox } from './support/phyrlab.js';

let box: Sandbox;
beforeAll(async () => {
  box = await Sandbox.create();
});
afterAll(() => box[Symbol.asyncDispose]());

const IO_ORACLES = ['workload', 'data', 'translation', 'faults', 'leaks', 'kernel-log'];
/** In small workloads the device is watched too. */
const WATCHED = /crosscheck|p2p-/;

describe('phyrlab run', () => {
  it('passes with every oracle having looked, and keeps no disks', async () => {
    const ids = ['fio-verify', 'crosscheck', 'filesystem', 'p2p-far'].map((id) => `vtd-strict/switch/${id}/phyr8`);
    const { code, result, out } = await box.cells([...ids, '--seed', '7']);
    const found = result.cells.map(({ id, verdict }) => `${verdict} ${id}`).sort();
    expect(found).toEqual(ids.map((id) => `pass ${id}`).sort());
    for (const cell of result.cells) {
      expect(cell.oracles.map(({ name }) => name).filter((name) => name !== 'device')).toEqual(IO_ORACLES);
      expect(cell.oracles.some(({ name }) => name === 'device')).toBe(WATCHED.test(cell.workload));
    }
    expect(code).toBe(0);
    expect(result.run).toMatchObject({ seed: 7, exit_code: 0, interrupted: false });
    const folder = /evidence in (\S+)/.exec(out)?.[1] ?? '';
    expect(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'))).toEqual(result);
    expect((await readFile(join(folder, 'result.ktap'), 'utf8')).split('\n')).toEqual(
      expect.arrayContaining(['KTAP version 1', '1..4', `ok 1 ${result.cells[0]?.id}`]),
    );
    expect(out.trimEnd().split('\n').at(-1)).toBe(`report: ${join(folder, 'report.html')}`);
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain(` · phyrlab ${result.run.id}</title>`);
    const events = (await readFile(join(folder, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(events.map((line) => JSON.parse(line).type)).toEqual(
      expect.arrayContaining(['run-start', 'cell-end', 'run-end']),
    );
    expect(existsSync(join(folder, 'boots', '0-vtd-strict-switch'))).toBe(false);
    expect(await box.processes()).toEqual([]);
  });

  it('judges peer-to-peer by what the topology allows', async () => {
    const { result } = await box.cells(['no-iommu/switch/p2p-*/phyr8']);
    expect(result.cells.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['no-iommu/switch/p2p-near/phyr8', 'pass'],
      ['no-iommu/switch/p2p-far/phyr8', 'pass'],
    ]);
    expect(result.cells[1]?.oracles[0]?.detail).toMatch(/refused: EINVAL/);
  });
});

describe('modules that are broken on purpose', () => {
  it.each([
    ['fio-verify', 'short-map', ['data', 'translation', 'faults']],
    ['fio-verify', 'skip-unmap', ['leaks']],
    ['crosscheck', 'both-directions', ['device']],
  ])('%s with %s rings the right alarms and no other', async (workload, plant, by) => {
    const { code, result } = await box.cells([`vtd-strict/switch/${workload}/phyr8!${plant}`]);
    const rang = result.cells[0]?.oracles.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name) ?? [];
    // The guest's own view may notice too; these are the witnesses from outside.
    expect(rang.filter((name) => name !== 'workload' && name !== 'kernel-log')).toEqual(by);
    expect(result.cells[0]?.verdict).toBe('caught');
    expect(code).toBe(0);
  });
});

describe('a cell that fails', () => {
  it('leaves a folder from which it is run again, and nothing else is needed', async () => {
    const harness = join(import.meta.dirname, '../../harness');
    const own = join(box.folder, 'red');
    await mkdir(own);
    // An alarm that rings with other witnesses than the one that was named.
    await writeFile(
      join(own, 'red.ts'),
      `import { vtdStrict } from '${harness}/machines.ts';
import { switched } from '${harness}/topologies.ts';
import { fioVerify } from '${harness}/workloads.ts';
const parts = { machines: [vtdStrict], topologies: [switched], workloads: [fioVerify], backends: ['phyr8'] };
export default { id: 'red', describe: '', blocks: [{ ...parts, plant: 'short-map', caughtBy: ['leaks'] }] };
`,
    );
    const first = await box.cells(['red', '--scenarios', own, '--seed', '11', '--retries', '2']);
    expect(first.code).toBe(1);
    const [cell] = first.result.cells;
    expect(cell?.earlier).toBeUndefined();
    const runs = join(box.folder, 'runs', first.result.run.id);
    expect(await readdir(join(runs, 'boots'))).toEqual([]);
    const kept = join(runs, cell?.evidence ?? '');
    expect((await readdir(kept)).sort()).toEqual([
      'cell.json',
      'console.log',
      'kernel.log',
      'qemu.argv',
      'qmp.log',
      'trace.log',
    ]);
    const elsewhere = join(box.folder, 'elsewhere');
    await rename(kept, elsewhere);
    await rm(runs, { recursive: true });
    await rm(own, { recursive: true });
    const json = join(box.folder, 'again.json');
    const { code, out } = await box.run(['repro', elsewhere, '--json', json]);
    expect([code, out.includes('NOT THE SAME')]).toEqual([1, false]);
    const again = RunResult.parse(JSON.parse(await readFile(json, 'utf8')));
    expect(again.run.seed).toBe(11);
    expect(again.cells.map(({ id, verdict }) => [id, verdict])).toEqual([[cell?.id, 'fail']]);
  });
});
