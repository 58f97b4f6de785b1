/** Topologies and what flows in them: real guests do what the rules derive, and a wrong rule is found out. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as machines from '../../harness/machines.js';
import { twoFunctions } from '../../harness/topologies.js';
import { p2pTo } from '../../harness/workloads.js';
import type { Machine, Topology } from '../../src/model/index.js';
import type { Suite } from '../../src/workloads/index.js';
import { Sandbox } from './support/phyrlab.js';

let box: Sandbox;
beforeAll(async () => {
  box = await Sandbox.create();
});
afterAll(() => box[Symbol.asyncDispose]());

async function scenario(name: string, suite: Suite): Promise<string> {
  const folder = join(box.folder, name);
  await mkdir(folder);
  await writeFile(join(folder, 'mine.ts'), `export default ${JSON.stringify(suite)};\n`);
  return folder;
}

function suiteOf(machines: Machine[], topology: Topology, ...peers: string[]): Suite {
  const block = { machines, topologies: [topology], workloads: peers.map(p2pTo), backends: ['phyr8' as const] };
  return { id: 'mine', describe: '', blocks: [block] };
}

describe('topologies', () => {
  it('let flow what the rules say, by the way they say, and refuse the rest', async () => {
    const { result, out } = await box.cells(['vtd-pt/fabric/p2p-*/phyr8']);
    const detail = (cell: (typeof result.cells)[number], oracle: string) =>
      cell.oracles.find(({ name }) => name === oracle)?.detail ?? '';
    const cells = result.cells.toSorted((a, b) => a.id.localeCompare(b.id));
    expect(cells.map(({ workload, verdict }) => [workload, verdict])).toEqual([
      ['p2p-beyond', 'pass'],
      ['p2p-far', 'pass'],
      ['p2p-flat', 'pass'],
      ['p2p-near', 'pass'],
      ['p2p-sibling', 'pass'],
    ]);
    for (const cell of cells.slice(0, 3)) expect(detail(cell, 'workload')).toBe('refused: EINVAL');
    for (const cell of cells.slice(3)) expect(detail(cell, 'translation')).toMatch(/, bus-address$/);
    expect(out).not.toContain('peer-to-peer between');
  });

  it('say in table and record what cannot be shown here, and boot nothing for it', async () => {
    const { code, result, out } = await box.cells(['vtd-strict-p2p/fabric/p2p-near/phyr8']);
    expect(result.cells).toMatchObject([{ verdict: 'skip', reason: expect.stringMatching(/^not modelled: .*QEMU/) }]);
    expect(out).toMatch(/skip +vtd-strict-p2p\/fabric\/p2p-near\/phyr8\n +not modelled: .*QEMU/);
    expect(code).toBe(2);
  });

  it('are drawn without a guest', async () => {
    const { code, out } = await box.run(['show', 'vtd-pt/fabric/p2p-far/phyr8', '--argv']);
    expect(out).toMatch(/06:00\.0 {2}rp2: root port.*-device pxb-pcie,id=pci-hb1/s);
    expect(code).toBe(0);
  });

  it('of two machines make a table of what really happened', async () => {
    const two = suiteOf([machines.noIommu, machines.vtdPassthrough], twoFunctions, 'sibling');
    const { code, out } = await box.cells(['mine', '--scenarios', await scenario('two', two)]);
    expect(code).toBe(0);
    expect(out).toMatch(/^peer-to-peer between +host bridge +no IOMMU +passthrough$/m);
    expect(out).toMatch(/^functions of a device .* not trusted +works, bus address +refused$/m);
  });

  it('whose guest does not do what is declared are found out: a card on which the host bridge is trusted after all', async () => {
    // The processor is declared as one that forwards nothing; the kernel is told on its command line that ACS stays off, so that
    // what the rules refuse works.
    const liar: Machine = {
      ...machines.vtdPassthrough,
      id: 'liar',
      kernelArgs: ['pci=disable_acs_redir=pci:1b36:000c'],
    };
    const args = ['mine', '--scenarios', await scenario('liar', suiteOf([liar], twoFunctions, 'sibling'))];
    const { code, result } = await box.cells(args);
    expect(result.cells[0]?.verdict).toBe('fail');
    expect(result.cells[0]?.reason).toMatch(/workload: .*expected EINVAL/);
    expect(result.cells[0]?.reason).toMatch(/data: .*although the transfer must be refused|sectors differ/);
    expect(code).toBe(1);
  });

  it('that take another way than is due are found out, though every byte arrives', async () => {
    // Redirection is on by declaration and off by the kernel's command line: by bus address where the host bridge was due.
    const liar: Machine = {
      ...machines.vtdPassthrough,
      id: 'detour',
      hostBridgeP2p: true,
      kernelArgs: ['pci=disable_acs_redir=pci:1b36:000c'],
    };
    const args = ['mine', '--scenarios', await scenario('detour', suiteOf([liar], twoFunctions, 'sibling'))];
    const { code, result } = await box.cells(args);
    expect(result.cells[0]).toMatchObject({
      verdict: 'fail',
      reason: 'translation: the data went by bus-address, expected host-bridge',
    });
    expect(code).toBe(1);
  });
});
