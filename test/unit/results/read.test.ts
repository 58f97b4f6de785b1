import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { partsOfId } from '../../../src/model/index.js';
import { fromConsole, judgeKernelLog } from '../../../src/oracle/index.js';
import { expand } from '../../../src/plan/index.js';
import { excerptFor, findRun, readRun } from '../../../src/results/index.js';
import type { RunEvent } from '../../../src/workloads/index.js';
import { cellRecord, someRun } from '../run-result.js';

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'phyrlab-read-'));
});
afterEach(() => rm(runs, { recursive: true, force: true }));

const smoke = suites.find(({ id }) => id === 'smoke');
const [first, second] = smoke === undefined ? [] : expand(smoke, 1).cells;
if (first === undefined || second === undefined) throw new Error('smoke has no cells');

const events: RunEvent[] = [
  { type: 'run-start', at: '', run: someRun, cells: [first, second], pruned: [], elsewhere: [partsOfId('a/b/c/sg')] },
  { type: 'cell-start', at: '', cell: first.id, boot: 3 },
  { type: 'cell-end', at: '', record: cellRecord({ id: first.id, verdict: 'fail' }) },
  { type: 'notice', at: '', level: 'warning', text: 'the kernel complained' },
];
const ending: RunEvent = { type: 'run-end', at: '2026-11-21T00:00:05.000Z', exitCode: 1, interrupted: true };

async function aRun(id: string, lines: readonly (object | string)[] = events): Promise<string> {
  const folder = join(runs, id);
  await mkdir(folder, { recursive: true });
  const text = lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('');
  await writeFile(join(folder, 'events.jsonl'), text);
  return folder;
}

describe('reading a run', () => {
  it('takes what its events say as long as it has no end', async () => {
    const run = await readRun(await aRun('20261121-000000-aaaa'));
    expect(run).toMatchObject({
      run: { id: someRun.id },
      end: undefined,
      elsewhere: 1,
      notices: ['the kernel complained'],
    });
    expect(run.cells.map(({ id, verdict }) => [id, verdict])).toEqual([[first.id, 'fail']]);
    expect([...run.declared.keys()]).toEqual([first.id, second.id]);
  });

  it('lists its cells as they were planned, whichever ended first', async () => {
    const late: RunEvent = { type: 'cell-end', at: '', record: cellRecord({ id: second.id }) };
    const [start, ...others] = events;
    const run = await readRun(await aRun('20261121-000000-aaaa', [start as RunEvent, late, ...others]));
    expect(run.cells.map(({ id }) => id)).toEqual([first.id, second.id]);
  });

  it('knows how it ended', async () => {
    const run = await readRun(await aRun('20261121-000000-aaaa', [...events, ending]));
    expect(run.end).toEqual({ duration_ms: 5000, interrupted: true });
  });

  it('forgives a last line that was torn when the process was killed', async () => {
    expect((await readRun(await aRun('20261121-000000-aaaa', [...events, '{"type":"cell-e']))).cells).toHaveLength(1);
  });

  it('refuses a run that never began, by name', async () => {
    await expect(readRun(await aRun('20261121-000000-aaaa', []))).rejects.toThrow(/aaaa holds no run/);
  });
});

describe('finding a run', () => {
  it('takes the newest, an id, its beginning, a folder', async () => {
    const old = await aRun('20261121-000000-ffff');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const next = await aRun('20261121-000000-0001');
    await mkdir(join(runs, '.history'));
    await mkdir(join(runs, '20261122-000000-none'));
    expect(findRun(runs)).toBe(next);
    expect(findRun(runs, '20261121-000000-ffff')).toBe(old);
    expect(findRun(runs, '20261121-000000-f')).toBe(old);
    expect(findRun('/nowhere', old)).toBe(old);
    expect(findRun(runs, 'newest')).toBe(next);
  });

  it('says what it did not find', async () => {
    expect(() => findRun(runs)).toThrow(/there is no run/);
    await aRun('20261120-000000-aaaa');
    await aRun('20261120-000000-bbbb');
    expect(() => findRun(runs, '2027')).toThrow(/is called '2027'/);
    expect(() => findRun(runs, '')).toThrow(/is called ''/);
    expect(() => findRun(runs, '2026')).toThrow(/begins 2 runs/);
  });
});

describe("what a cell's kernel said", () => {
  const evidence = join('cells', 'a.b.c.sg');
  const failed = cellRecord({ id: 'a/b/c/sg', verdict: 'fail', evidence });
  const keep = async (name: string, lines: string[]) => {
    await mkdir(join(runs, evidence), { recursive: true });
    await writeFile(join(runs, evidence, name), lines.join('\n'));
  };

  it("is the cell's own part, rather than all of the console", async () => {
    await keep('console.log', ['booting', 'a\r', '']);
    expect(await excerptFor(runs, failed)).toEqual({
      file: join(evidence, 'console.log'),
      from: 1,
      lines: ['booting', 'a'],
      left: 0,
    });
    await keep('kernel.log', ['a', '']);
    expect(await excerptFor(runs, failed)).toMatchObject({ file: join(evidence, 'kernel.log'), lines: ['a'] });
  });

  it('is nothing where nothing was kept', async () => {
    expect(await excerptFor(runs, failed)).toBeUndefined();
    expect(await excerptFor(runs, cellRecord({}))).toBeUndefined();
  });

  const noise = (count: number) => Array.from({ length: count }, (_, i) => `noise ${i}`);

  it('begins a little before what tells something', async () => {
    await keep('kernel.log', [...noise(100), 'BUG: KASAN: x', ...noise(100), '']);
    const excerpt = await excerptFor(runs, failed);
    expect(excerpt?.lines).toHaveLength(60);
    expect(excerpt?.lines[3]).toBe('BUG: KASAN: x');
    expect(excerpt).toMatchObject({ from: 98, left: 141 });
  });

  const SPLAT = [
    '[   12.000001] ------------[ cut here ]------------',
    '[   12.000002] WARNING: drivers/iommu/dma-iommu.c:1210 at iommu_dma_unmap_phys+0x1/0x2, CPU#0: fio/123',
    '[   12.000003] Modules linked in: phyr_nvme(O) phyr(O)',
    '[   12.000004] CPU: 0 UID: 0 PID: 123 Comm: fio Tainted: G O',
    '[   12.000005] Hardware name: QEMU Standard PC',
    '[   12.000006] RIP: 0010:iommu_dma_unmap_phys+0x1/0x2',
    '[   12.000007] Code: 00 11 22',
    '[   12.000008] RSP: 0018:ffffc90000003e30 EFLAGS: 00010246',
    ...['RAX', 'RDX', 'RBP', 'R10', 'R13'].map((name) => `[   12.000009] ${name}: 0000000000000000 RBX: ffff`),
    '[   12.000010] FS:  00007f0000000000(0000) GS:ffff8880',
    '[   12.000011] CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033',
    '[   12.000012] CR2: 00007f00 CR3: 0000000101 CR4: 00000000000006f0',
    '[   12.000013] Call Trace:',
    '[   12.000014]  <TASK>',
    '[   12.000015]  phyr_unmap+0x1/0x2 [phyr]',
  ];

  it("has a report's head and its call trace together, without the registers between them", async () => {
    await keep('kernel.log', ['phyr_nvme 0000:03:00.0: probed', ...noise(80), ...SPLAT, ...noise(100), '']);
    const { lines = [], from, left } = (await excerptFor(runs, failed)) ?? {};
    expect(from).toBe(79);
    const trace = lines.findIndex((line) => line.endsWith('Call Trace:'));
    expect(lines.slice(3, trace + 3)).toEqual([
      SPLAT[0],
      SPLAT[1],
      '[... 3 lines of registers and set-up ...]',
      SPLAT[5],
      '[... 10 lines of registers and set-up ...]',
      ...SPLAT.slice(-3),
    ]);
    expect(left).toBe(1 + 80 + SPLAT.length + 100 - 58);
  });

  it('begins with what the oracle objected to, whatever came before it', async () => {
    await keep('kernel.log', [
      ...noise(80),
      'WARNING: known',
      ...noise(80),
      '[  1.5] DMAR: [DMA Write NO_PASID] fault addr 0xfffff000',
      ...noise(80),
      '',
    ]);
    const report = judgeKernelLog(
      { before: [], cell: fromConsole(['DMAR: [DMA Write NO_PASID] fault addr 0xfffff000']), lost: 0 },
      { before: 0, after: 0 },
    );
    const record = { ...failed, oracles: [report] };
    expect((await excerptFor(runs, record))?.lines[3]).toBe('[  1.5] DMAR: [DMA Write NO_PASID] fault addr 0xfffff000');
  });

  it('is the end of it where nothing does', async () => {
    await keep('kernel.log', [...noise(100), '']);
    expect(await excerptFor(runs, failed)).toMatchObject({ from: 41, left: 40 });
  });
});
