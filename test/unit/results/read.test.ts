import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { expand } from '../../../src/plan/index.js';
import { excerptFor, findRun, readRun } from '../../../src/results/index.js';
import { cellRecord, resultOf, someRun } from '../run-result.js';

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'phyrlab-read-'));
});
afterEach(() => rm(runs, { recursive: true, force: true }));

const smoke = suites.find(({ id }) => id === 'smoke');
const [first, second] = smoke === undefined ? [] : expand(smoke, 1).cells;
if (first === undefined || second === undefined) throw new Error('smoke has no cells');

const events = [
  { type: 'run-start', at: '', run: someRun, cells: [first, second, { id: 'of/another/version/sg' }], pruned: [] },
  { type: 'cell-start', at: '', cell: first.id, boot: 3 },
  { type: 'cell-step', at: '', cell: first.id, step: 'lab begin begin-00ff 0000:01:00.0 sg' },
  { type: 'cell-step', at: '', cell: first.id, step: 'lab end end-00ff' },
  { type: 'cell-end', at: '', record: cellRecord({ id: first.id, verdict: 'fail' }) },
  { type: 'notice', at: '', level: 'warning', text: 'the kernel complained' },
];

async function aRun(id: string, lines: readonly (object | string)[] = events): Promise<string> {
  const folder = join(runs, id);
  await mkdir(folder, { recursive: true });
  const text = lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('');
  await writeFile(join(folder, 'events.jsonl'), text);
  return folder;
}

describe('reading a run', () => {
  it('takes what its events say as long as there is no result', async () => {
    const run = await readRun(await aRun('20261121-000000-aaaa'));
    expect(run).toMatchObject({ run: { id: someRun.id }, end: undefined, notices: ['the kernel complained'] });
    expect(run.cells.map(({ id, verdict }) => [id, verdict])).toEqual([[first.id, 'fail']]);
    expect([...run.declared.keys()]).toEqual([first.id, second.id]);
    expect(run.places.get(first.id)).toEqual({ boot: 3, mark: '00ff' });
  });

  it('takes the result once it is there', async () => {
    const folder = await aRun('20261121-000000-aaaa');
    await writeFile(join(folder, 'result.json'), JSON.stringify(resultOf([cellRecord({})])));
    const run = await readRun(folder);
    expect(run.cells).toHaveLength(1);
    expect(run.end).toEqual({ duration_ms: 5000, interrupted: false });
  });

  it('forgives a last line that was torn when the process was killed, and no other', async () => {
    expect((await readRun(await aRun('20261121-000000-aaaa', [...events, '{"type":"cell-e']))).cells).toHaveLength(1);
    const broken = await aRun('20261121-000000-bbbb', ['{"type":"run-st\n', ...events]);
    await expect(readRun(broken)).rejects.toThrow(/cannot be read: .*line 1/);
  });

  it('refuses what is no run and no result, by name', async () => {
    await expect(readRun(await aRun('20261121-000000-aaaa', []))).rejects.toThrow(/holds no run/);
    const folder = await aRun('20261121-000000-bbbb');
    await writeFile(join(folder, 'result.json'), '{"schema": 99}');
    await expect(readRun(folder)).rejects.toThrow(/result\.json is not a result/);
  });
});

describe('finding a run', () => {
  it('takes the newest, an id, its beginning, a folder', async () => {
    const old = await aRun('20261120-000000-aaaa');
    const next = await aRun('20261121-000000-0001');
    await mkdir(join(runs, '.history'));
    await mkdir(join(runs, '20261122-000000-none'));
    expect(findRun(runs)).toBe(next);
    expect(findRun(runs, '20261120-000000-aaaa')).toBe(old);
    expect(findRun(runs, '20261120')).toBe(old);
    expect(findRun('/nowhere', old)).toBe(old);
  });

  it('goes by age within one second, in which names have no order', async () => {
    await aRun('20261121-000000-ffff');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const younger = await aRun('20261121-000000-0000');
    expect(findRun(runs)).toBe(younger);
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

describe('the console of a cell', () => {
  const console_ = async (folder: string, boot: string, lines: string[]) => {
    await mkdir(join(folder, 'boots', boot), { recursive: true });
    await writeFile(join(folder, 'boots', boot, 'console.log'), lines.join('\r\n'));
  };

  it('is what lies between its marks, in whichever attempt of its boot', async () => {
    const folder = await aRun('20261121-000000-aaaa');
    await console_(folder, '3-a-b', ['booting', 'phyrlab: begin-1111', 'other', 'phyrlab: end-1111']);
    await console_(folder, '3.1-a-b', ['booting', 'phyrlab: begin-00ff', 'a', 'b', 'phyrlab: end-00ff', 'later', '']);
    await console_(folder, '31-a-b', ['phyrlab: begin-00ff', 'not this one']);
    const run = await readRun(folder);
    expect(await excerptFor(run, first.id)).toEqual({
      file: 'boots/3.1-a-b/console.log',
      from: 3,
      lines: ['a', 'b'],
      left: 0,
    });
    expect(await excerptFor(run, second.id)).toBeUndefined();
  });

  it('goes to the end of what a dying guest said, from where it tells something', async () => {
    const folder = await aRun('20261121-000000-aaaa');
    const noise = (count: number) => Array.from({ length: count }, (_, i) => `noise ${i}`);
    await console_(folder, '3-a-b', ['phyrlab: begin-00ff', ...noise(100), 'BUG: KASAN: x', ...noise(100), '']);
    const excerpt = await excerptFor(await readRun(folder), first.id);
    expect(excerpt?.lines).toHaveLength(60);
    expect(excerpt?.lines[3]).toBe('BUG: KASAN: x');
    expect(excerpt).toMatchObject({ from: 99, left: 141 });
  });
});
