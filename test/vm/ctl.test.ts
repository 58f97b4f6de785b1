/** I/O without a bio: what a registered list costs, what /dev/phyrN-ctl must refuse, and a device that goes while its node is in use. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseKtap, type Session } from '../../src/guest/index.js';
import { openImages } from '../../src/images/index.js';
import type { Iommu, Machine } from '../../src/model/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { bootable, login, machine, makeRig, never, oneDisk } from './boot-rig.js';

const bdf = pciPlan(oneDisk).get('dut') ?? '';

/** Boots a machine with all modules at hand, for the time of `use`. */
async function withGuest(changes: Partial<Machine>, use: (session: Session) => Promise<void>): Promise<void> {
  const image = await bootable();
  await using images = await openImages({ progress: () => {}, signal: never });
  const { dir } = await images.modules(await images.kernel('7.3'));
  const names = (await readdir(dir)).filter((name) => name.endsWith('.ko'));
  await using rig = await makeRig();
  await using guest = await rig.start(image, { machine: machine(changes) });
  await using session = await login(guest);
  const files = names.map((name) => ({
    path: `/lab/modules/${name}`,
    mode: 0o644,
    source: { file: join(dir, name) },
  }));
  await session.push(files, { signal: never });
  await use(session);
}

async function sh(session: Session, script: string): Promise<string> {
  const { code, stdout, stderr } = await session.exec(`set -e; ${script}`, { deadlineMs: 90_000, signal: never });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

const BUDGET = 250;

it.each<[string, Iommu]>([
  ['translated', { kind: 'intel', domain: 'strict' }],
  ['passed through', { kind: 'intel', domain: 'passthrough' }],
])('an I/O on a registered list costs at most 250 instructions, %s', async (_name, iommu) => {
  await withGuest({ iommu, clock: 'icount', vcpus: 1 }, async (session) => {
    await sh(session, `insmod /lab/modules/phyr.ko; insmod /lab/modules/phyr_test.ko; lab bind ${bdf} phyr_test`);
    const report = await sh(session, 'cat /sys/kernel/debug/phyr_test/reg_cost');
    expect(parseKtap(report).tests.find(({ name }) => name === 'reg: cost of an I/O')?.status).toBe('pass');
    const looked = [...report.matchAll(/registered: look list_kib=(\d+) len=(\d+) median=(\d+) max=(\d+)/g)];
    expect(looked.map(([, list, len]) => `${list} ${len}`)).toEqual(
      [1024, 8192, 65536].flatMap((list) => [`${list} 4096`, `${list} 131072`]),
    );
    for (const [line, , , , max] of looked) expect(Number(max), line).toBeLessThanOrEqual(BUDGET);
    const flushes = [...report.matchAll(/registered: flushes \S+ during=(\d+) after=(\d+)/g)];
    expect(flushes.map(([, during]) => during)).toEqual(['0', '0', '0']);
    // That it counts is seen where unmapping invalidates.
    if (iommu.kind === 'intel' && iommu.domain === 'strict')
      for (const [line, , after] of flushes) expect(Number(after), line).toBeGreaterThan(0);
  });
});

it('the node refuses what is wrong, bears many threads, and its device may go', async () => {
  await withGuest({ iommu: { kind: 'intel', domain: 'strict' } }, async (session) => {
    await sh(session, `lab load phyr8; lab bind ${bdf} phyr_nvme`);
    expect(JSON.parse(await sh(session, 'phyrio refuse /dev/phyr0-ctl'))).toMatchObject({ op: 'refuse', wrong: 0 });
    expect(JSON.parse(await sh(session, 'phyrio stress /dev/phyr0-ctl 4 1 9'))).toMatchObject({ op: 'stress', bad: 0 });
    const [shown, last] = (
      await sh(
        session,
        `phyrio repeat /dev/phyr0-ctl 1000000 65536 buffer >/tmp/repeat & pid=$!; sleep 0.5
         cat /sys/kernel/debug/phyr_nvme/${bdf}/buffers | tr '\\n' ' '; echo
         lab unbind ${bdf} >/dev/null; wait $pid || cat /tmp/repeat`,
      )
    ).split('\n');
    expect(shown).toMatch(/^buffer access=r charged=32 pinned phyr8 ram, 131072 bytes in \d+ chunks/);
    expect(JSON.parse(last ?? '')).toMatchObject({ errno: 'ENODEV' });
    await sh(session, 'lab unload');
    expect((await sh(session, "dmesg | grep -cE 'WARNING:|BUG:|KFENCE' || :")).trim()).toBe('0');
  });
});
