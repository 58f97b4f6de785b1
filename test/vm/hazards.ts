/**
 * Which machine provokes which hazard. Every case of phyr_test.ko about hazards must pass exactly where this says and be skipped
 * everywhere else, so that a case that is skipped on every machine, or one that nobody knows of, is a failure.
 */
import { Machine, Topology } from '../../src/model/index.js';

/** A switch (no ACS) with a peer and our function, and a peer of its own behind another root port. */
export const peers = Topology.parse({
  id: 'peers',
  root: [
    {
      kind: 'root-port',
      id: 'rp1',
      below: [
        {
          kind: 'switch',
          id: 'sw',
          acs: false,
          below: [
            { kind: 'ivshmem', id: 'near', sizeMiB: 4 },
            { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16 },
          ],
        },
      ],
    },
    { kind: 'root-port', id: 'rp2', below: [{ kind: 'ivshmem', id: 'far', sizeMiB: 4 }] },
  ],
});

/** RAM that is in no section with other RAM, so that it has no struct pages. */
export const PAGELESS = '0x60000000';

/** More than 4 GiB, so that a mask of 32 bits is too small and there are bounce buffers under an IOMMU too; none of it is touched. */
const common = {
  arch: 'x86_64',
  vcpus: 2,
  memoryMiB: 6144,
  clock: 'wall',
  kernelArgs: [`memmap=128M$${PAGELESS}`],
};

const machine = (id: string, changes: object): Machine =>
  Machine.parse({ ...common, id, hostBridgeP2p: true, iommu: { kind: 'none' }, ...changes });

export const machines = {
  physical: machine('physical', {}),
  bounced: machine('bounced', { kernelArgs: [...common.kernelArgs, 'swiotlb=force'] }),
  strict: machine('strict', { iommu: { kind: 'intel', domain: 'strict' } }),
  lazy: machine('lazy', { iommu: { kind: 'intel', domain: 'lazy' } }),
  /** The one whose host bridge forwards nothing between peers. */
  passthrough: machine('passthrough', { iommu: { kind: 'intel', domain: 'passthrough' }, hostBridgeP2p: false }),
};
export type MachineName = keyof typeof machines;

const all: MachineName[] = ['physical', 'bounced', 'strict', 'lazy', 'passthrough'];
const translated: MachineName[] = ['strict', 'lazy'];
const but = (...without: MachineName[]) => all.filter((name) => !without.includes(name));

/** Case -> the machines on which it must pass. */
export const hazards: Record<string, MachineName[]> = {
  'hazard 01: unaligned ends are bounced, and keep their low bits': ['bounced'],
  'hazard 02: a chunk of 2 MiB is bounced in pieces': ['bounced'],
  'hazard 03: page-less RAM and forced bouncing fail cleanly': ['bounced'],
  'hazard 03: page-less RAM is mapped where nothing is bounced': but('bounced'),
  'hazard 04: RAM above 4 GiB and a mask of 32 bits': all,
  'hazard 05: MMIO beyond the mask is an error, not bounced': ['physical'],
  'hazard 06: a gap inside a page is never in one range': translated,
  'hazard 07: more low bits kept than the IOMMU keeps': translated,
  'hazard 08: for an untrusted device head and tail are bounced': translated,
  'hazard 08: MMIO that would have to be is refused': translated,
  'hazard 09: below a switch, bus addresses and no unmap': all,
  'hazard 10: through the host bridge, mapped as MMIO': ['physical', ...translated],
  'hazard 11: a topology without a way is refused': ['passthrough'],
  'hazard 12: with forced bouncing, an error and no bounce': ['bounced'],
  'hazard 13: RAM and P2P do not share a list': all,
  'hazard 13: two providers do not share a list': all,
  'hazard 14: a link that fails undoes those before it, no others': translated,
  'hazard 14: no bounce buffer is left when the pool is empty': ['bounced'],
  'hazard 14: no IOVA is left below the mask': translated,
  'hazard 15: a part is unlinked, then the space is freed': translated,
  'hazard 16: use after unmap, strict': ['strict'],
  'hazard 16: use after unmap, lazy': ['lazy'],
  'hazard 16: an address is not reused too early': translated,
  'hazard 17: chunks of 4 GiB and more, plain and packed': all,
  'hazard 17: ranges for the device are split': but('bounced'),
  'hazard 17: entries of a scatterlist are split': all,
  'hazard 18: what a device wrote is dirty, what it read is not': all,
  'hazard 18: the page of zeros': all,
  'hazard 18: transparent huge pages': all,
  'hazard 18: hugetlb': all,
  'hazard 18: memory is pinned before a fork': all,
  'hazard 18: a fork does not take pinned pages away': all,
  'hazard 19: P2P memory is not pinned for long': all,
  'hazard 20: device private memory is refused': all,
  'hazard 20: device coherent memory is refused': all,
  'hazard 20: generic device memory is taken': all,
  'hazard 21: revocation waits for I/O': all,
  'hazard 22: addresses without pages do not become a scatterlist': all,
  'hazard 22: page-less RAM does not become a scatterlist': all,
};

/** Tested without a guest: pack, unpack and slice against a plain array, in test/vm/fuzz.test.ts. */
export const elsewhere = ['23'];

/** With every failure in turn: where phyr.ko makes no step that can fail, there is nothing to see. */
export const walks: Record<string, MachineName[]> = {
  'every failure: append, plain': all,
  'every failure: append, packed': all,
  'every failure: append a slice': all,
  'every failure: list from a request': all,
  'every failure: list from a scatterlist': all,
  'every failure: list from user memory': all,
  'every failure: list to a scatterlist': all,
  'every failure: map 64 chunks': ['bounced', ...translated],
  'every failure: map 8 chunks': ['bounced', ...translated],
  'every failure: map one chunk': ['bounced', ...translated],
  'every failure: map chunks with gaps': ['bounced', ...translated],
  'every failure: map memory of a peer': but('bounced'),
  'every failure: a mapping to a scatterlist': all,
  'every failure: a mapping from a scatterlist': all,
  'every failure: register': all,
};
