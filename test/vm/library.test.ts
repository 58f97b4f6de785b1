/** phyr.ko's own tests, run by phyr_test.ko on an idle function of the machines that make the difference. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type KtapReport, parseKtap, type Session } from '../../src/guest/index.js';
import { openImages } from '../../src/images/index.js';
import type { Machine } from '../../src/model/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { bootable, login, machine, makeRig, never, oneDisk } from './boot-rig.js';

const limits = { deadlineMs: 60_000, signal: never };

/** Boots a machine with the modules loaded and phyr_test bound, for the time of `use`. */
async function withTests(
  changes: Partial<Machine>,
  plants: boolean,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const image = await bootable();
  await using images = await openImages({ progress: () => {}, signal: never });
  const modules = await images.modules(await images.kernel('7.3'), { plants });
  await using rig = await makeRig();
  await using guest = await rig.start(image, { machine: machine(changes) });
  await using session = await login(guest);
  const names = (await readdir(modules.dir)).filter((name) => ['phyr.ko', 'phyr_test.ko'].includes(name));
  await session.push(
    names.map((name) => ({
      path: `/lab/modules/${name}`,
      mode: 0o644,
      source: { file: join(modules.dir, name) },
    })),
    { signal: never },
  );
  const bdf = pciPlan(oneDisk).get('dut');
  await sh(session, `insmod /lab/modules/phyr.ko; insmod /lab/modules/phyr_test.ko; lab bind ${bdf} phyr_test`);
  await use(session);
  await sh(session, `lab unbind ${bdf}; rmmod phyr_test; rmmod phyr`);
}

async function sh(session: Session, script: string): Promise<string> {
  const { code, stdout, stderr } = await session.exec(`set -e; ${script}`, limits);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function runTests(session: Session): Promise<KtapReport> {
  const report = parseKtap(await sh(session, 'cat /sys/kernel/debug/phyr_test'));
  expect(report.problems).toEqual([]);
  expect(report.tests.length).toBeGreaterThan(10);
  return report;
}

const failed = (report: KtapReport) =>
  report.tests
    .filter((test) => test.status !== 'pass')
    .map(({ name, diagnostics }) => `${name}: ${diagnostics.join(' ')}`);
/** The shape that a mapping had: 1 SAME, 2 SINGLE, 3 ARRAY. It shows that the machine is the one that was meant. */
const shape = (report: KtapReport) => /shape (\d)/.exec(JSON.stringify(report.tests))?.[1];
const warnings = (session: Session) => sh(session, "dmesg | grep -cE 'WARNING:|BUG:|KFENCE' || :");

const machines: [name: string, shape: string, changes: Partial<Machine>][] = [
  ['behind an IOMMU', '2', { iommu: { kind: 'intel', domain: 'strict' } }],
  ['with bounce buffers for everything', '3', { kernelArgs: ['swiotlb=force'] }],
];

it.each(machines)('the library holds %s', async (_name, expected, changes) => {
  await withTests(changes, false, async (session) => {
    const report = await runTests(session);
    expect(failed(report)).toEqual([]);
    expect(shape(report)).toBe(expected);
    expect((await warnings(session)).trim()).toBe('0');
  });
});

it('the library holds where the device sees physical addresses, and the check of each entry finds a wrong one', async () => {
  await withTests({}, true, async (session) => {
    const checked = async () => Number(await sh(session, 'cat /sys/module/phyr/parameters/checked'));
    const before = await runTests(session);
    expect(failed(before)).toEqual([]);
    expect(shape(before)).toBe('1');
    expect(await checked()).toBe(0);

    await sh(session, 'echo 1 > /sys/module/phyr/parameters/check');
    expect(failed(await runTests(session))).toEqual([]);
    expect(await checked()).toBeGreaterThan(64);
    expect((await warnings(session)).trim()).toBe('0');

    // A list that would be read a page off is refused before a device sees it.
    await sh(session, 'echo wrong-bias > /sys/module/phyr/parameters/plant');
    expect(failed(await runTests(session)).join('\n')).toContain('create: -5');
    expect(Number(await warnings(session))).toBeGreaterThan(0);
    await sh(session, 'echo none > /sys/module/phyr/parameters/plant');
    expect(failed(await runTests(session))).toEqual([]);
  });
});
