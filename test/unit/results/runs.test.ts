import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { otherImages } from '../../../src/cli/repro.js';
import type { CellRecord, Image } from '../../../src/model/index.js';
import { expand } from '../../../src/plan/index.js';
import { findRecordedCell, findRun, RunStore, readRun, runFolders } from '../../../src/results/index.js';
import { KEPT_CELL, KEPT_CELL_SCHEMA, type KeptCell, partsOf, type Suite } from '../../../src/workloads/index.js';
import { someRun } from '../run-result.js';

const { cells } = expand(suites.find(({ id }) => id === 'smoke') as Suite, 1);
const [cell, other] = cells as [KeptCell['cell'], KeptCell['cell']];
const at = '2026-11-21T00:00:00.000Z';
const failed: CellRecord = {
  ...partsOf(cell),
  verdict: 'fail',
  reason: 'broken',
  oracles: [],
  metrics: [],
  duration_ms: 1,
  repro: '',
  evidence: 'cells/it',
};
const kept: KeptCell = {
  schema: KEPT_CELL_SCHEMA,
  run: someRun,
  cell,
  record: failed,
  keys: { qemu: 'q', kernel: 'k', rootfs: 'r', modules: 'plants' },
  artefacts: [{ what: 'kernel', sha256: 'a'.repeat(64) }],
};

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'phyrlab-runs-'));
});
afterEach(() => rm(runs, { recursive: true }));

async function run(id: string, seed: number, has = [cell], records: CellRecord[] = []): Promise<string> {
  using store = await RunStore.create(runs, id);
  store.append({ type: 'run-start', at, run: { ...someRun, id, seed }, cells: has, pruned: [] });
  for (const record of records) store.append({ type: 'cell-end', at, record });
  return store.folder;
}

async function keepIn(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, KEPT_CELL), JSON.stringify(kept));
}

describe('a cell of a run is found', () => {
  it('by the folder that it left, wherever that is now', async () => {
    const folder = join(runs, 'downloaded', 'x');
    await keepIn(folder);
    expect(await findRecordedCell('/nowhere', folder)).toEqual({ run: someRun, cell, kept });
  });

  it('by its run, named or as a folder, with what was kept of it', async () => {
    const folder = await run('r1', 5, [cell, other], [failed]);
    await keepIn(join(folder, 'cells/it'));
    for (const word of [`r1/${cell.id}`, `${folder}/${cell.id}`])
      expect(await findRecordedCell(runs, word)).toMatchObject({ run: { id: 'r1', seed: 5 }, cell, kept });
    expect((await findRecordedCell(runs, `r1/${other.id}`)).kept).toBeUndefined();
  });

  it('by its run as any command takes it: the beginning of its id, or the newest', async () => {
    await run('20261121-000001-abcd', 1, [cell]);
    await run('20261122-000001-ef01', 2, [cell]);
    for (const [name, seed] of [
      ['20261121', 1],
      ['newest', 2],
    ] as const)
      expect((await findRecordedCell(runs, `${name}/${cell.id}`)).run.seed).toBe(seed);
    await expect(findRecordedCell(runs, `2026/${cell.id}`)).rejects.toThrow("'2026' begins 2 runs");
  });

  it('by its name in the newest run that has it', async () => {
    await run('20261121-000001-b', 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await run('20261121-000001-a', 2, [cell, other]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await run('20261121-000002-c', 3, [other]);
    expect((await findRecordedCell(runs, cell.id)).run.seed).toBe(2);
    expect((await findRecordedCell(runs, other.id)).run.seed).toBe(3);
    expect((await runFolders(runs)).map((folder) => folder.slice(runs.length + 1))).toEqual([
      '20261121-000002-c',
      '20261121-000001-a',
      '20261121-000001-b',
    ]);
  });

  it('or is said not to be there', async () => {
    await run('r1', 1);
    await expect(findRecordedCell(runs, 'a/b/c/d')).rejects.toThrow(/^no run in .* has a cell 'a\/b\/c\/d'$/);
    await expect(findRecordedCell(runs, 'r1/a/b/c/d')).rejects.toThrow(/^the run in .*r1 has no cell 'a\/b\/c\/d'$/);
    await mkdir(join(runs, 'x'));
    await writeFile(join(runs, 'x', KEPT_CELL), '{');
    await expect(findRecordedCell(runs, join(runs, 'x'))).rejects.toThrow(
      /x\/cell\.json does not say what the cell was/,
    );
  });

  it('and the newest run says how its cells ended, the last word of each', async () => {
    expect(() => findRun(runs)).toThrow(/no run/);
    await run('20261121-r1', 1, [cell], [failed, { ...failed, verdict: 'pass' }]);
    expect((await readRun(findRun(runs))).cells.map(({ verdict }) => verdict)).toEqual(['pass']);
  });
});

describe('what is not the same here', () => {
  const here = async (keys: Partial<KeptCell['keys']>): Promise<Image> => {
    const file = join(runs, 'file');
    await writeFile(file, 'x');
    await mkdir(join(runs, 'modules'), { recursive: true });
    const { qemu, kernel, rootfs, modules } = { ...kept.keys, ...keys };
    return {
      qemu: { version: '11.1.3', program: { file, args: [], env: {} }, dataDirs: [], key: qemu },
      kernel: { release: '7.3.4', arch: 'x86_64', image: file, bootModules: file, patience: 1, args: [], key: kernel },
      rootfs: { archive: file, key: rootfs },
      modules: { dir: join(runs, 'modules'), plants: true, key: modules },
    };
  };

  it('is each image whose key is another, by name', async () => {
    const lines = await otherImages({ run: someRun, kept }, await here({ modules: 'm2', qemu: 'q2' }));
    expect(lines.map((line) => line.split(':')[0])).toEqual(['QEMU', 'modules']);
    expect(lines[1]).toMatch(/^modules: m2 here, plants in the run/);
  });

  it('is a file that should be the same, since it was made of the same', async () => {
    expect(await otherImages({ run: someRun, kept }, await here({}))).toEqual([
      expect.stringMatching(/^kernel: 2d711642b726b044 here, a{16} in the run \(SHA-256/),
    ]);
  });

  it('is nothing where the run says so', async () => {
    const same = await here({ modules: someRun.modules.key });
    expect(await otherImages({ run: someRun, kept: undefined }, same)).toEqual([]);
  });

  it('says of a folder that no failed cell kept it', async () => {
    await expect(findRecordedCell('/no/runs', import.meta.dirname)).rejects.toThrow(/has no cell\.json/);
  });
});
