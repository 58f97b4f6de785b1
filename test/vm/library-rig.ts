/** A guest in which phyr_test.ko is bound to an idle function, and how its reports are read. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ktapTopology } from '../../harness/suites/ktap.js';
import { type KtapTest, parseKtap, type Session } from '../../src/guest/index.js';
import { openImages } from '../../src/images/index.js';
import type { Machine } from '../../src/model/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { ktapMemory } from '../../src/workloads/ktap/cases.js';
import { bootable, login, makeRig, never } from './boot-rig.js';

const limits = { deadlineMs: 60_000, signal: never };
const REPORTS = '/sys/kernel/debug/phyr_test';
// phyr_probe is there for the cases of its ioctls.
const MODULES = ['phyr.ko', 'phyr_nvme.ko', 'phyr_probe.ko', 'phyr_peer.ko', 'phyr_store.ko', 'phyr_test.ko'];

export interface Library {
  /** Runs a script in the guest; it must succeed. */
  sh(script: string): Promise<string>;
  /** Takes the modules in force away and loads the others, built with planted defects or without. */
  load(kind: 'product' | 'plants'): Promise<void>;
  unload(): Promise<void>;
  /** As workload `ktap` has them. */
  cases(which: 'all' | 'failures'): Promise<KtapTest[]>;
  report(file: string): Promise<KtapTest[]>;
  plant(defect: string): Promise<void>;
  warnings(): Promise<number>;
}

/** Boots a machine and has phyr_test bound, for the time of `use`. Whoever leaves something behind does not unload. */
export async function withLibrary(machine: Machine, use: (library: Library) => Promise<void>): Promise<void> {
  const image = await bootable();
  await using images = await openImages({ progress: () => {}, signal: never });
  const kernel = await images.kernel('7.3');
  const builds = { product: await images.modules(kernel), plants: await images.modules(kernel, { plants: true }) };
  await using rig = await makeRig();
  await using guest = await rig.start(image, { machine, topology: ktapTopology });
  await using session = await login(guest);
  for (const [kind, { dir }] of Object.entries(builds)) {
    const files = (await readdir(dir)).filter((file) => MODULES.includes(file));
    const pushed = files.map((file) => ({
      path: `/lab/modules/${kind}/${file}`,
      mode: 0o644,
      source: { file: join(dir, file) },
    }));
    await session.push(pushed, { signal: never });
  }
  await use(library(session, machine));
}

function library(session: Session, machine: Machine): Library {
  const plan = pciPlan(ktapTopology);
  const at = (id: string) => plan.get(id) as string;
  const memory = ktapMemory(machine);
  const owners = [
    ['near', 'phyr_peer'],
    ['far', 'phyr_peer'],
    ['lent', 'phyr_store'],
    ['dut', 'phyr_test'],
  ] as const;

  const sh = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await session.exec(`set -e; ${script}`, limits);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const tests = (text: string): KtapTest[] => {
    const reports = text.split(/^(?=KTAP version 1$)/m).map(parseKtap);
    expect(reports.flatMap(({ problems }) => problems)).toEqual([]);
    return reports.flatMap((report) => report.tests);
  };

  return {
    sh,
    async load(kind) {
      const from = `export LAB_MODULES=/lab/modules/${kind}; cd $LAB_MODULES`;
      await sh(
        `${from}; insmod phyr.ko; insmod phyr_nvme.ko; insmod phyr_probe.ko; insmod phyr_peer.ko; lab store ${memory?.store.base} ${memory?.store.bytes}`,
      );
      await sh(`${from}; lab ktap-load ${memory?.tests}`);
      await sh(owners.map(([id, driver]) => `lab bind ${at(id)} ${driver}`).join('; '));
    },
    async unload() {
      await sh(owners.map(([id]) => `lab unbind ${at(id)}`).join('; '));
      await sh('lab ktap-unload; lab unload');
    },
    cases: async (which) => tests(await sh(`lab ktap ${which}`)),
    report: async (file) => tests(await sh(`cat ${REPORTS}/${file}`)),
    async plant(defect) {
      await sh(`echo ${defect} > /sys/module/phyr/parameters/plant`);
    },
    async warnings() {
      return Number(await sh("dmesg | grep -cE 'WARNING:|BUG:|KFENCE' || :"));
    },
  };
}

/** Cases that did not pass, each with why. */
export const failed = (found: KtapTest[]): string[] =>
  found.filter((test) => test.status === 'fail').map(({ name, diagnostics }) => `${name}: ${diagnostics.join(' ')}`);
