/**
 * The kernel that checks itself, and the oracle that reads what it says. Runs only where that kernel has been built
 * (`phyrlab images build debug`): building it takes many minutes.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/guest/index.js';
import { openImages } from '../../src/images/index.js';
import type { Image } from '../../src/model/index.js';
import { judgeKernelLog, logWindow, splats } from '../../src/oracle/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { login, machine, makeRig, never, oneDisk } from './boot-rig.js';

const limits = { deadlineMs: 120_000, signal: never };
const bdf = pciPlan(oneDisk).get('dut');

async function isBuilt(): Promise<boolean> {
  await using images = await openImages({ offline: true, progress: () => {}, signal: never });
  return images.hasKernel('debug');
}

async function debugImage(): Promise<Image> {
  await using images = await openImages({ progress: () => {}, signal: never });
  return images.image('debug', { plants: true });
}

/** Done in this order: after its own first report, lockdep keeps silent. */
const FAULTS: [fault: string, kind: string, line: RegExp][] = [
  ['use-after-free', 'KASAN', /KASAN: slab-use-after-free in make_use_after_free/],
  ['short-unmap', 'DMA debug', /DMA-API: .*frees DMA memory with different size/],
  ['atomic-sleep', 'lockdep', /sleeping function called from invalid context/],
  ['inversion', 'lockdep', /possible circular locking dependency/],
  ['leak', 'kmemleak', /kmemleak: unreferenced object/],
];

describe.skipIf(!(await isBuilt()))('the debug kernel', () => {
  it('lets a cell pass in which nothing is wrong, and objects to each fault that is made', async () => {
    const image = await debugImage();
    await using rig = await makeRig();
    await using guest = await rig.start(image, { machine: machine({ iommu: { kind: 'intel', domain: 'strict' } }) });
    const console: string[] = [];
    guest.console.onLine((line) => console.push(line));
    await using session = await login(guest, 240_000);
    const names = (await readdir(image.modules.dir)).filter((name) => name.endsWith('.ko'));
    await session.push(
      names.map((name) => ({
        path: `/lab/modules/${name}`,
        mode: 0o644,
        source: { file: join(image.modules.dir, name) },
      })),
      { signal: never },
    );

    /** What a cell does, around `commands`, and what it finds in the log. */
    const cell = async (name: string, commands: string) => {
      await sh(session, `lab begin begin-${name} ${bdf} phyr8`);
      await sh(session, commands);
      await sh(session, `lab end end-${name} ${bdf}`);
      await guest.console.line(new RegExp(`end-${name}`));
      return logWindow(console, `begin-${name}`, `end-${name}`);
    };
    const untainted = { before: 0, after: 0 };

    const sound = await cell('sound', `lab bind ${bdf} phyr_nvme; stamp write /dev/phyr0 0 1048576 7 1`);
    expect(judgeKernelLog(sound, untainted)).toMatchObject({ verdict: 'pass' });

    const make = FAULTS.map(([fault]) => `echo ${fault} > /sys/module/phyr_fault/parameters/make`);
    const faulty = await cell('faulty', ['insmod /lab/modules/phyr_fault.ko', ...make].join('; '));
    expect(judgeKernelLog(faulty, untainted)).toMatchObject({
      verdict: 'fail',
      detail: expect.stringMatching(/^KASAN/),
    });
    const found = splats(faulty.lines ?? []);
    for (const [fault, kind, line] of FAULTS) {
      expect(found, fault).toContainEqual({ kind, line: expect.stringMatching(line) });
    }
  });
});

async function sh(session: Session, script: string): Promise<string> {
  const { code, stdout, stderr } = await session.exec(`set -e; ${script}`, limits);
  expect(code, stderr).toBe(0);
  return stdout;
}
