/**
 * phyr.ko's own tests, run by phyr_test.ko on an idle function of each machine that makes a difference: the hazards, every failure in
 * turn, and planted defects that the cases must notice. One boot a machine.
 */
import { expect, it } from 'vitest';
import type { KtapTest } from '../../src/guest/index.js';
import { elsewhere, hazards, type MachineName, machines, walks } from './hazards.js';
import { failed, type Library, outcome, withLibrary } from './library-rig.js';

/** The shape that a mapping had: 1 SAME, 2 SINGLE, 3 ARRAY. It shows that the machine is the one that was meant. */
const shape = (found: KtapTest[]) => /shape (\d)/.exec(JSON.stringify(found))?.[1];
const SHAPES: Record<MachineName, string> = { physical: '1', bounced: '3', strict: '2', lazy: '2', passthrough: '1' };

it('each of the 23 hazards has a case that some machine must pass', () => {
  const numbers = [...Object.keys(hazards).map((title) => title.slice(7, 9)), ...elsewhere];
  expect([...new Set(numbers)].sort()).toEqual(Array.from({ length: 23 }, (_, i) => String(i + 1).padStart(2, '0')));
  for (const [title, on] of Object.entries({ ...hazards, ...walks })) expect(on, title).not.toEqual([]);
});

const more: Partial<Record<MachineName, (library: Library) => Promise<void>>> = {
  physical: checkFindsWrongBias,
  strict: plantsAreNoticed,
};

it.each(Object.keys(machines) as MachineName[])('the library holds: %s', async (name) => {
  await withLibrary(name, async (library) => {
    await library.load('product');
    const found = await library.hazards();
    expect(failed(found)).toEqual([]);
    expect(shape(found)).toBe(SHAPES[name]);
    const { is, due } = outcome(found, hazards, name);
    expect(is).toEqual(due);
    await library.unload();

    await library.load('plants');
    const walked = await library.report('walk');
    expect(failed(walked)).toEqual([]);
    const failures = outcome(walked, walks, name);
    expect(failures.is).toEqual(failures.due);
    expect(await library.warnings()).toBe(0);
    await (more[name] ?? ((rest) => rest.unload()))(library);
  });
});

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
  await library.plant('none');
  expect(failed(await library.report('reg'))).toEqual([]);
  await library.unload();
}

/** Each breaks something that a case must see; the last leaves things behind, so nothing is unloaded after it. */
async function plantsAreNoticed(library: Library): Promise<void> {
  const broken = async (defect: string, file: string) => {
    await library.plant(defect);
    const alarms = failed(await library.report(file));
    await library.plant('none');
    return alarms;
  };
  expect((await broken('swap-direction', 'lifetime')).join('\n')).toMatch(/hazard 16.*does not write while it may/);
  expect((await broken('short-map', 'bounce')).join('\n')).toMatch(/hazard 04.*leads to/);
  expect(failed(await library.report('bounce'))).toEqual([]);
  expect((await broken('skip-unmap', 'lifetime')).join('\n')).toMatch(/hazard 16.*still leads to/);

  // An error path that forgets one thing: whatever holds something when a step fails must be told from what does not.
  const alarms = await broken('leak-on-error', 'walk');
  const silent = Object.keys(walks).filter((title) => !alarms.some((alarm) => alarm.startsWith(title)));
  expect(silent).toEqual(['every failure: list to a scatterlist']);
}
