import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { loadSuites, loadToShow } from '../../../src/cli/scenarios.js';
import { Suite } from '../../../src/workloads/index.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'phyrlab-scenarios-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const MACHINE = `export const machine = {
  id: 'm', arch: 'x86_64', hostBridgeP2p: false, memoryMiB: 1024, iommu: { kind: 'none' }, clock: 'wall',
  vcpus: 400,
};`;
const SUITE = (machine: string) => `${machine}
export default {
  id: 'mine', describe: 'x',
  blocks: [{ machines: [{ ...machine }], topologies: [], backends: ['iter'], workloads: [] }],
};`;

it('loads the built-in suites to the byte as their schema has them', async () => {
  expect(JSON.stringify(await loadSuites())).toBe(JSON.stringify(suites.map((suite) => Suite.parse(suite))));
});

describe("what is wrong in a scenario file of one's own", () => {
  it('is said with file and line: what does not fit', async () => {
    const folder = folderWith({ 'a.ts': SUITE(MACHINE.replace('export ', '')).replace('{ ...machine }', 'machine') });
    await expect(loadSuites(folder)).rejects.toThrow(
      `scenario ${join(folder, 'a.ts')}:3, blocks[0].machines[0].vcpus: Too big`,
    );
  });

  it('is said with file and line: the nearest object, where a value came from elsewhere', async () => {
    const folder = folderWith({ 'a.ts': SUITE(MACHINE.replace('export ', '')) });
    await expect(loadSuites(folder)).rejects.toThrow(`scenario ${join(folder, 'a.ts')}:7, blocks[0].machines[0].vcpus`);
  });

  it('is said with file and line: syntax, and what it throws', async () => {
    const syntax = folderWith({ 'a.ts': 'const a = 1;\nexport default { oops oops };\n' });
    await expect(loadSuites(syntax)).rejects.toThrow(`scenario ${join(syntax, 'a.ts')}:2 does not load`);
    const thrown = folderWith({ 'a.ts': 'const a: any = undefined;\n\nexport default { id: a.b };\n' });
    await expect(loadSuites(thrown)).rejects.toThrow(`scenario ${join(thrown, 'a.ts')}:3 does not load: Cannot read`);
  });

  it('is said with what is allowed', async () => {
    const topology = `{ id: 't', root: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64, blockSize: 1000 }] }`;
    const machine = MACHINE.replace('export ', '').replace('400', '1');
    const blockSize = folderWith({ 'a.ts': SUITE(machine).replace('topologies: []', `topologies: [${topology}]`) });
    await expect(loadSuites(blockSize)).rejects.toThrow(/blockSize: .*512\|4096/);
    const workload = `{ id: 'w', kind: 'map-cost', points: [{ layout: { chunks: '3k' }, kib: 64 }] }`;
    const either = folderWith({ 'a.ts': SUITE(machine).replace('workloads: []', `workloads: [${workload}]`) });
    await expect(loadSuites(either)).rejects.not.toThrow(/Invalid input$/);
  });

  it('is said with the file: no default export, and a name that another suite has', async () => {
    const none = folderWith({ 'a.ts': 'export const suite = 1;\n' });
    await expect(loadSuites(none)).rejects.toThrow(`scenario ${join(none, 'a.ts')} has no suite as its default export`);
    const fine = `import { suites } from ${JSON.stringify(join(import.meta.dirname, '../../../harness/index.js'))};\n`;
    const twice = folderWith({ 'a.ts': `${fine}export default suites.find(({ id }) => id === 'smoke');\n` });
    await expect(loadSuites(twice)).rejects.toThrow(
      `two suites are called 'smoke': built-in suite 'smoke', and scenario ${join(twice, 'a.ts')}`,
    );
  });
});

it('shows the built-in suites as they are declared, unless they are to be run', async () => {
  expect(await loadToShow()).toEqual(await loadSuites());
});
