import type { Machine } from '../../src/model/index.js';
import type { CtlIo } from '../../src/workloads/ctl-io/declaration.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import { noIommu, vtdPassthrough, vtdStrict } from '../machines.js';
import { acsDirect, acsRedirected, switched } from '../topologies.js';
import { iommuModes, likeOthers } from './iommu-modes.js';

// Not among the parts of the matrix: dma-bufs are mapped by phyr.ko or by the kernel's helper, whatever the backend.

/** RAM that is nobody's, and a host bridge that the kernel trusts with peer-to-peer traffic: all that can lend is there. */
export const sharing = (machine: Machine): Machine => ({
  ...machine,
  id: `${machine.id}-share`,
  hostBridgeP2p: true,
  memoryMiB: 896,
  reserved: { at: 0x30000000, mib: 128 },
});

const modes = [noIommu, ...iommuModes];
/** The host bridge forwards nothing. */
const strict = [noIommu, vtdStrict, vtdPassthrough];

type Layout = NonNullable<CtlIo['ranges']>;
const several: Layout[] = ['apart', 'backwards', 'touching', 'pages', 'large', 'mixed'];

const io = { kind: 'ctl-io', threads: 2, sizeKiB: 1024 } as const;

/** By both ways at once, which so must agree. */
const both = (id: string, more: Pick<CtlIo, 'memory' | 'peer' | 'ranges' | 'revoke'>): CtlIo => ({
  ...io,
  id: `dmabuf-${id}`,
  via: ['dma-buf', 'dma-buf-sg'],
  ...more,
});

/** Taken back under I/O: one range, and some of several. */
const takenBack = (ranges: Layout) => ['one', 'apart', 'mixed'].includes(ranges);

const ram = (layouts: readonly Layout[]): CtlIo[] =>
  layouts.map((ranges) =>
    both(ranges === 'one' ? 'ram' : `ram-${ranges}`, { memory: 'page-less', ranges, revoke: takenBack(ranges) }),
  );

const one = (peer: string) => both(peer, { memory: 'peer-page-less', peer, ranges: 'one', revoke: true });

/** Each way in a cell of its own: where the kernel's is wrong, the other is seen all the same. */
const apart = (peer: string, layouts: readonly Layout[]): CtlIo[] =>
  layouts.flatMap((ranges) => [
    {
      ...both(`${peer}-${ranges}`, { memory: 'peer-page-less', peer, ranges, revoke: takenBack(ranges) }),
      via: ['dma-buf'],
    },
    { ...both(`${peer}-${ranges}-sg`, { memory: 'peer-page-less', peer, ranges }), via: ['dma-buf-sg'] },
  ]);

/** What the kernel's vfio-pci lends. */
const vfio = (peer: string, layouts: readonly Layout[]): CtlIo[] => [
  ...layouts.map(
    (ranges): CtlIo => ({
      ...both(`vfio-${peer}-${ranges}`, { memory: 'peer-vfio', peer, ranges, revoke: ranges === 'one' }),
      via: ['dma-buf-sg'],
    }),
  ),
];

/** Mapped by page frame by who can take it back without a word, and asked for a list that it has not. */
const unsafe = (peer: string): CtlIo => ({
  ...io,
  id: `unsafe-${peer}`,
  memory: 'peer-vfio',
  peer,
  via: ['direct', 'registered', 'dma-buf'],
  ranges: 'one',
});

/** Memory that is mapped by page frame, and by who can take it back: it is taken back from what was made of an address. */
const lent: CtlIo = {
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
    machines: modes.map(sharing),
    topologies: [switched],
    workloads: [
      ...ram(['one', ...several]),
      one('near'),
      ...apart('near', ['mixed']),
      one('far'),
      ...apart('far', several),
      ...vfio('far', ['one', ...several]),
      unsafe('far'),
      lent,
    ],
  }),
  // Ports that redirect upwards, and ports that do not; and a host bridge that forwards nothing.
  block({
    machines: [noIommu, vtdStrict, vtdPassthrough].map(sharing),
    topologies: [acsRedirected, acsDirect],
    workloads: [one('near'), ...apart('near', ['mixed']), ...vfio('near', ['one', 'mixed'])],
  }),
  block({
    machines: strict,
    topologies: [switched, acsRedirected],
    workloads: [one('near'), one('far'), ...apart('far', ['mixed']), ...vfio('far', ['one', 'mixed']), unsafe('far')],
  }),
];

const isOwn = (machine: Machine) => !likeOthers.includes(machine);

/** For every push: each mode with each kind of exporter, and each kind with each layout; each kind of refusal. */
export const forCi: Block[] = [
  block({
    machines: likeOthers.map(sharing),
    topologies: [switched],
    workloads: [...ram(['one']), one('far'), ...vfio('far', ['one'])],
  }),
  ...modes.filter(isOwn).map((machine, i) => {
    const next = (kind: number) => several.filter((_, k) => k === (i + 2 * kind) % several.length);
    return block({
      machines: [sharing(machine)],
      topologies: [switched],
      workloads: [
        ...ram(['one', ...next(0)]),
        one('far'),
        ...apart('far', next(1)),
        ...vfio('far', ['one', ...next(2)]),
        unsafe('far'),
        lent,
      ],
    });
  }),
  block({
    machines: [noIommu, vtdStrict, vtdPassthrough].map(sharing),
    topologies: [acsRedirected, acsDirect],
    workloads: [one('near'), ...vfio('near', ['mixed'])],
  }),
  block({
    machines: strict,
    topologies: [switched],
    workloads: [one('near'), one('far'), ...vfio('far', ['one']), unsafe('far')],
  }),
];

/** For the debug kernel: of each kind of exporter one that is taken back, and one of several ranges. */
export const onDebug: Block[] = [
  block({
    machines: [vtdStrict, noIommu].map(sharing),
    topologies: [switched],
    workloads: [...ram(['one']), one('far'), ...apart('far', ['mixed']).slice(0, 1), ...vfio('far', ['one'])],
  }),
];

export const dmabuf: Suite = {
  id: 'dmabuf',
  describe:
    'I/O on dma-bufs of RAM without pages and of BARs, of one range and of several, handed over as lists and as scatterlists; taken back',
  blocks,
};
