import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announce, collectGarbage, findGarbage } from '../../../src/cli/gc.js';
import { Cache } from '../../../src/images/cache.js';
import { NIGHT_SCHEMA } from '../../../src/model/index.js';
import { Nights } from '../../../src/results/index.js';

const DAY_MS = 86_400_000;
let root: string;
let cache: Cache;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
  const options = { progress: () => {}, signal: new AbortController().signal, deep: false };
  cache = await Cache.open(join(root, 'cache'), options);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const images = () => ({
  list: () => cache.list(),
  removable: () => cache.removable(new Set()),
  remove: (items: Parameters<Cache['remove']>[0]) => cache.remove(items),
});

async function image(name: string, bytes: number, days: number): Promise<void> {
  const build = async ({ dir }: { dir: string }) => {
    writeFileSync(join(dir, 'data'), Buffer.alloc(bytes));
    return {};
  };
  const { dir } = await cache.entry({ name, key: '0123456789abcdef', build });
  const used = new Date(Date.now() - days * DAY_MS);
  utimesSync(dir, used, used);
}

async function run(day: number, bytes: number): Promise<void> {
  const folder = join(root, 'runs', `202611${day}-000000-abcd`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'events.jsonl'), Buffer.alloc(bytes));
  const nights = new Nights(join(root, 'runs'));
  const started = `2026-11-${day}T00:00:00.000Z`;
  const stages = [{ name: 'smoke', words: ['smoke'], kernel: '7.3' }];
  await nights.save({ schema: NIGHT_SCHEMA, id: `202611${day}`, started, seed: 1, stages });
}

/** Every path, with its time: what is used is touched. */
const all = () => readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();

it.each([
  ['nothing is old and there is room', 100, 1e6],
  ['runs are too many', 2, 1e6],
  ['there is room for little', 100, 2500],
  ['there is room for nothing', 1, 0],
])('says what it would remove, removes nothing, and then removes just that: %s', async (_, keepRuns, disk) => {
  await image('guest-state', 1000, 1);
  await image('qemu', 1000, 3);
  await image('kernel', 1000, 10);
  await image('rootfs', 1000, 40);
  await cache.settled();
  for (const day of [10, 11, 12]) await run(day, 500);
  const options = { keepRuns, disk, runs: join(root, 'runs') };

  const before = all();
  const garbage = await findGarbage(options, images(), new Set());
  const announced = announce(garbage);
  expect(all()).toEqual(before);

  const done = await collectGarbage(options, images(), new Set());
  expect(done).toBe(announced.at(-1)?.replace('would be removed', 'removed'));
  const gone = [
    ...garbage.runs.map(({ folder }) => folder),
    ...garbage.nights.map(({ folder }) => folder),
    ...garbage.images.map(({ id }) => cache.path('entries', id)),
  ];
  expect(announced).toHaveLength(gone.length + 1);
  for (const path of gone) expect(announced.join('\n')).toContain(basename(path));
  const after = all();
  expect(before.filter((path) => !after.includes(path) && gone.includes(join(root, path))).sort()).toEqual(
    gone.map((path) => path.slice(root.length + 1)).sort(),
  );
  for (const path of gone) expect(existsSync(path)).toBe(false);
  // And nothing else: what is left is what was there, less that.
  expect(after).toEqual(before.filter((path) => !gone.some((one) => `${join(root, path)}/`.startsWith(`${one}/`))));
});
