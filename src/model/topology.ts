/** The PCI tree. Validated like everything else that a user may write in a scenario. */
import { z } from 'zod';
import { Id } from './id.js';

const powerOfTwo = (min: number, max: number) =>
  z
    .int()
    .min(min)
    .max(max)
    .refine((n) => (n & (n - 1)) === 0, 'must be a power of two');

/** p2pdma gives struct pages to memory only in multiples of this size (memremap_compat_align). */
const P2P_MEMORY_MIB = powerOfTwo(2, 4096);

const NvmeNode = z.strictObject({
  kind: z.literal('nvme'),
  id: Id,
  role: z.enum(['dut', 'reference']),
  sizeMiB: z
    .int()
    .min(1)
    .max(1 << 20),
  blockSize: z.literal([512, 4096]).default(512),
  /** The largest transfer of one command (MDTS); by default 512 KiB, as QEMU has it. */
  maxTransferKiB: powerOfTwo(4, 8192).optional(),
  /** The size of a controller memory buffer, a BAR that QEMU emulates by register accesses. The kernel's nvme driver offers it to p2pdma. */
  cmbMiB: P2P_MEMORY_MIB.optional(),
  /** The size of a persistent memory region, a BAR backed by a file on the host. phyr_peer offers it to p2pdma. */
  pmrMiB: P2P_MEMORY_MIB.optional(),
});
export type NvmeNode = z.infer<typeof NvmeNode>;

const IvshmemNode = z.strictObject({
  kind: z.literal('ivshmem'),
  id: Id,
  /** The size of BAR 2, which is backed by a file on the host. phyr_peer offers it to p2pdma. */
  sizeMiB: P2P_MEMORY_MIB,
});

/** QEMU's educational device: a DMA engine with `dmaMaskBits` address bits. */
const EduNode = z.strictObject({
  kind: z.literal('edu'),
  id: Id,
  dmaMaskBits: z.int().min(12).max(64).default(28),
});

/** QEMU's IOMMU test device: writes a word to a DMA address and looks for it at a physical address. */
const IommuTestdevNode = z.strictObject({ kind: z.literal('iommu-testdev'), id: Id });

/** A function of a device. */
const Endpoint = z.discriminatedUnion('kind', [NvmeNode, IvshmemNode, EduNode, IommuTestdevNode]);
export type Endpoint = z.infer<typeof Endpoint>;

export type PciNode =
  | Endpoint
  /** One device with several functions, function 0 first. */
  | { kind: 'multifunction'; id: string; functions: Endpoint[] }
  | { kind: 'root-port'; id: string; below: PciNode[] }
  | { kind: 'switch'; id: string; acs: boolean; below: PciNode[] }
  /** A second host bridge with its own root bus (pxb-pcie), which holds root ports. */
  | { kind: 'host-bridge'; id: string; below: PciNode[] };

const PciNode: z.ZodType<PciNode, unknown> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('multifunction'), id: Id, functions: z.array(Endpoint).min(2).max(8) }),
    z.strictObject({
      kind: z.literal('root-port'),
      id: Id,
      below: z.array(PciNode).max(1, 'a root port has one slot'),
    }),
    z.strictObject({ kind: z.literal('switch'), id: Id, acs: z.boolean(), below: z.array(PciNode).max(32) }),
    z.strictObject({ kind: z.literal('host-bridge'), id: Id, below: z.array(PciNode).max(31) }),
    ...Endpoint.options,
  ]),
);

/** The PCI tree. `root` are the devices on pcie.0. Device ids are unique in the tree. */
export const Topology = z
  .strictObject({
    id: Id,
    root: z.array(PciNode).min(1),
    /**
     * Do ports with ACS redirect peer-to-peer traffic upwards when the kernel enables an IOMMU? True is the kernel's default; `false` turns it
     * off by a kernel argument.
     */
    acsRedirect: z.boolean().optional(),
  })
  .superRefine((topology, ctx) => {
    const seen = new Set<string>();
    for (const { node } of walk(topology)) {
      if (seen.has(node.id)) ctx.addIssue({ code: 'custom', message: `two devices are named '${node.id}'` });
      seen.add(node.id);
    }
  });
export type Topology = z.infer<typeof Topology>;

/** The nodes directly below one. */
export function childrenOf(node: PciNode): readonly PciNode[] {
  if (node.kind === 'multifunction') return node.functions;
  return 'below' in node ? node.below : [];
}

export interface Place {
  node: PciNode;
  /** The chain of nodes above it, outermost first. */
  above: PciNode[];
}

const walks = new WeakMap<object, readonly Place[]>();

/** All nodes of the tree in order of declaration. Cached, because thousands of cells share a topology. */
export function walk(topology: { root: PciNode[] }): readonly Place[] {
  const visit = (nodes: readonly PciNode[], above: PciNode[]): Place[] =>
    nodes.flatMap((node) => [{ node, above }, ...visit(childrenOf(node), [...above, node])]);
  const places = walks.get(topology) ?? visit(topology.root, []);
  walks.set(topology, places);
  return places;
}
