/** Edited modules, and a session of mutation that is killed and goes on, with real guests. */
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImages } from '../../src/images/index.js';
import { never } from './boot-rig.js';
import { Sandbox, until } from './support/phyrlab.js';

const guest = (file: string) => readFile(join(import.meta.dirname, '../../guest', file), 'utf8');
const DPTR = 'phyr_nvme/dptr.c';

describe('modules with an edited file', () => {
  it('are built from it alone, and nothing of them stays', { timeout: 600_000 }, async () => {
    await using images = await openImages({ progress: () => {}, signal: never });
    const kernel = await images.kernel('7.3');
    const product = await images.modules(kernel);
    const text = await guest(DPTR);
    let place: string;
    let key: string;
    {
      await using edited = await images.edited(kernel);
      expect(await edited.build(DPTR, text.replace('Data pointers', 'Pointers'))).toEqual({ kind: 'same' });
      expect(await edited.build(DPTR, `${text}nonsense`)).toMatchObject({
        kind: 'refused',
        said: expect.stringContaining('dptr.c'),
      });
      const [one, same, other] = [
        await edited.build(DPTR, text.replace('dptr->pieces == 1', 'dptr->pieces == 2')),
        await edited.build(DPTR, text.replace('dptr->pieces == 1', '2 == dptr->pieces')),
        await edited.build(DPTR, text.replace('dptr->pieces == 1', 'dptr->pieces == 3')),
      ];
      if (one.kind !== 'built' || same.kind !== 'built' || other.kind !== 'built') throw new Error('not built');
      place = one.modules.dir;
      key = one.modules.key;
      expect(same.modules.key).toBe(one.modules.key);
      expect(other.modules.key).not.toBe(one.modules.key);
      const names = await readdir(one.modules.dir);
      expect(names.sort()).toEqual((await readdir(product.dir)).filter((name) => name.endsWith('.ko')).sort());
      const others = await Promise.all(
        names.filter((name) => name !== 'phyr_nvme.ko').map((name) => readlink(join(one.modules.dir, name))),
      );
      expect(others.every((file) => file.startsWith(product.dir))).toBe(true);
      const built = await readFile(join(one.modules.dir, 'phyr_nvme.ko'));
      expect(built.equals(await readFile(join(product.dir, 'phyr_nvme.ko')))).toBe(false);
    }
    expect(existsSync(place)).toBe(false);
    expect((await images.list()).map((entry) => entry.key)).not.toContain(key);
    expect(await guest(DPTR)).toBe(text);
  });
});

describe('phyrlab mutate', () => {
  let box: Sandbox;
  beforeAll(async () => {
    box = await Sandbox.create();
  });
  afterAll(() => box[Symbol.asyncDispose]());

  // The draw depends on these sources: if none of it is noticed once they have changed, take another seed.
  const files = ['phyr_nvme/cmd.c', 'phyr_nvme/backend_phyr.c'];
  const mutate = ['mutate', '--count', '4', '--seed', '17', '--jobs', '1', ...files];
  const folder = async () => {
    const at = join(box.folder, 'runs', '.mutate');
    const [id] = (await readdir(at).catch(() => [])).filter((name) => /^\d/.test(name));
    return join(at, id ?? '');
  };
  const trials = async () =>
    (await readFile(join(await folder(), 'trials.jsonl'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

  it('goes on after it was killed, and notices what a cell reaches', { timeout: 900_000 }, async () => {
    const measured = await box.run(['coverage', 'vtd-strict/switch/fio-verify/phyr8']);
    expect(measured.code, measured.err).toBe(0);

    const first = box.start(mutate);
    await until('a mutant is judged', 400_000, async () => (await trials()).length > 0);
    first.kill('SIGKILL');
    await first;
    await until('its guests and builders are gone', 20_000, async () => (await box.processes()).length === 0);
    const done = await trials();

    const { code, out } = await box.run([...mutate, '--json', '-']);
    const { mutants, session, shares } = JSON.parse(out);
    expect(mutants.map(({ id }: { id: string }) => id).slice(0, done.length)).toEqual(
      done.map((line) => JSON.parse(line).id),
    );
    const counted = mutants.filter(({ outcome }: { outcome: { kind: string } }) => outcome.kind !== 'skipped');
    expect(counted).toHaveLength(4);
    expect(session.count).toBe(4);
    expect(shares.all.killed).toBeGreaterThan(0);
    expect([0, 1]).toContain(code);
    // What guests leave goes with each mutant.
    expect(await readdir(await folder())).toEqual(['report.txt', 'result.json', 'session.json', 'trials.jsonl']);
  });

  it('ended by Ctrl-C leaves nothing but what it knows, and says how to go on', { timeout: 300_000 }, async () => {
    const ended = box.start([...mutate, '--fresh']);
    await until('a build is under way', 200_000, async () => String((await box.processes()).length) !== '0');
    await until(
      'the session has begun',
      200_000,
      async () => (await readdir(join(box.folder, 'runs', '.mutate'))).length > 2,
    );
    await new Promise((resolve) => setTimeout(resolve, 5000));
    ended.kill('SIGINT');
    const { exitCode, stdout, stderr } = await ended;
    expect(exitCode, String(stderr)).toBe(130);
    expect(String(stdout)).toMatch(/of 4 mutants are done; the same command goes on with the rest/);
    expect(await box.processes()).toEqual([]);
  });
});
