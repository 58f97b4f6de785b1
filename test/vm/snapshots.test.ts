/** Guests that are restored from a snapshot instead of booting: the same verdicts and counts, and no harm when a snapshot is damaged. */
import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheDirectory, openImages } from '../../src/images/index.js';
import { type CellRecord, measureName, type RunResult } from '../../src/model/index.js';
import { Sandbox } from './support/phyrlab.js';

let box: Sandbox;
let cache: string;

/** A cache that has what the shared one has, and states of its own. */
beforeAll(async () => {
  box = await Sandbox.create();
  cache = join(box.folder, 'cache');
  const shared = cacheDirectory(undefined, process.env);
  await mkdir(join(cache, 'entries'), { recursive: true });
  await symlink(join(shared, 'packages'), join(cache, 'packages'));
  for (const name of await readdir(join(shared, 'entries')))
    if (!name.startsWith('guest-state-')) await symlink(join(shared, 'entries', name), join(cache, 'entries', name));
});
afterAll(() => box[Symbol.asyncDispose]());

const env = () => ({ env: { PHYRLAB_CACHE: cache } });
const states = async () => (await readdir(join(cache, 'entries'))).filter((name) => name.startsWith('guest-state-'));

async function run(cells: string[], ...flags: string[]) {
  const { code, result, out } = await box.cells([...cells, '--seed', '7', '--jobs', '1', ...flags], env());
  const events = await readFile(join(box.folder, 'runs', result.run.id, 'events.jsonl'), 'utf8');
  const notices = [...events.matchAll(/"type":"notice".*?"text":"([^"]*)"/g)].map(([, text]) => text);
  return { code, result, out, notices };
}

/**
 * What must not depend on where a guest came from: verdicts, and what is counted, but for the requests of fio, which merge as they come. With a
 * planted defect fio may find wrong data, or end before it does.
 */
function judged({ cells }: RunResult) {
  return cells
    .map(({ id, kind, plant, verdict, reason, oracles, metrics }: CellRecord) => ({
      id,
      verdict,
      reason: plant === undefined ? reason : '',
      oracles: oracles
        .filter(({ name }) => plant === undefined || name !== 'workload')
        .map((oracle) => `${oracle.name} ${oracle.verdict}`),
      counts:
        kind === 'fio-verify'
          ? []
          : metrics.filter(({ unit }) => unit !== 'us').map((metric) => [measureName(metric), metric.value]),
    }))
    .sort((a, b) => a.id.localeCompare(b.id));
}

const boots = ({ cells }: RunResult) => cells.map(({ boot }) => boot);
/** Of a run of one guest, with `--keep`. */
async function consoleOf({ run: { id } }: RunResult): Promise<string> {
  const folder = join(box.folder, 'runs', id, 'boots');
  const [boot = ''] = await readdir(folder);
  return readFile(join(folder, boot, 'console.log'), 'utf8');
}
const ONE = 'no-iommu/switch/crosscheck/phyr8';

describe('a damaged snapshot', () => {
  /** The only snapshot, of the machine that these tests use. */
  const only = async () => {
    if ((await states()).length === 0) expect(boots((await run([ONE])).result)).toEqual(['cold']);
    const [state = '', ...more] = await states();
    expect(more).toEqual([]);
    return join(cache, 'entries', state);
  };

  it('costs a boot where it is damaged, and is made anew', async () => {
    const state = await only();
    expect((await stat(state)).mode & 0o77).toBe(0);
    await truncate(join(state, 'memory'), 1 << 20);
    const { result, notices } = await run([ONE]);
    expect([result.cells[0]?.verdict, ...boots(result)]).toEqual(['pass', 'cold']);
    expect(notices.join()).toContain('the snapshot of no-iommu is damaged: memory has 1048576 bytes instead of');
    expect(boots((await run([ONE])).result)).toEqual(['restored']);
  });

  it('costs a boot where QEMU does not go on from it, and is made anew', async () => {
    const key = basename(await only()).replace('guest-state-', '');
    await using images = await openImages({
      cacheDir: cache,
      progress: () => {},
      signal: new AbortController().signal,
    });
    const dir = await images.states.find(key, () => {});
    const files = await Promise.all(
      ['keys.json', 'console.log', 'memory'].map(async (name) => ({
        name,
        data: await readFile(join(dir ?? '', name)),
      })),
    );
    await images.states.save(key, async (to) => {
      for (const { name, data } of files) {
        // As if another QEMU had written it.
        if (name === 'memory') data.fill(0x5a, data.length >> 1);
        await writeFile(join(to, name), data);
      }
    });
    const { result, notices } = await run([ONE]);
    expect([result.cells[0]?.verdict, ...boots(result)]).toEqual(['pass', 'cold']);
    expect(notices.join()).toMatch(/no-iommu boots, since its snapshot could not be restored: /);
    const again = await run([ONE], '--keep');
    expect(boots(again.result)).toEqual(['restored']);
    // Its own, without that of the guest that could not be restored.
    expect((await consoleOf(again.result)).match(/Linux version/g)).toHaveLength(1);
    expect(await box.processes()).toEqual([]);
  });
});

describe('a guest from a snapshot', () => {
  const kinds = [
    'no-iommu/switch/crosscheck/phyr8',
    'vtd-strict/switch/crosscheck/phyr8',
    'vtd-strict/switch/crosscheck/sg',
    'vtd-strict/switch/p2p-far/phyr8',
    'vtd-strict/switch/fio-verify/phyr8!short-map',
    'vtd-sm1-strict/switch/crosscheck/phyr8',
    'virtio-strict/switch/crosscheck/phyr8',
    'bounced/switch/crosscheck/phyr8',
  ];

  it('is judged as one that booted', async () => {
    // What a guest keeps does not change how it goes on: one that is not asked to keep anything shows that.
    const before = await states();
    const cold = await run(kinds.slice(0, 1), '--cold');
    expect(await states()).toEqual(before);
    const keeping = await run(kinds);
    const restored = await run(kinds);
    expect(keeping.result.cells.map(({ verdict }) => verdict)).toEqual(
      keeping.result.cells.map(({ plant }) => (plant === undefined ? 'pass' : 'caught')),
    );
    expect(judged(restored.result)).toEqual(judged(keeping.result));
    expect(judged(keeping.result)).toEqual(expect.arrayContaining(judged(cold.result)));
    // Two of the cells that do not share a guest have the same machine. The tests above have kept one already.
    expect(boots(keeping.result).filter((boot) => boot === 'cold')).toHaveLength(5 - before.length);
    expect(boots(cold.result)).toEqual(['cold']);
    expect(boots(restored.result).sort()).toEqual([...Array(6).fill('restored'), 'shared', 'shared']);
    expect((await states()).length).toBe(5);
    expect([cold, keeping, restored].flatMap(({ notices }) => notices)).toEqual([]);
    expect(await box.processes()).toEqual([]);
  }, 600_000);

  it('knows what time it is, and draws its own random numbers', async () => {
    const say = 'date +%s; head -c 16 /dev/urandom | od -An -tx1';
    const shell = async () => (await box.run(['shell', ONE, '--', say], env())).out.trim().split('\n');
    const [one, two] = [await shell(), await shell()];
    expect(Math.abs(Number(two[0]) - Date.now() / 1000)).toBeLessThan(30);
    expect(Number(two[0])).toBeGreaterThan(Number(one[0]));
    expect(one[1]).toMatch(/^[0-9a-f ]{47,}$/);
    expect(two[1]).not.toBe(one[1]);
  });

  it('shows the whole console, from the first line of its kernel', async () => {
    const { result } = await run([ONE], '--keep');
    expect(boots(result)).toEqual(['restored']);
    expect(await consoleOf(result)).toMatch(/Linux version[\s\S]*phyrlab: ready[\s\S]*begin-/);
  });
});
