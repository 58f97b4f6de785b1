/**
 * phyr.ko's own tests, run by phyr_test.ko on an idle function of each machine that makes a difference: as workload `ktap` runs them, and
 * with planted defects that the cases must notice. One boot a machine.
 */
import { expect, it } from 'vitest';
import { ktapMachines } from '../../harness/suites/ktap.js';
import type { KtapTest } from '../../src/guest/index.js';
import type { Machine } from '../../src/model/index.js';
import { casesDue } from '../../src/workloads/ktap/cases.js';
import { judgeCases } from '../../src/workloads/ktap/run.js';
import { failed, type Library, withLibrary } from './library-rig.js';

/** The shape that a mapping had: 1 SAME, 2 SINGLE, 3 ARRAY. It shows that the machine is the one that was meant. */
const shape = (found: KtapTest[]) => /"shape (\d)/.exec(JSON.stringify(found))?.[1];
const SHAPES: Record<string, string> = {
  'ktap-physical': '1',
  'ktap-bounced': '3',
  'ktap-strict': '2',
  'ktap-lazy': '2',
  'ktap-pt': '1',
};

const more: Record<string, (library: Library, machine: Machine) => Promise<void>> = {
  'ktap-physical': checkFindsWrongBias,
  'ktap-strict': plantsAreNoticed,
};

it.each(ktapMachines.map((machine) => [machine.id, machine] as const))(
  'the library holds: %s',
  async (name, machine) => {
    await withLibrary(machine, async (library) => {
      await library.load('product');
      const found = await library.cases('all');
      expect(judgeCases(found, casesDue(machine, 'all'))).toEqual([]);
      expect(shape(found)).toBe(SHAPES[name]);
      await library.unload();

      await library.load('plants');
      expect(judgeCases(await library.cases('failures'), casesDue(machine, 'failures'))).toEqual([]);
      expect(await library.warnings()).toBe(0);
      await (more[name] ?? ((rest) => rest.unload()))(library, machine);
    });
  },
);

/** A list that would be read a page off is refused before a device sees it. */
async function checkFindsWrongBias(library: Library): Promise<void> {
  const checked = async () => Number(await library.sh('cat /sys/module/phyr/parameters/checked'));
  expect(await checked()).toBe(0);
  await library.sh('echo 1 > /sys/module/phyr/parameters/check');
  for (const file of ['sg', 'reg', 'p2p', 'big']) expect(failed(await library.report(file))).toEqual([]);
  expect(await checked()).toBeGreaterThan(64);
  expect(await library.warnings()).toBe(0);

  await library.plant('wrong-bias');
  expect(failed(await library.report('reg')).join('\n')).toContain('create: -5');
  expect(await library.warnings()).toBeGreaterThan(0);
  await library.sh('echo 0 > /sys/module/phyr/parameters/check');
  expect(failed(await library.report('p2p')).join('\n')).toMatch(/hazard 09.*0x1000 bytes into the BAR/);
  await library.plant('wrong-bus-offset');
  expect(failed(await library.report('build')).join('\n')).toMatch(/MMIO needs a provider.*: range 0x/);
  await library.plant('none');
  expect(failed(await library.report('reg'))).toEqual([]);
  await library.unload();
}

const TRACING = '/sys/kernel/tracing';
const WATCH_TRIALS = `echo 'p:trial dma_map_sgtable' > ${TRACING}/kprobe_events; echo 1 > ${TRACING}/events/kprobes/trial/enable`;
const COUNT_TRIALS = `grep -c trial: ${TRACING}/trace || :; echo 0 > ${TRACING}/events/kprobes/trial/enable`;

/** Each breaks something that a case must see; the last leaves things behind, so nothing is unloaded after it. */
async function plantsAreNoticed(library: Library, machine: Machine): Promise<void> {
  const broken = async (defect: string, file: string) => {
    await library.plant(defect);
    const alarms = failed(await library.report(file));
    await library.plant('none');
    return alarms;
  };
  // A walk through the failures asks for the route to a peer each time: one that is known would spare it a step.
  await library.sh(WATCH_TRIALS);
  expect(failed(await library.report('walk_map'))).toEqual([]);
  expect(Number(await library.sh(COUNT_TRIALS))).toBeGreaterThan(1);

  expect((await broken('swap-direction', 'lifetime')).join('\n')).toMatch(/hazard 16.*does not write while it may/);
  expect((await broken('short-map', 'bounce')).join('\n')).toMatch(/hazard 04.*leads to/);
  expect(failed(await library.report('bounce'))).toEqual([]);
  // Of a process's memory it depends on the day whether any two of its pages are neighbours.
  expect((await broken('wrong-order', 'dmabuf')).join('\n')).toMatch(/in their order: chunk \d: \d+ bytes at/);
  expect((await broken('pin-leak', 'build')).join('\n')).toMatch(
    /user memory from an odd byte on.*: \d+ pins are left/,
  );
  expect((await broken('skip-unmap', 'lifetime')).join('\n')).toMatch(/hazard 16.*still leads to/);
  expect((await broken('skip-unmap', 'lease')).join('\n')).toMatch(/taken back.*still leads to/);

  // An error path that forgets one thing: whatever holds something when a step fails must be told from what does not.
  await library.plant('leak-on-error');
  const alarms = failed(await library.cases('failures'));
  const titles = [...casesDue(machine, 'failures').keys()];
  const silent = titles.filter((title) => !alarms.some((alarm) => alarm.startsWith(title)));
  expect(silent).toEqual(['every failure: list to a scatterlist']);
}
