/** phyr_nvme where things go wrong around it: a device that is too slow, a module that is wanted away, a machine that goes off. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Session } from '../../src/guest/index.js';
import { openImages } from '../../src/images/index.js';
import { type Modules, Topology } from '../../src/model/index.js';
import {
  Churn,
  type ChurnArea,
  churnClaim,
  complaints,
  fromConsole,
  judgeData,
  readStamp,
  SECTOR,
  stamped,
} from '../../src/oracle/index.js';
import { type Guest, pciPlan } from '../../src/qemu/index.js';
import { type Bootable, bootable, login, machine, makeRig, never } from './boot-rig.js';

const WORKERS = 4;
const AREA = 2 << 20;
const SEED = 20_261_121;
const TIMEOUT_S = 1;
const limits = { deadlineMs: 90_000, signal: never };

/** What phyr_nvme says when a device is too slow for it. */
const SLOW = [/command 0x\w+ timed out, aborting it/, /is lost, stopping the controller/, /controller was reset/];

const slot = Topology.parse({
  id: 'one-slot',
  root: [{ kind: 'root-port', id: 'rp', below: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16 }] }],
});
const bdf = pciPlan(slot).get('dut');
const areas = Array.from(
  { length: WORKERS },
  (_, worker): ChurnArea => ({ worker, offset: worker * AREA, bytes: AREA, blockSize: 512, seed: SEED }),
);

let image: Bootable;
let modules: Modules;
let planted: Modules;
beforeAll(async () => {
  image = await bootable();
  await using images = await openImages({ progress: () => {}, signal: never });
  const kernel = await images.kernel('7.3');
  modules = await images.modules(kernel);
  planted = await images.modules(kernel, { plants: true });
});

/** A guest with our modules loaded and its disk filled with stamps, for the time of `use`. */
async function withGuest(use: (guest: Guest, session: Session) => Promise<void>, built = modules): Promise<void> {
  await using rig = await makeRig();
  await using guest = await rig.start(image, {
    topology: slot,
    machine: machine({ iommu: { kind: 'intel', domain: 'strict' }, kernelArgs: [`nvme_core.io_timeout=${TIMEOUT_S}`] }),
  });
  await using session = await login(guest);
  const files = ['phyr', 'phyr_nvme'].map((name) => `${name}.ko`);
  await session.push(
    files.map((name) => ({ path: `/lab/modules/${name}`, mode: 0o644, source: { file: join(built.dir, name) } })),
    { signal: never },
  );
  await sh(session, `cd /lab/modules; insmod phyr.ko; insmod phyr_nvme.ko backend=phyr8 timeout_s=${TIMEOUT_S}`);
  await refill(guest);
  await use(guest, session);
}

/** What churn takes for granted. */
async function refill(guest: Guest): Promise<void> {
  await using disk = await open(diskOf(guest), 'r+');
  for (const { offset, bytes, seed } of areas) await disk.write(stamped(offset, bytes, seed, 0), 0, bytes, offset);
}

const diskOf = (guest: Guest) => guest.files.get('dut') ?? '';

async function sh(session: Session, script: string): Promise<string> {
  const { code, stdout, stderr } = await session.exec(`set -e; ${script}`, limits);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** I/O on the device's disk for some seconds, by the driver that has it. */
async function churn(session: Session, seconds: number): Promise<Churn['churn']> {
  const disk = (
    await sh(
      session,
      `ls /sys/bus/pci/devices/${bdf}/block /sys/bus/pci/devices/${bdf}/nvme/nvme* 2>/dev/null |
    grep -E '^(phyr[0-9]+|nvme[0-9]+n1)$'`,
    )
  ).trim();
  const { stdout } = await session.exec(`churn /dev/${disk} 0 ${AREA} ${WORKERS} 0 0 ${seconds} ${SEED}`, limits);
  return Churn.parse(JSON.parse(stdout)).churn;
}

const judged = (guest: Guest, { workers }: Churn['churn']) =>
  judgeData(areas.map((area, i) => churnClaim(area, workers[i] ?? { done: 0, error: null }, diskOf(guest))));

/** From now on the disk does so many operations a second; 0: as it likes. */
const throttle = (guest: Guest, iops: number) =>
  guest.qmp.execute('block_set_io_throttle', z.unknown(), {
    id: 'pci-dut',
    ...{ bps: 0, bps_rd: 0, bps_wr: 0, iops, iops_rd: 0, iops_wr: 0 },
  });

async function stats(session: Session): Promise<Record<string, number>> {
  const text = await sh(session, `cat /sys/kernel/debug/phyr_nvme/${bdf}/stats`);
  return Object.fromEntries([...text.matchAll(/^(\w+)\s+(\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

/** Slow until commands have timed out, were aborted, and timed out again: `reset` says that the controller was reset. */
async function slowedDown(guest: Guest, session: Session, reset: () => Promise<boolean>): Promise<Churn['churn']> {
  const going = churn(session, 7);
  await sleep(1_000);
  await throttle(guest, 1);
  for (let tries = 0; tries < 40 && !(await reset()); tries++) await sleep(250);
  await throttle(guest, 0);
  return going;
}

async function allDone(guest: Guest, churned: Churn['churn']): Promise<void> {
  expect(churned.workers.map(({ error }) => error)).toEqual(areas.map(() => null));
  expect(churned.bad).toBe(0);
  expect(await judged(guest, churned)).toMatchObject({ verdict: 'pass' });
}

/** The disk's sectors that are neither zeroes nor, to the last byte, what was once written to this place. */
async function strangeSectors(guest: Guest): Promise<number[]> {
  const bytes = Buffer.alloc(WORKERS * AREA);
  await using disk = await open(diskOf(guest), 'r');
  await disk.read(bytes, 0, bytes.length, 0);
  const strange: number[] = [];
  for (let at = 0; at < bytes.length; at += SECTOR) {
    const sector = bytes.subarray(at, at + SECTOR);
    const stamp = readStamp(sector);
    const due = stamp ? stamped(at, SECTOR, SEED, stamp.generation) : Buffer.alloc(SECTOR);
    if (!sector.equals(due)) strange.push(at / SECTOR);
  }
  return strange;
}

describe('phyr_nvme', () => {
  it('stays while it is used, resets a device that is too slow, and lets the machine go off under I/O', async () => {
    await withGuest(async (guest, session) => {
      await sh(session, `lab bind ${bdf} phyr_nvme`);
      const used = churn(session, 2);
      await sleep(700);
      const { code, stderr } = await session.exec('rmmod phyr_nvme', limits);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/Resource temporarily unavailable|busy/i)]);
      await allDone(guest, await used);

      await refill(guest);
      await allDone(guest, await slowedDown(guest, session, async () => Number((await stats(session)).resets) > 0));
      const { timeouts = 0, aborts = 0, resets = 0 } = await stats(session);
      expect([timeouts > 1, aborts > 0, resets > 0]).toEqual([true, true, true]);
      const log = (await sh(session, 'dmesg')).split('\n');
      const trouble = complaints(fromConsole(log)).filter(({ line }) => !SLOW.some((pattern) => pattern.test(line)));
      expect(trouble).toEqual([]);

      await refill(guest);
      // Ended by the power going: nobody answers.
      const console: string[] = [];
      guest.console.onLine((line) => console.push(line));
      churn(session, 60).catch(() => {});
      await sleep(1_000);
      session.exec('poweroff -f', limits).catch(() => {});
      const death = await Promise.race([guest.died, sleep(15_000)]);
      expect(death).toMatchObject({ how: 'shutdown', message: expect.stringMatching(/powered itself off/) });
      expect(console.join('\n')).toMatch(/Power down/);
      expect(complaints(fromConsole(console))).toEqual([]);
      expect(await strangeSectors(guest)).toEqual([]);
      // Not even a doorbell for a completion that comes while the controller is shut down.
      expect(await readFile(guest.traceFile, 'utf8')).toBe('');
    });
  });
});

/** What a device that posts each completion twice looks like to the driver (guest/plants/post-twice.patch). */
it('phyr_nvme objects to a completion that comes twice, and goes on', async () => {
  await withGuest(async (guest, session) => {
    await sh(session, 'echo post-twice > /sys/module/phyr/parameters/plant');
    await sh(session, `lab bind ${bdf} phyr_nvme`);
    const churned = await churn(session, 3);
    await allDone(guest, churned);
    expect(churned.workers.every(({ done }) => done > 10)).toBe(true);
    await sh(session, `lab unbind ${bdf}`);
    const log = await sh(session, 'dmesg');
    expect(log).toMatch(/admin completion of unknown id/);
    expect(log).toMatch(/queue \d+: invalid id 0x\w+: genctr mismatch/);
    expect(
      complaints(fromConsole(log.split('\n'))).filter(({ line }) => !/phyr_nvme .*(unknown|invalid) id/.test(line)),
    ).toEqual([]);
  }, planted);
});

it("the kernel's own nvme does the same with a device that is too slow", async () => {
  await withGuest(async (guest, session) => {
    await sh(session, `lab bind ${bdf} nvme`);
    const reset = /timeout, aborting[\s\S]*timeout, reset controller/;
    await allDone(guest, await slowedDown(guest, session, async () => reset.test(await sh(session, 'dmesg'))));
    expect(await sh(session, 'dmesg')).toMatch(reset);
  });
});
