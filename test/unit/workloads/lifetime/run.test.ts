import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../../../src/guest/lab.js';
import { judgeData, stamped } from '../../../../src/oracle/index.js';
import type { Lifetime } from '../../../../src/workloads/lifetime/declaration.js';
import { run as lifetime } from '../../../../src/workloads/lifetime/run.js';

const BYTES = 64 << 10;
const SEED = 77;

let folder: string;
let disk: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-lifetime-'));
  disk = join(folder, 'disk');
});
afterAll(() => rm(folder, { recursive: true }));

interface Played {
  pages: { huge: number; swapped: number };
  read: object;
  write: object;
  storm?: object;
  /** What the process says that its memory holds. */
  memory: Buffer[];
  writes: boolean;
}

/** A guest that does what is due in a case that is neither refused nor forked, but for what is said otherwise. */
async function run(event: Lifetime['event'], change: (driver: string, via: string) => Partial<Played> = () => ({})) {
  await writeFile(disk, '');
  await truncate(disk, 1 << 20);
  let driver = '';
  const lab = {
    bind: async (_: string, name: string) => {
      driver = name;
      return '/dev/disk';
    },
    unbind: async () => {},
    run: async (command: string) => {
      const [, step, , , via = '', , to, from, seed, generation] = command.split(' ');
      if (step !== 'lifetime') return { code: 0, lines: [], stderr: '' };
      const secret = Buffer.alloc(BYTES);
      await using file = await open(disk, 'r+');
      await file.read(secret, 0, BYTES, Number(from));
      const pinned = via === 'registered' && (event.startsWith('thp') || event === 'swap');
      const storm = { reads: 8, tries: 5, events: pinned ? 0 : 3, after: pinned ? 0 : 2, bad: 0 };
      const moved = { bytes: BYTES };
      const played: Played = {
        pages: { huge: event === 'thp-split' && via === 'registered' ? 16 : 0, swapped: 0 },
        read: moved,
        write: moved,
        storm,
        memory: [secret],
        writes: true,
        ...change(driver, via),
      };
      if (played.writes)
        await file.write(stamped(Number(to), BYTES, Number(seed), Number(generation)), 0, BYTES, Number(to));
      const { pages, read, write, storm: seen, memory } = played;
      const life = { pages: { all: 16, present: 16, ...pages }, read, write, ...(seen && { storm: seen }) };
      const sha256 = createHash('sha256').update(Buffer.concat(memory)).digest('hex');
      return { code: 0, lines: [life, { sha256 }], stderr: '' };
    },
  } as unknown as Lab;
  const result = await lifetime({
    cell: { seed: SEED } as never,
    workload: { id: event, kind: 'lifetime', event, sizeKiB: BYTES >> 10 },
    lab,
    dut: '0000:03:00.0',
    dutFile: disk,
    slot: {} as never,
    peers: new Map(),
    bdf: () => '0000:03:00.0',
    folder: '',
    ioPages: async () => undefined,
  });
  return { workload: result.workload, data: await judgeData(result.data ?? []), moved: result.moved };
}

const only =
  (driver: string, via: string, change: Partial<Played>) =>
  (d: string, v: string): Partial<Played> =>
    d === driver && v === via ? change : {};

describe('memory to which something happens', () => {
  it('passes a guest in which all is as due', async () => {
    const { workload, data, moved } = await run('mremap');
    expect([workload.verdict, workload.kernel, data.verdict, data.kernel]).toEqual([
      'pass',
      undefined,
      'pass',
      undefined,
    ]);
    expect(moved).toBe(3 * 10 * BYTES);
  });

  it('tells bytes that came out wrong, and whose they are', async () => {
    const wrong = { memory: [Buffer.alloc(BYTES)] };
    const ours = await run('mremap', only('phyr_nvme', 'direct', wrong));
    expect(ours.data).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/^phyr_nvme, direct: what the memory/),
    });
    const kernels = await run('mremap', only('nvme', 'odirect', wrong));
    expect(kernels.data).toMatchObject({
      verdict: 'pass',
      kernel: [{ code: 'read-back-wrong', detail: expect.stringMatching(/^nvme, odirect: what the/) }],
    });
    const unwritten = await run('mremap', only('phyr_nvme', 'registered', { writes: false }));
    expect(unwritten.data.detail).toMatch(/^phyr_nvme, registered: written: .*filled with 0xee/);
  });

  it('objects to reads that went wrong meanwhile, and to refusals that are not due', async () => {
    const storm = { reads: 8, tries: 9, events: 9, after: 4, bad: 2 };
    const torn = await run('mremap', only('phyr_nvme', 'odirect', { storm }));
    expect(torn.workload.detail).toMatch(/^phyr_nvme, odirect: 2 of 8 reads returned wrong bytes/);
    const refused = await run('mremap', only('nvme', 'odirect', { read: { errno: 'EFAULT' } }));
    expect(refused.workload).toMatchObject({
      verdict: 'pass',
      kernel: [{ code: 'refused-unduly', detail: 'nvme, odirect read: EFAULT, expected 65536 bytes' }],
    });
  });

  it('objects to pinned pages that the kernel moved, and doubts what did not happen', async () => {
    const split = await run('thp-split', only('phyr_nvme', 'registered', { pages: { huge: 0, swapped: 0 } }));
    expect(split.workload).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/16 pinned pages were split/),
    });
    const still = await run('thp-split', only('phyr_nvme', 'direct', { pages: { huge: 16, swapped: 0 } }));
    expect(still.workload).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringMatching(/the event did not happen/),
    });
    const unswapped = await run('swap');
    expect(unswapped.workload).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringMatching(/no page was swapped/),
    });
    const swapped = await run('swap', () => ({ pages: { huge: 0, swapped: 4 } }));
    expect(swapped.workload.detail).toMatch(/^phyr_nvme, registered: 4 pinned pages were swapped out/);
  });

  it('counts only what changed something while I/O was under way: nothing that is pinned, something of the rest', async () => {
    const storm = (events: number, after = events) => ({ storm: { reads: 8, tries: 31, events, after, bad: 0 } });
    expect((await run('thp-split')).workload.verdict).toBe('pass');
    const moved = await run('thp-split', only('phyr_nvme', 'registered', storm(1)));
    expect(moved.workload).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/^phyr_nvme, registered: pinned pages changed 1 times/),
    });
    const idle = await run('thp-split', only('phyr_nvme', 'direct', storm(0)));
    expect(idle.workload).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringMatching(/^phyr_nvme, direct: none of 31 tries had an effect/),
    });
    const late = await run('thp-split', only('phyr_nvme', 'direct', storm(1, 0)));
    expect(late.workload).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringMatching(/^phyr_nvme, direct: no read followed/),
    });
    const untried = await run('thp-split', only('phyr_nvme', 'direct', { storm: undefined as never }));
    expect(untried.workload.verdict).toBe('inconclusive');
    // A process can be forked whatever is pinned.
    const alone = await run('fork', only('phyr_nvme', 'registered', storm(0)));
    expect(alone.workload.verdict).toBe('inconclusive');
  });
});
