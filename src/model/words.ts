/**
 * The words of the design as types and schemas: workload, backend, cell, suite.
 * Everything a user may write in a scenario file is validated against these.
 */
import { z } from 'zod';
import { CostPoint } from './cost.js';
import { KnownDefect } from './finding.js';
import { Id } from './id.js';
import { Machine } from './machine.js';
import { OracleName } from './oracle.js';
import { Topology } from './topology.js';

/** How a request gets its DMA addresses (parameter `backend` of phyr_nvme.ko). */
export const DriverBackend = z.enum(['sg', 'iter', 'iova', 'phyr16', 'phyr8']);
export type DriverBackend = z.infer<typeof DriverBackend>;

/**
 * The same, and what only costs are measured of: `page` maps each page alone, `raw` is the bare iommu_map() below all others,
 * `registered` an I/O on memory that was mapped before, `nvme` the kernel's own driver.
 */
export const Backend = z.enum([...DriverBackend.options, 'page', 'raw', 'registered', 'nvme']);
export type Backend = z.infer<typeof Backend>;

/** One fio job of a `fio-verify` workload: every block of its region is written once and read back once. */
export const FioJob = z.strictObject({
  name: Id,
  pattern: z.enum(['sequential', 'random']),
  blockSize: z
    .int()
    .min(512)
    .max(4 << 20)
    .refine((n) => n % 512 === 0, 'must be a multiple of 512'),
  regionKiB: z
    .int()
    .min(1)
    .max(1 << 20),
  depth: z.int().min(1).max(256),
  jobs: z.int().min(1).max(16),
});
export type FioJob = z.infer<typeof FioJob>;

/** Throughput of one kind of I/O, by fio. */
export const FioLoad = z.strictObject({
  name: Id,
  op: z.enum(['read', 'write', 'randread', 'randwrite']),
  blockSize: z
    .int()
    .min(512)
    .max(4 << 20)
    .refine((n) => n % 512 === 0, 'must be a multiple of 512'),
  depth: z.int().min(1).max(256),
});
export type FioLoad = z.infer<typeof FioLoad>;

/**
 * The parts of somebody's memory that a dma-buf is made of, and their order (src/plan/ranges.ts): `one`; several that do not touch,
 * `apart`, and the same `backwards`; two that do `touch`, the latter first; single `pages`; `large` ones, the first with an address
 * for huge pages; `mixed`, whose number, sizes and order the cell's seed gives.
 */
export const RangeLayout = z.enum(['one', 'apart', 'backwards', 'touching', 'pages', 'large', 'mixed']);
export type RangeLayout = z.infer<typeof RangeLayout>;

export const CtlIo = z
  .strictObject({
    id: Id,
    kind: z.literal('ctl-io'),
    /**
     * Whose memory: `user` is a process's own; `page-less` is RAM that the machine reserves, so that it has no struct pages;
     * `peer` is a peer's BAR with struct pages, `peer-page-less` the same without; `peer-vfio` is one that the kernel's vfio-pci
     * has and gives to a process, which no exporter of ours can take back.
     */
    memory: z.enum(['user', 'page-less', 'peer', 'peer-page-less', 'peer-vfio']),
    peer: Id.optional(),
    /**
     * `direct`: named in each request; `registered`: mapped once, and used by slices. `dma-buf`: the same, of a dma-buf whose exporter
     * hands over the list of physical ranges; `dma-buf-sg`: whose exporter maps it, and hands over a scatterlist, as is the kernel's way.
     */
    via: z.array(z.enum(['direct', 'registered', 'dma-buf', 'dma-buf-sg'])).min(1),
    /** Of a dma-buf. */
    ranges: RangeLayout.optional(),
    threads: z.int().min(1).max(64),
    /** Processes, not threads, which have only the key of what another has registered. */
    processes: z.boolean().optional(),
    /** For each way of `via`: so much is written, and so much is read. */
    sizeKiB: z
      .int()
      .min(64)
      .max(1 << 20),
    /** In the end the memory is taken back under I/O. Only where nothing of it has struct pages. */
    revoke: z.boolean().optional(),
  })
  .superRefine((workload, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    const shared = workload.via.some((via) => via.startsWith('dma-buf'));
    if (workload.memory.startsWith('peer') !== (workload.peer !== undefined))
      object("memory 'peer', 'peer-page-less' and 'peer-vfio' name the peer, the others have none");
    if (shared !== (workload.ranges !== undefined)) object("a dma-buf is made of 'ranges', and nothing else is");
    if (shared && (workload.memory === 'user' || workload.memory === 'peer'))
      object('dma-bufs are made of memory without struct pages');
    if (workload.memory === 'peer-vfio' && workload.via.includes('dma-buf-sg') && workload.via.length > 1)
      object(
        "of what vfio-pci has, 'dma-buf-sg' works and everything else is refused: a workload has one or the other",
      );
    if (workload.memory === 'peer' && workload.via.includes('registered'))
      object('P2P memory with struct pages may not be pinned for long, so it cannot be registered');
    if (workload.processes === true && workload.via.includes('direct'))
      object('what is named in each request has no key that processes could share');
    if (workload.revoke === true && (workload.memory === 'user' || workload.memory === 'peer'))
      object('memory with struct pages cannot be taken back');
    if (
      workload.revoke === true &&
      shared &&
      (workload.threads < 2 || !workload.via.every((v) => v.startsWith('dma-buf')))
    )
      object('dma-bufs are taken back where there are two threads and no other way to the memory');
  });
export type CtlIo = z.infer<typeof CtlIo>;

/**
 * I/O between the disk and an NVDIMM, by the kernel's path and by ours; then the guest is switched off and on, and it must hold what it
 * held. `raw`: memory without struct pages, lent by phyr_store; `fsdax`: with pages, a file of a file system on it.
 */
export const Pmem = z.strictObject({
  id: Id,
  kind: z.literal('pmem'),
  mode: z.enum(['raw', 'fsdax']),
  /** Of one copy. */
  sizeKiB: z.int().min(64).max(4096).multipleOf(4),
});
export type Pmem = z.infer<typeof Pmem>;

/** I/O with memory of a process to which something happens, before it and again and again while it is under way. */
export const Lifetime = z.strictObject({
  id: Id,
  kind: z.literal('lifetime'),
  /** It forks and the child writes; it is moved; its pages are given up; its file is cut; its huge page is split, or is made; it is swapped out. */
  event: z.enum(['fork', 'mremap', 'dontneed', 'truncate', 'thp-split', 'thp-collapse', 'swap']),
  /** Of the memory. */
  sizeKiB: z.int().min(4).max(1024).multipleOf(4),
});
export type Lifetime = z.infer<typeof Lifetime>;

/** Pages that user memory comes in: small ones, transparent huge pages of 64 KiB and 2 MiB, and those of the kernel's own pool. */
export const HostMemory = z.enum(['4k', '64k', '2m', 'hugetlb']);
export type HostMemory = z.infer<typeof HostMemory>;

/**
 * A process's memory in an address space of its device's own, by the kernel's VFIO (and iommufd where it has it) and by phyr_domain.ko,
 * on two devices of a kind: the first is the kernel's.
 */
export const Vfio = z.strictObject({
  id: Id,
  kind: z.literal('vfio'),
  memory: HostMemory,
  kib: z.int().min(64).max(16_384).multipleOf(4),
  /** The device that moves the data. */
  engine: z.enum(['edu', 'iommu-testdev']),
});
export type Vfio = z.infer<typeof Vfio>;

/** Of whose memory a region is made: a process's own; or a dma-buf of memory without struct pages, named as in `ctl-io`. */
export const RegionSource = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('user'),
    memory: HostMemory,
    kib: z.int().min(64).max(16_384).multipleOf(4),
  }),
  z.strictObject({
    kind: z.literal('dma-buf'),
    memory: z.enum(['page-less', 'peer-page-less', 'peer-vfio']),
    peer: Id.optional(),
    via: z.enum(['dma-buf', 'dma-buf-sg']),
    ranges: RangeLayout,
  }),
]);
export type RegionSource = z.infer<typeof RegionSource>;

/**
 * Memory that is registered with a DMA engine: mapped once, described in blocks, used by key from several processes, and deregistered
 * while they use it; a dma-buf is taken back by its exporter as well.
 */
export const Register = z
  .strictObject({
    id: Id,
    kind: z.literal('register'),
    from: RegionSource,
    engine: z.enum(['edu', 'iommu-testdev']),
    processes: z.int().min(1).max(16),
  })
  .superRefine(({ from }, ctx) => {
    if (from.kind === 'dma-buf' && from.memory.startsWith('peer') !== (from.peer !== undefined))
      ctx.addIssue({
        code: 'custom',
        path: ['from', 'peer'],
        message: "memory 'peer-page-less' and 'peer-vfio' name the peer, the other has none",
      });
  });
export type Register = z.infer<typeof Register>;

const HostPoint = z.strictObject({
  memory: HostMemory,
  kib: z
    .int()
    .min(4)
    .max(2 << 20)
    .multipleOf(4),
});
/** A dma-buf of RAM without struct pages; ranges that are drawn would cost something else with every seed. */
const LentPoint = z.strictObject({ memory: z.literal('dma-buf'), ranges: RangeLayout.exclude(['mixed']) });

/**
 * Instructions of giving a device a process's memory, beside the kernel's ways: `domain` by entering it into a domain of the device's
 * own, `region` by registering it; this a dma-buf's as well. Needs a machine whose clock is `icount`.
 */
export const UserCost = z.discriminatedUnion('what', [
  z.strictObject({
    id: Id,
    kind: z.literal('user-cost'),
    what: z.literal('domain'),
    points: z.array(HostPoint).min(1),
  }),
  z.strictObject({
    id: Id,
    kind: z.literal('user-cost'),
    what: z.literal('region'),
    points: z.array(z.discriminatedUnion('memory', [HostPoint, LentPoint])).min(1),
  }),
]);
export type UserCost = z.infer<typeof UserCost>;

/** phyr.ko's own tests (guest/phyr_test), bound to the device under test. Needs reserved RAM. */
export const Ktap = z.strictObject({
  id: Id,
  kind: z.literal('ktap'),
  /** `all`: every group but that of failures; `failures`: each allocation, link, pin, ... is refused in turn. */
  cases: z.enum(['all', 'failures']),
  /** BARs that are offered with struct pages: one below the switch of the device under test, one behind another root port. */
  peers: z.array(Id).min(1),
  /** A BAR that is lent without struct pages. */
  lent: Id,
});
export type Ktap = z.infer<typeof Ktap>;

/** A module does what a kernel that checks itself must object to: shows that its reports arrive. */
export const KernelCheck = z.strictObject({
  id: Id,
  kind: z.literal('kernel-check'),
  fault: z.enum(['use-after-free', 'inversion', 'atomic-sleep', 'leak', 'short-unmap']),
});
export type KernelCheck = z.infer<typeof KernelCheck>;

export const Workload = z.discriminatedUnion('kind', [
  z.strictObject({
    id: Id,
    kind: z.literal('fio-verify'),
    jobs: z.array(FioJob).min(1),
    /** Watch the device as well (oracle `device`); the small workloads always do. */
    deviceTrace: z.boolean().optional(),
  }),
  /** Write through our driver and read through the kernel's, then the other way round. */
  z.strictObject({
    id: Id,
    kind: z.literal('crosscheck'),
    sizeKiB: z
      .int()
      .min(64)
      .max(1 << 20),
  }),
  /** Disk -> BAR of the peer -> disk, without the CPU touching a byte. */
  z.strictObject({
    id: Id,
    kind: z.literal('p2p-copy'),
    peer: Id,
    sizeKiB: z
      .int()
      .min(4)
      .max(1 << 20),
  }),
  /** Disk -> memory of the machine -> disk, for every kind of page and every offset of the data in its first page. */
  z.strictObject({
    id: Id,
    kind: z.literal('memory-copy'),
    memory: z.array(HostMemory).min(1),
    heads: z
      .array(
        z
          .int()
          .min(0)
          .max(4092)
          .refine((n) => n % 4 === 0, 'must be a multiple of 4'),
      )
      .min(1),
    /** Of one copy; with a head, its tail lies inside a page, too. */
    bytes: z
      .int()
      .min(512)
      .max(1 << 20)
      .refine((n) => n % 512 === 0, 'must be a multiple of 512'),
  }),
  /** What building, mapping, using and unmapping cost, in instructions, and what they do besides; needs a machine whose clock is `icount`. */
  z.strictObject({ id: Id, kind: z.literal('map-cost'), points: z.array(CostPoint).min(1) }),
  /** Instructions of whole reads and writes in the driver, of pages of which none adjoins the next; needs `icount` as well. */
  z.strictObject({
    id: Id,
    kind: z.literal('io-cost'),
    sizesKiB: z.array(z.int().min(4).max(4096).multipleOf(4)).min(1),
  }),
  /** Throughput and latency of our driver and of the kernel's, in turns, on two disks that differ in nothing else. */
  z.strictObject({
    id: Id,
    kind: z.literal('throughput'),
    loads: z.array(FioLoad).min(1),
    /** Of a turn. */
    ms: z.int().min(100).max(60_000),
    rounds: z.int().min(1).max(100),
  }),
  /** DMA by a device that does nothing else, with mappings that are right, gone, or for the other direction. */
  z.strictObject({ id: Id, kind: z.literal('engine'), engine: z.enum(['edu', 'iommu-testdev']) }),
  /** I/O through /dev/phyrN-ctl, without a bio: stamps written to the disk, and what only the host knows read from it. */
  CtlIo,
  Vfio,
  Register,
  UserCost,
  Pmem,
  Lifetime,
  /** Make a file system, fill it, unmount, check it again. */
  z.strictObject({ id: Id, kind: z.literal('filesystem'), files: z.int().min(1).max(1000) }),
  /** All sizes, directions and alignments from many threads, direct and through the page cache, with memory short. */
  z.strictObject({
    id: Id,
    kind: z.literal('stress'),
    seconds: z.int().min(1).max(86_400),
    /** With direct I/O; one more goes through the page cache. */
    threads: z.int().min(1).max(64),
  }),
  /** The device goes while I/O is under way, by the slot's button or by the driver's `unbind`, and comes back. */
  z.strictObject({
    id: Id,
    kind: z.literal('hot-remove'),
    how: z.enum(['unplug', 'unbind']),
    threads: z.int().min(1).max(64),
  }),
  Ktap,
  KernelCheck,
]);
export type Workload = z.infer<typeof Workload>;

/** A defect that phyr.ko is built with on purpose, to show that an alarm rings (guest/include/phyr_plant.h). */
export const Plant = z.enum([
  'short-map',
  'skip-unmap',
  'swap-direction',
  'both-directions',
  'early-unmap',
  'wrong-length',
  'wrong-bias',
  'wrong-bus-offset',
  'no-mmio',
  'skip-sync',
  'wrong-slice',
  'pin-leak',
  'no-pin',
  'wrong-order',
  'wrong-iova',
  'swap-ranges',
  'skip-drain',
  'keep-import',
  'post-twice',
]);
export type Plant = z.infer<typeof Plant>;

/**
 * How data gets from a device to memory. In the machine's own memory: `direct`, as physical addresses; `iova`, through the page
 * tables of an IOMMU; `bounce`, through a buffer that the CPU copies. In a peer's: `bus-address`, by what the peer's own bus calls it;
 * `host-bridge`, by physical address through the root complex; `iova`.
 */
export const Path = z.enum(['direct', 'iova', 'bounce', 'bus-address', 'host-bridge']);
export type Path = z.infer<typeof Path>;

/** What a cell should do. The plan derives it; a scenario may state only `caught`. */
export const Expectation = z.discriminatedUnion('kind', [
  /** Everything works, in this way, and no oracle objects. */
  z.strictObject({ kind: z.literal('works'), how: Path }),
  /** The kernel must refuse the transfer with this errno, and no byte may have moved. */
  z.strictObject({ kind: z.literal('refused'), errno: z.string() }),
  /** Works on hardware, or hangs there, and cannot be shown here: the cell is skipped, and every report says so. */
  z.strictObject({ kind: z.literal('not-modelled'), why: z.string() }),
  /** A planted defect: at least these oracles must raise the alarm, and all others look, but those that it keeps from looking. */
  z.strictObject({
    kind: z.literal('caught'),
    by: z.array(OracleName).min(1),
    blinds: z.array(OracleName).min(1).exactOptional(),
  }),
]);
export type Expectation = z.infer<typeof Expectation>;

/** A set of cells as the product of its parts. */
export const Block = z.strictObject({
  machines: z.array(Machine).min(1),
  topologies: z.array(Topology).min(1),
  workloads: z.array(Workload).min(1),
  backends: z.array(Backend).min(1),
  /** `product` (the default): every combination. `pairwise`: few that show every pair of parts, and every refusal by some backend. `each`: every part in some. */
  cover: z.enum(['product', 'pairwise', 'each']).optional(),
  plant: Plant.optional(),
  /** Only with `plant`: the oracles that must catch it. */
  caughtBy: z.array(OracleName).min(1).optional(),
  /** Only with `plant`: the oracles that cannot look because of what it does. */
  blinds: z.array(OracleName).min(1).optional(),
});
export type Block = z.infer<typeof Block>;

export const Suite = z.strictObject({
  id: Id,
  describe: z.string(),
  blocks: z.array(Block).min(1),
});
export type Suite = z.infer<typeof Suite>;

/** The smallest unit that gets a verdict. `id` is stable and readable: machine/topology/workload/backend[!plant]. */
export const Cell = z.strictObject({
  id: z.string(),
  machine: Machine,
  topology: Topology,
  workload: Workload,
  backend: Backend,
  plant: Plant.exactOptional(),
  expect: Expectation,
  /** Defects of the kernel's own path that are known to show in it. */
  known: z.array(KnownDefect).min(1).exactOptional(),
  /** Derived from the run's seed and the cell's id; 32 bits. */
  seed: z.number(),
});
export type Cell = z.infer<typeof Cell>;

/** A cell that will not run, and why: what the machine or the emulation lacks. */
export const PrunedCell = z.strictObject({ id: z.string(), reason: z.string() });
export type PrunedCell = z.infer<typeof PrunedCell>;
