/** What is measured as reached is what ran: seen where it is known which of two inputs takes which lines. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { x86_64 } from '../../src/arches/x86_64.js';
import { type CellReached, rangesOf } from '../../src/coverage/index.js';
import { openImages } from '../../src/images/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { Reaching } from '../../src/run/index.js';
import { bootable, login, makeRig, never, oneDisk, sh } from './boot-rig.js';
import { Sandbox } from './support/phyrlab.js';

const bdf = pciPlan(oneDisk).get('dut') ?? '';
const DPTR = 'guest/phyr_nvme/dptr.c';

/** Numbers of the lines that begin with this. */
async function linesWith(path: string, text: string): Promise<number[]> {
  const lines = (await readFile(join(import.meta.dirname, '..', '..', path), 'utf8')).split('\n');
  return lines.flatMap((line, at) => (line.trim().startsWith(text) ? [at + 1] : []));
}

function linesOf(reached: CellReached, path: string): number[] {
  if ('unread' in reached) throw new Error(reached.unread);
  return [...(reached.files.find((file) => file.path === path)?.lines ?? [])];
}

describe('coverage of a guest', () => {
  it('has the lines of what was used, anew for each time, and is not read where it cannot be right', async () => {
    const image = await bootable();
    await using images = await openImages({ progress: () => {}, signal: never });
    const modules = await images.modules(await images.kernel('7.3'));
    const { plugin, code } = await images.coverage({ ...image, modules });
    await using rig = await makeRig();
    await using guest = await rig.start(image, {
      coverage: { plugin, ranges: rangesOf(code, x86_64.moduleAddresses) },
    });
    await using session = await login(guest);
    const names = ['phyr', 'phyr_nvme', 'phyr_peer', 'phyr_probe'];
    const files = names.map((name) => ({
      path: `/lab/modules/${name}.ko`,
      mode: 0o644,
      source: { file: join(modules.dir, `${name}.ko`) },
    }));
    await session.push(files, { signal: never });
    const { coverage: map } = guest;
    if (map === undefined) throw new Error('the guest measures nothing');
    const measured = { session, patience: 1, coverage: { map, code } };
    const reachedBy = async (script: string): Promise<CellReached> => {
      const reaching = await Reaching.begin(measured, never);
      await sh(session, script);
      return reaching?.end() ?? { unread: 'nobody asked' };
    };
    const readWith = (parameters: string) =>
      reachedBy(
        `PHYR_NVME=${parameters} lab load phyr8; lab bind ${bdf} phyr_nvme; lab digest /dev/phyr0 0 131072; lab unload`,
      );

    const [sgl = 0] = await linesWith(DPTR, 'dptr->sgl = true;');
    expect(linesOf(await readWith('sgl_kib=0'), DPTR)).not.toContain(sgl);
    expect(linesOf(await readWith('sgl_kib=4'), DPTR)).toContain(sgl);
    // The second time does not count for the third.
    expect(linesOf(await readWith('sgl_kib=0'), DPTR)).not.toContain(sgl);

    const elsewhere = '{"module":"phyr_peer","sections":{".init.text":"0xffffffffc0dd0000"}}';
    expect(await reachedBy(`echo '${elsewhere}' >> /run/loaded`)).toEqual({
      unread: 'phyr_peer was loaded, but its init function was not seen to run',
    });
    expect(await reachedBy('echo nonsense >> /run/loaded')).toMatchObject({
      unread: expect.stringContaining('cannot be read'),
    });
  });
});

describe('phyrlab coverage', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
  });
  afterAll(() => sandbox[Symbol.asyncDispose]());

  it('runs cells, and says which of them reaches a line; a run says it again', async () => {
    const file = join(sandbox.folder, 'lcov.info');
    const cells = ['sg', 'iova'].map((backend) => `vtd-strict/switch/fio-verify/${backend}`);
    const first = await sandbox.run(['coverage', ...cells, '--lcov', file]);
    expect(first.out).toMatch(/2 cells reached \d+ of \d+ lines/);
    expect(first.code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain(`SF:${DPTR}\n`);
    const [line] = await linesWith('guest/phyr_nvme/backend_sg.c', 'table->sgl = state->first;');
    const reaching = await sandbox.run(['coverage', '--reaching', `phyr_nvme/backend_sg.c:${line}`]);
    expect(reaching.out.trim()).toBe(cells[0]);
    const unreached = await sandbox.run(['coverage', 'newest', '--unreached', 'phyr_nvme/recover.c']);
    expect(unreached.out).toContain('guest/phyr_nvme/recover.c: ');
    const without = await sandbox.run(['coverage', 'newest', '--reaching', 'no_such_file.c:1']);
    expect([without.code, without.err]).toEqual([64, expect.stringContaining('no file with code is called')]);
  }, 400_000);
});
