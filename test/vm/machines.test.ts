/** Machines are what they declare: other IOMMUs work, and a guest that is not what its machine says is lost, never judged. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Sandbox } from './support/phyrlab.js';

let box: Sandbox;
beforeAll(async () => {
  box = await Sandbox.create();
});
afterAll(() => box[Symbol.asyncDispose]());

const CELLS = [
  'virtio-strict/switch/crosscheck/phyr8',
  'vtd-sm1-strict/switch/crosscheck/phyr16',
  'narrow/switch/crosscheck/iova',
  'vtd-identity/switch/crosscheck/phyr8',
];

it('other IOMMUs, narrow devices and an identity group made at run time pass', async () => {
  const { result } = await box.cells(CELLS);
  expect(result.cells.map(({ id, verdict, reason }) => [id, verdict, reason])).toEqual(
    CELLS.map((id) => [id, 'pass', expect.any(String)]),
  );
});

/** As built in, and with one more word for the kernel that undoes what the machine declares. */
const impostors = [
  ['no-vtd', { kind: 'intel', domain: 'strict' }, 'intel_iommu=off', /IOMMU domain 'none'.* 'DMA'|tables .* 'none'/],
  ['not-strict', { kind: 'intel', domain: 'strict' }, 'iommu.strict=0', /IOMMU domain 'DMA-FQ'.* 'DMA'/],
  [
    'not-scalable',
    { kind: 'intel', domain: 'strict', scalable: 'first-stage' },
    'intel_iommu=sm_off',
    /in mode 'legacy'/,
  ],
] as const;

it('a guest without the IOMMU that its machine declares is lost', async () => {
  const folder = join(box.folder, 'scenarios');
  await mkdir(folder);
  const machine = { arch: 'x86_64', hostBridgeP2p: false, vcpus: 2, memoryMiB: 512, clock: 'wall' };
  const suite = {
    id: 'impostors',
    describe: 'machines whose kernels do otherwise',
    blocks: [
      {
        machines: impostors.map(([id, iommu, word]) => ({ ...machine, id, iommu, kernelArgs: [word] })),
        topologies: [
          {
            id: 't',
            root: [{ kind: 'root-port', id: 'rp', below: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16 }] }],
          },
        ],
        workloads: [{ id: 'w', kind: 'crosscheck', sizeKiB: 64 }],
        backends: ['phyr8'],
      },
    ],
  };
  await writeFile(join(folder, 'impostors.ts'), `export default ${JSON.stringify(suite)};\n`);
  const { code, result } = await box.cells(['impostors', '--scenarios', folder]);
  expect(code).toBe(3);
  for (const [id, , , why] of impostors) {
    const cell = result.cells.find((cell) => cell.machine === id);
    expect(cell).toMatchObject({ verdict: 'lost', reason: expect.stringMatching(why) });
  }
});
