import type { Machine, PciNode, Topology } from '../../src/model/index.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import type { RegionSource, Register } from '../../src/workloads/register/declaration.js';
import type { UserCost } from '../../src/workloads/user-cost/declaration.js';
import { noIommu, vtdPassthrough, vtdPassthroughCounting, vtdStrict, vtdStrictCounting } from '../machines.js';
import { switched } from '../topologies.js';
import { ctlByKey, ctlPeers, ctlRegistered } from '../workloads.js';
import { sharingMachine } from './dmabuf.js';
import { iommuModes, redundantModes } from './iommu-modes.js';
import { enginePairs } from './vfio.js';

const own = (memory: Extract<RegionSource, { kind: 'user' }>['memory'], kib: number): RegionSource => ({
  kind: 'user',
  memory,
  kib,
});

export const register4k: Register = {
  id: 'register-4k',
  kind: 'register',
  from: own('4k', 4096),
  engine: 'iommu-testdev',
  processes: 4,
};
const register64k: Register = { ...register4k, id: 'register-64k', from: own('64k', 1024) };
const register2m: Register = { ...register4k, id: 'register-2m', from: own('2m', 16_384) };
const registerHugetlb: Register = { ...register4k, id: 'register-hugetlb', from: own('hugetlb', 16_384) };
/** Slow enough that memory is certainly deregistered during a transfer. */
export const registerEdu: Register = { ...register4k, id: 'register-edu', engine: 'edu', processes: 2 };

const bar = (id: string): PciNode => ({ kind: 'ivshmem', id, sizeMiB: 16 });
const port = (id: string, ...below: PciNode[]): PciNode => ({ kind: 'root-port', id, below });

/** Engines and a peer below a switch without ACS; another peer behind its own root port. */
export const enginesAndBars: Topology = {
  id: 'engines-bars',
  root: [
    port('rp0', { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16, blockSize: 512 }),
    port('rp1', {
      kind: 'switch',
      id: 'sw',
      acs: false,
      below: [{ kind: 'iommu-testdev', id: 'tester' }, { kind: 'edu', id: 'edu', dmaMaskBits: 28 }, bar('near')],
    }),
    port('rp2', bar('far')),
  ],
};

type DmaBuf = Extract<RegionSource, { kind: 'dma-buf' }>;

const lent = (memory: DmaBuf['memory'], ranges: DmaBuf['ranges'], peer?: string): DmaBuf => ({
  kind: 'dma-buf',
  memory,
  via: 'dma-buf',
  ranges,
  ...(peer !== undefined && { peer }),
});
const shared = (id: string, from: DmaBuf, engine: Register['engine'] = 'iommu-testdev'): Register => ({
  id: `register-${id}`,
  kind: 'register',
  from,
  engine,
  processes: engine === 'edu' ? 2 : 4,
});
/** The exporter maps it, as it does for other drivers. */
const bySg = (from: DmaBuf): DmaBuf => ({ ...from, via: 'dma-buf-sg' });

const ram = (ranges: DmaBuf['ranges']) => lent('page-less', ranges);
const peer = (id: string, ranges: DmaBuf['ranges']) => lent('peer-page-less', ranges, id);
const byVfio = (id: string, ranges: DmaBuf['ranges'] = 'one') => lent('peer-vfio', ranges, id);

export const registerRam = shared('ram', ram('apart'));
export const registerRamEdu = shared('ram-edu', ram('large'), 'edu');
export const registerFar = shared('far', peer('far', 'apart'));
const registerNear = shared('near', peer('near', 'apart'));
const registerFarEdu = shared('far-edu', peer('far', 'one'), 'edu');

const dmabufs: Register[] = [
  registerRam,
  shared('ram-mixed', ram('mixed')),
  shared('ram-sg', bySg(ram('large'))),
  registerRamEdu,
  registerFar,
  shared('far-one', peer('far', 'one')),
  shared('far-large', peer('far', 'large')),
  shared('far-sg', bySg(peer('far', 'one'))),
  shared('far-mixed-sg', bySg(peer('far', 'mixed'))),
  registerFarEdu,
  shared('vfio', bySg(byVfio('far'))),
  shared('vfio-mixed', bySg(byVfio('far', 'mixed'))),
  shared('vfio-list', byVfio('far')),
];

/** Room for 1 GiB of a process's memory. */
const roomy = (machine: Machine): Machine => ({ ...machine, id: `${machine.id}-2g`, memoryMiB: 2048 });

const GIB = 2 ** 20;
const costOf = (memory: '4k' | '2m', ...sizes: number[]): UserCost => ({
  id: `register-cost-${memory}`,
  kind: 'user-cost',
  what: 'region',
  points: sizes.map((kib) => ({ memory, kib })),
});

const costOfDmaBufs: UserCost = {
  id: 'register-cost-dma-buf',
  kind: 'user-cost',
  what: 'region',
  points: (['one', 'apart', 'pages', 'large'] as const).map((ranges) => ({ memory: 'dma-buf', ranges })),
};

const block = (machines: Machine[], topology: Topology, workloads: Block['workloads']): Block => ({
  machines,
  topologies: [topology],
  workloads,
  backends: ['phyr8'],
});

const modes = [...iommuModes, noIommu];

const ownMemory: Block[] = [
  block(modes, enginePairs, [register4k, register64k, register2m, registerHugetlb, registerEdu]),
  // The same by NVMe: process memory, and BARs without struct pages.
  block([vtdStrict, vtdPassthrough, noIommu], switched, [
    ctlRegistered,
    ctlByKey,
    ...ctlPeers.filter((one) => one.kind === 'ctl-io' && one.via.includes('registered')),
  ]),
];

/** Peers by bus address, and a host bridge that does not forward. */
const routes: Block[] = [
  block([vtdStrict, vtdPassthrough, noIommu].map(sharingMachine), enginesAndBars, [
    registerNear,
    shared('near-sg', bySg(peer('near', 'one'))),
    shared('near-apart-sg', bySg(peer('near', 'apart'))),
    shared('near-edu', peer('near', 'one'), 'edu'),
    shared('near-edu-sg', bySg(peer('near', 'one')), 'edu'),
  ]),
  block([vtdStrict, vtdPassthrough, noIommu], enginesAndBars, [
    registerFar,
    registerNear,
    registerFarEdu,
    shared('far-edu-sg', bySg(peer('far', 'one')), 'edu'),
    shared('far-sg', bySg(peer('far', 'one'))),
    shared('vfio', bySg(byVfio('far'))),
  ]),
];

export const register: Suite = {
  id: 'register',
  describe:
    'process memory and dma-bufs registered with a device: blocks, use by key from several processes, deregistration and revocation under load; costs',
  blocks: [
    ...ownMemory,
    block(modes.map(sharingMachine), enginesAndBars, dmabufs),
    ...routes,
    block([roomy(vtdStrictCounting), roomy(vtdPassthroughCounting)], enginePairs, [
      costOf('4k', 4, 1024, 65_536, GIB),
      costOf('2m', 2048, 65_536, GIB),
    ]),
    block([vtdStrictCounting, vtdPassthroughCounting].map(sharingMachine), enginePairs, [costOfDmaBufs]),
  ],
};

/** For every push: each machine with a third of the dma-bufs, so that each dma-buf has two machines; redundant modes with one of RAM and one of a BAR. */
export const registerForCi: Suite = {
  ...register,
  blocks: [
    ...ownMemory,
    ...modes.map((machine, i) =>
      block(
        [sharingMachine(machine)],
        enginesAndBars,
        redundantModes.includes(machine) ? [registerRam, registerFar] : dmabufs.filter((_, k) => k % 3 === i % 3),
      ),
    ),
    ...routes,
  ],
};
