/**
 * Which cases of phyr_test.ko must pass on a machine; on all others each must be skipped. A case that is skipped on all
 * machines, an unknown case, and a case without a result are failures.
 */
import { domainInForce, hasIommu, type Machine, translates } from '../../model/index.js';
import { reservedRam } from '../shared/reserved-ram.js';
import type { Ktap } from './declaration.js';

type On = (machine: Machine) => boolean;

const always: On = () => true;
const bounced: On = ({ bounce }) => bounce === 'force';
const unbounced: On = (machine) => !bounced(machine);
const translated: On = ({ iommu }) => translates(iommu);
const strict: On = ({ iommu }) => domainInForce(iommu) === 'strict';
const lazy: On = ({ iommu }) => domainInForce(iommu) === 'lazy';
/** The host bridge routes to a peer behind another root port. */
const bridged: On = (machine) => machine.hostBridgeP2p && unbounced(machine);

/** Hazard 23 is tested without a guest: pack, unpack and slice, compared with a plain array. */
export const HAZARDS: Readonly<Record<string, On>> = {
  'hazard 01: unaligned ends are bounced, and keep their low bits': bounced,
  'hazard 02: a chunk of 2 MiB is bounced in pieces': bounced,
  'hazard 02: a chunk that fits is bounced in one piece': bounced,
  'hazard 03: page-less RAM and forced bouncing fail cleanly': bounced,
  'hazard 03: page-less RAM is mapped where nothing is bounced': unbounced,
  'hazard 04: RAM above 4 GiB and a mask of 32 bits': always,
  'hazard 05: MMIO beyond the mask is an error, not bounced': (machine) => bridged(machine) && !translated(machine),
  'hazard 06: a gap inside a page is never in one range': translated,
  'hazard 07: more low bits kept than the IOMMU keeps': translated,
  'hazard 08: for an untrusted device head and tail are bounced': translated,
  'hazard 08: MMIO that would have to be is refused': translated,
  'hazard 09: below a switch, bus addresses and no unmap': always,
  'hazard 10: through the host bridge, mapped as MMIO': bridged,
  'hazard 10: the route is asked for once, until a device goes': bridged,
  'hazard 11: a topology without a way is refused': ({ hostBridgeP2p }) => !hostBridgeP2p,
  'hazard 12: with forced bouncing, an error and no bounce': bounced,
  'hazard 13: RAM and P2P do not share a list': always,
  'hazard 13: two providers do not share a list': always,
  'hazard 14: a link that fails undoes those before it, no others': translated,
  'hazard 14: no bounce buffer is left when the pool is empty': bounced,
  'hazard 14: no IOVA is left below the mask': translated,
  'hazard 15: a part is unlinked, then the space is freed': translated,
  'hazard 16: use after unmap, strict': strict,
  'hazard 16: use after unmap, lazy': lazy,
  'hazard 16: an address is not reused too early': translated,
  'hazard 17: chunks of 4 GiB and more, plain and packed': always,
  'hazard 17: ranges for the device are split': unbounced,
  'hazard 17: cut at a boundary that the device has, and no other': unbounced,
  'hazard 17: entries of a scatterlist are split': always,
  'hazard 18: what a device wrote is dirty, what it read is not': always,
  'hazard 18: the page of zeros': always,
  'hazard 18: transparent huge pages': always,
  'hazard 18: hugetlb': always,
  'hazard 18: memory is pinned before a fork': always,
  'hazard 18: a fork does not take pinned pages away': always,
  'hazard 19: P2P memory is not pinned for long': always,
  'hazard 20: device private memory is refused': always,
  'hazard 20: device coherent memory is refused': always,
  'hazard 20: generic device memory is taken': always,
  'hazard 21: revocation waits for I/O': always,
  'hazard 22: addresses without pages do not become a scatterlist': always,
  'hazard 22: page-less RAM does not become a scatterlist': always,
};

const ALL: Readonly<Record<string, On>> = {
  ...HAZARDS,
  'sg: to a scatterlist and back': always,
  'sg: chunks are split at the largest segment': always,
  'sg: the DMA side is taken over': always,
  'sg: an empty entry is refused': always,
  'sg: the DMA side is handed on': always,
  'reg: every part reaches its bytes': always,
  'reg: what the device writes arrives': always,
  'reg: what the CPU writes stays': always,
  'reg: what is refused': always,
  'reg: the last put revokes': always,
  'reg: cost of an I/O': unbounced,
  'build: user memory from an odd byte on, over several batches': always,
  'build: user memory that is refused': always,
  "build: kernel memory, linear and vmalloc'ed": always,
  'build: kernel addresses that are refused': always,
  'build: what has pages is neither page-less nor MMIO': always,
  'build: MMIO needs a provider, and goes by its offset': always,
  'lease: page frames of an exporter are taken': always,
  'lease: whatever else is mapped is refused': always,
  'lease: memory that is taken back': always,
  'lease: a BAR is reached by the same way as dma-bufs': always,
  'dma-buf: a list of its ranges, in their order': unbounced,
  'dma-buf: what an import refuses': always,
  'dma-buf: an exporter waits for I/O on what it takes back': unbounced,
  'uapi: phyr_probe refuses reserved fields that are not 0': always,
  'uapi: phyr_store refuses reserved fields and unknown flags': always,
};

/** Without bouncing or translation phyr.ko does nothing that can fail. */
const maps: On = (machine) => bounced(machine) || translated(machine);

const FAILURES: Readonly<Record<string, On>> = {
  'every failure: append, plain': always,
  'every failure: append, packed': always,
  'every failure: append a slice': always,
  'every failure: list from a request': always,
  'every failure: list from a scatterlist': always,
  'every failure: list from user memory': always,
  'every failure: list to a scatterlist': always,
  'every failure: map 64 chunks': maps,
  'every failure: map 8 chunks': maps,
  'every failure: map one chunk': maps,
  'every failure: map chunks with gaps': maps,
  'every failure: map memory of a peer': unbounced,
  'every failure: map into a domain': hasIommu,
  'every failure: a mapping to a scatterlist': always,
  'every failure: a mapping from a scatterlist': always,
  'every failure: register': always,
};

/** For each case, by name: must it pass, or be skipped? */
export function casesDue(machine: Machine, cases: Ktap['cases']): Map<string, 'pass' | 'skip'> {
  const table = cases === 'failures' ? FAILURES : ALL;
  return new Map(Object.entries(table).map(([name, on]) => [name, on(machine) ? 'pass' : 'skip']));
}

/** Two parts of the reserved RAM: one that the tests map by address, and one for phyr_store. */
export function ktapMemory(machine: Machine): { tests: string; store: { base: string; bytes: number } } | undefined {
  const ram = reservedRam(machine);
  if (ram === undefined) return undefined;
  const half = ram.bytes / 2;
  return { tests: ram.base, store: { base: `0x${(Number(ram.base) + half).toString(16)}`, bytes: half } };
}
