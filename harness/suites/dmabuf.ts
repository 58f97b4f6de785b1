import type { Machine } from '../../src/model/index.js';
import type { CtlIo } from '../../src/workloads/ctl-io/declaration.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import { noIommu, vtdPassthrough, vtdStrict } from '../machines.js';
import { acsDirect, acsRedirected, switched } from '../topologies.js';
import { iommuModes, redundantModes } from './iommu-modes.js';

// Not part of the matrix: phyr.ko or the kernel's helper maps a dma-buf, whatever the backend.
/** Adds reserved RAM and a host bridge that the kernel trusts, so that the machine has every kind of exporter. */
export const sharingMachine = (machine: Machine): Machine => ({
  ...machine,
  id: `${machine.id}-share`,
  hostBridgeP2p: true,
  memoryMiB: 896,
  reserved: { at: 0x30000000, mib: 128 },
});

const modes = [noIommu, ...iommuModes];
/** The host bridge does not forward peer-to-peer traffic. */
const strict = [noIommu, vtdStrict, vtdPassthrough];

type Layout = NonNullable<CtlIo['ranges']>;
const several: Layout[] = ['apart', 'backwards', 'touching', 'pages', 'large', 'mixed'];

const io = { kind: 'ctl-io', threads: 2, sizeKiB: 1024 } as const;

/** By both paths at once, so that they must agree. */
const both = (id: string, more: Pick<CtlIo, 'memory' | 'peer' | 'ranges' | 'revoke'>): CtlIo => ({
  ...io,
  id: `dmabuf-${id}`,
  via: ['dma-buf', 'dma-buf-sg'],
  ...more,
});

/** Revoked under I/O: a single range, and some of several. */
const takenBack = (ranges: Layout) => ['one', 'apart', 'mixed'].includes(ranges);

const ram = (layouts: readonly Layout[]): CtlIo[] =>
  layouts.map((ranges) =>
    both(ranges === 'one' ? 'ram' : `ram-${ranges}`, { memory: 'page-less', ranges, revoke: takenBack(ranges) }),
  );

const one = (peer: string) => both(peer, { memory: 'peer-page-less', peer, ranges: 'one', revoke: true });

/** Each path in its own cell: where the kernel's is wrong, the other is still tested. */
const apart = (peer: string, layouts: readonly Layout[]): CtlIo[] =>
  layouts.flatMap((ranges) => [
    {
      ...both(`${peer}-${ranges}`, { memory: 'peer-page-less', peer, ranges, revoke: takenBack(ranges) }),
      via: ['dma-buf'],
    },
    { ...both(`${peer}-${ranges}-sg`, { memory: 'peer-page-less', peer, ranges }), via: ['dma-buf-sg'] },
  ]);

/** Memory that the kernel's vfio-pci exports. */
const vfio = (peer: string, layouts: readonly Layout[]): CtlIo[] => [
  ...layouts.map(
    (ranges): CtlIo => ({
      ...both(`vfio-${peer}-${ranges}`, { memory: 'peer-vfio', peer, ranges, revoke: ranges === 'one' }),
      via: ['dma-buf-sg'],
    }),
  ),
];

/** Must be refused: memory by page frame that its owner can revoke without notice, and a list that vfio-pci does not provide. */
const unsafe = (peer: string): CtlIo => ({
  ...io,
  id: `unsafe-${peer}`,
  memory: 'peer-vfio',
  peer,
  via: ['direct', 'registered', 'dma-buf'],
  ranges: 'one',
});

/** Memory by page frame whose owner can revoke it; the mapping made from its address is then revoked, too. */
const revocableByAddress: CtlIo = {
  ...io,
  id: 'lent-far',
  memory: 'peer-page-less',
  peer: 'far',
  via: ['direct', 'registered'],
  revoke: true,
};

const block = (more: Omit<Block, 'backends'>): Block => ({ ...more, backends: ['phyr8'] });

const blocks: Block[] = [
  block({
    machines: modes.map(sharingMachine),
    topologies: [switched],
    workloads: [
      ...ram(['one', ...several]),
      one('near'),
      ...apart('near', ['mixed']),
      one('far'),
      ...apart('far', several),
      ...vfio('far', ['one', ...several]),
      unsafe('far'),
      revocableByAddress,
    ],
  }),
  // Ports that redirect upwards, ports that do not, and a host bridge that does not forward.
  block({
    machines: [noIommu, vtdStrict, vtdPassthrough].map(sharingMachine),
    topologies: [acsRedirected, acsDirect],
    workloads: [one('near'), ...apart('near', ['mixed']), ...vfio('near', ['one', 'mixed'])],
  }),
  block({
    machines: strict,
    topologies: [switched, acsRedirected],
    workloads: [one('near'), one('far'), ...apart('far', ['mixed']), ...vfio('far', ['one', 'mixed']), unsafe('far')],
  }),
];

const isOwn = (machine: Machine) => !redundantModes.includes(machine);

/** For every push: each mode with each kind of exporter, each kind of exporter with each layout, and each kind of refusal. */
export const dmabufForCi: Block[] = [
  block({
    machines: redundantModes.map(sharingMachine),
    topologies: [switched],
    workloads: [...ram(['one']), one('far'), ...vfio('far', ['one'])],
  }),
  ...modes.filter(isOwn).map((machine, i) => {
    const next = (kind: number) => several.filter((_, k) => k === (i + 2 * kind) % several.length);
    return block({
      machines: [sharingMachine(machine)],
      topologies: [switched],
      workloads: [
        ...ram(['one', ...next(0)]),
        one('far'),
        ...apart('far', next(1)),
        ...vfio('far', ['one', ...next(2)]),
        unsafe('far'),
        revocableByAddress,
      ],
    });
  }),
  block({
    machines: [noIommu, vtdStrict, vtdPassthrough].map(sharingMachine),
    topologies: [acsRedirected, acsDirect],
    workloads: [one('near'), ...vfio('near', ['mixed'])],
  }),
  block({
    machines: strict,
    topologies: [switched],
    workloads: [one('near'), one('far'), ...vfio('far', ['one']), unsafe('far')],
  }),
];

/** For the debug kernel: of each kind of exporter one buffer that is revoked, and one of several ranges. */
export const dmabufOnDebug: Block[] = [
  block({
    machines: [vtdStrict, noIommu].map(sharingMachine),
    topologies: [switched],
    workloads: [...ram(['one']), one('far'), ...apart('far', ['mixed']).slice(0, 1), ...vfio('far', ['one'])],
  }),
];

export const dmabuf: Suite = {
  id: 'dmabuf',
  describe:
    'I/O on dma-bufs of RAM without pages and of BARs, with one or several ranges, as lists and as scatterlists; revoked under I/O',
  blocks,
};
