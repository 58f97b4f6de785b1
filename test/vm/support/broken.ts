/** Machines that fail in known ways, made of what a user has: words on the kernel command line. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Sandbox } from './phyrlab.js';

const HARNESS = join(import.meta.dirname, '../../../harness');
const SUITES = `import { noIommu, vtdStrict } from '${HARNESS}/machines.ts';
import { switched } from '${HARNESS}/topologies.ts';
import { crosscheck, fioVerify } from '${HARNESS}/workloads.ts';
const suite = (id: string, kernelArgs: string[], machine = noIommu) => ({
  id,
  describe: id,
  blocks: [{ machines: [{ ...machine, id, kernelArgs }], topologies: [switched], workloads: [fioVerify, crosscheck], backends: ['phyr8'] }],
});
export default [
  suite('panics-at-boot', ['rdinit=/bin/false']),
  suite('hangs-at-boot', ['rdinit=/bin/cat']),
  suite('panics-in-workload', ['panic_on_taint=0x1000']),
  suite('iommu-off', ['intel_iommu=off'], vtdStrict),
  suite('sound', []),
];
`;

/** A sandbox for the tests of one file. Its fields are set when the first test begins. */
export interface BrokenMachines {
  box: Sandbox;
  /** The options by which a command finds the suites. */
  scenarios: string[];
}

/** Creates the sandbox and its suites before the tests of this file, and removes it after them. */
export function brokenMachines(): BrokenMachines {
  const machines = {} as BrokenMachines;
  beforeAll(async () => {
    machines.box = await Sandbox.create();
    const folder = join(machines.box.folder, 'own');
    await mkdir(folder);
    await writeFile(join(folder, 'broken.ts'), SUITES);
    machines.scenarios = ['--scenarios', folder];
  });
  afterAll(() => machines.box[Symbol.asyncDispose]());
  return machines;
}

/** Has the run that has a guest now recorded such an event? Without a guest the newest run is that of the test before. */
export async function got(box: Sandbox, event: string): Promise<boolean> {
  return (await box.guests()).length > 0 && (await box.lastEvents()).includes(event);
}
