/** The command `nightly` without a guest: nights whose stages have run, up to what is made of them. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nightlyCommand } from '../../../src/cli/nightly.js';
import { FileLock } from '../../../src/images/index.js';
import {
  NIGHT_SCHEMA,
  type Night,
  SAMPLES_SCHEMA_VERSION,
  type Series,
  type Verdict,
} from '../../../src/model/index.js';
import { historyFolder, Nights, writeSamples } from '../../../src/results/index.js';

const WORD = 'vtd-strict-icount/switch/map-cost/phyr8';
const series: Series = {
  cell: WORD,
  what: 'cost',
  phase: 'map',
  unit: 'insn',
  better: 'lower',
  kind: 'exact',
  declared: 'd',
  kernel: '7.3.4',
  kernel_key: 'k',
  qemu: '11.1.3',
  qemu_key: 'q',
  accelerator: 'tcg',
};

let runs: string;
let said: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'phyrlab-nightly-'));
  vi.stubEnv('PHYRLAB_CACHE', join(runs, 'cache'));
  vi.stubEnv('GITHUB_STEP_SUMMARY', '');
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
  await rm(runs, { recursive: true });
});

/** A night whose only stage has run, and measured `insn`. */
async function night(hour: number, verdict: Verdict, insn: number, ended: boolean): Promise<Night> {
  const started = new Date(Date.now() - hour * 3_600_000).toISOString();
  const run = `run-${hour}`;
  const stage = { name: 'suites', words: [WORD], kernel: '7.3', run, images: `images of ${hour}` };
  const one: Night = {
    schema: NIGHT_SCHEMA,
    id: `night-${hour}`,
    started,
    ...(ended && { ended: started }),
    seed: 1,
    stages: [{ ...stage, outcomes: [{ cell: WORD, verdict, reason: '', again: false }] }],
  };
  await new Nights(runs).save(one);
  const header = { run, at: started, modules_key: 'm', rootfs_key: 'r', host: { kernel: '7', cpus: 2, memory_mib: 1 } };
  await writeSamples(historyFolder(runs), { schema: SAMPLES_SCHEMA_VERSION, ...header }, [{ series, values: [insn] }]);
  return one;
}

const nightly = (...words: string[]) =>
  nightlyCommand().parseAsync(['--runs', runs, '--suite', WORD, ...words], { from: 'user' });

describe('a night whose stages have all run', () => {
  it('is told with what is new, and what got slower since the last night', async () => {
    await night(24, 'pass', 1000, true);
    const { id } = await night(2, 'fail', 1020, false);
    await nightly();
    expect(said).toContain(`resuming unfinished night ${id}`);
    expect(said).not.toContain('stage suites');
    expect(said).toContain(`new failures: 1\n  ${WORD} (suites)`);
    expect(said).toContain(`regressions: 1\n  ${WORD} map: +2.00 %`);
    expect(process.exitCode).toBe(1);
    const nights = new Nights(runs);
    expect((await nights.all()).at(-1)?.ended).toBeDefined();
    expect(await readFile(join(nights.folder, id, 'summary.md'), 'utf8')).toContain('### regressions: 1');
  });

  it('is not red when nothing is', async () => {
    await night(24, 'pass', 1000, true);
    await night(2, 'pass', 1001, false);
    await nightly();
    expect(said).toContain('nothing new');
    expect(process.exitCode).toBe(0);
  });

  it('is not held against what was run by day', async () => {
    const day = await night(24, 'pass', 1000, true);
    await rm(new Nights(runs).folderOf(day), { recursive: true });
    await night(2, 'pass', 1020, false);
    await nightly();
    expect(said).toContain('nothing new');
  });
});

describe('a night', () => {
  it('has no other beside it', async () => {
    await mkdir(join(runs, '.nightly'));
    await using _other = await FileLock.tryAcquire(join(runs, '.nightly', 'lock'));
    await expect(nightly()).rejects.toThrow(/^another phyrlab nightly is running/);
  });

  it('of a name that nothing has does not begin', async () => {
    await expect(nightly('--suite', 'nosuch')).rejects.toThrow(/no suite is called 'nosuch'/);
    expect(await new Nights(runs).all()).toEqual([]);
  });
});
