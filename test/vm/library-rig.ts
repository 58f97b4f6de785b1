/** A guest in which phyr_test.ko is bound to an idle function, and how its reports are read. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type KtapTest, parseKtap, type Session } from '../../src/guest/index.js';
import { openImages } from '../../src/images/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { bootable, login, makeRig, never } from './boot-rig.js';
import { type MachineName, machines, PAGELESS, peers } from './hazards.js';

const limits = { deadlineMs: 60_000, signal: never };
const REPORTS = '/sys/kernel/debug/phyr_test';
const MODULES = ['phyr.ko', 'phyr_peer.ko', 'phyr_test.ko'];
/** A report that a shell has to read by itself, a fork later; all others are read by cat. */
const FORKS = ['fork', 'forked'];

export interface Library {
  /** Runs a script in the guest; it must succeed. */
  sh(script: string): Promise<string>;
  /** Takes the modules in force away and loads the others, built with planted defects or without. */
  load(kind: 'product' | 'plants'): Promise<void>;
  unload(): Promise<void>;
  /** All reports of phyr_test but that of failures in turn. */
  hazards(): Promise<KtapTest[]>;
  report(file: string): Promise<KtapTest[]>;
  plant(defect: string): Promise<void>;
  warnings(): Promise<number>;
}

/** Boots a machine and has phyr_test bound, for the time of `use`. Whoever leaves something behind does not unload. */
export async function withLibrary(name: MachineName, use: (library: Library) => Promise<void>): Promise<void> {
  const image = await bootable();
  await using images = await openImages({ progress: () => {}, signal: never });
  const kernel = await images.kernel('7.3');
  const builds = { product: await images.modules(kernel), plants: await images.modules(kernel, { plants: true }) };
  await using rig = await makeRig();
  await using guest = await rig.start(image, { machine: machines[name], topology: peers });
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
  await use(library(session));
}

function library(session: Session): Library {
  const plan = pciPlan(peers);
  const at = (id: string) => plan.get(id) as string;

  const sh = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await session.exec(`set -e; ${script}`, limits);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const tests = (text: string): KtapTest[] => {
    const report = parseKtap(text);
    expect(report.problems).toEqual([]);
    return report.tests;
  };
  const report = async (file: string) => tests(await sh(`cat ${REPORTS}/${file}`));
  const readByShell = (file: string) => `while read -r line; do echo "$line"; done < ${REPORTS}/${file}`;

  return {
    sh,
    async load(kind) {
      await sh('mkdir -p /dev/hugepages; mountpoint -q /dev/hugepages || mount -t hugetlbfs none /dev/hugepages');
      await sh('echo 3 > /proc/sys/vm/nr_hugepages');
      const insmod = (module: string) => `insmod /lab/modules/${kind}/${module}`;
      await sh(`${insmod('phyr.ko')}; ${insmod('phyr_peer.ko')}; ${insmod('phyr_test.ko')} pageless=${PAGELESS}`);
      await sh(`lab bind ${at('near')} phyr_peer; lab bind ${at('far')} phyr_peer; lab bind ${at('dut')} phyr_test`);
    },
    async unload() {
      await sh(`lab unbind ${at('dut')}; lab unbind ${at('near')}; lab unbind ${at('far')}`);
      await sh('rmmod phyr_test; rmmod phyr_peer; rmmod phyr');
    },
    async hazards() {
      const files = (await sh(`ls ${REPORTS}`))
        .split('\n')
        .filter((file) => file && !['walk', ...FORKS].includes(file));
      const found: KtapTest[] = [];
      for (const file of files) found.push(...(await report(file)));
      const forks = await sh(`${readByShell('fork')}; (true); echo ----; ${readByShell('forked')}`);
      for (const text of forks.split('----\n')) found.push(...tests(text));
      return found;
    },
    report,
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

/** Cases by what became of them, next to what was to become of them on a machine; others are left out. */
export function outcome(found: KtapTest[], expected: Record<string, MachineName[]>, name: MachineName) {
  const known = found.filter((test) => test.name in expected || test.name.startsWith('hazard'));
  return {
    is: Object.fromEntries(known.map((test) => [test.name, test.status])),
    due: Object.fromEntries(
      Object.entries(expected).map(([title, on]) => [title, on.includes(name) ? 'pass' : 'skip']),
    ),
  };
}
