/** The PCI tree: what stands where. Validated as everything else that a user may write in a scenario file. */
import { z } from 'zod';
import { Id } from './id.js';

/** What a device below the root complex is for. */
export type PciNode =
  | { kind: 'root-port'; id: string; below: PciNode[] }
  | { kind: 'switch'; id: string; acs: boolean; below: PciNode[] }
  | { kind: 'nvme'; id: string; role: 'dut' | 'reference'; sizeMiB: number; blockSize: 512 | 4096 }
  | { kind: 'ivshmem'; id: string; sizeMiB: number };

const NvmeNode = z.strictObject({
  kind: z.literal('nvme'),
  id: Id,
  role: z.enum(['dut', 'reference']),
  sizeMiB: z
    .int()
    .min(1)
    .max(1 << 20),
  blockSize: z.union([z.literal(512), z.literal(4096)]).default(512),
});
const IvshmemNode = z.strictObject({
  kind: z.literal('ivshmem'),
  id: Id,
  /** Size of BAR 2; a power of two, at least 2 MiB so that p2pdma can give it pages. */
  sizeMiB: z
    .int()
    .min(2)
    .max(4096)
    .refine((n) => (n & (n - 1)) === 0, 'must be a power of two'),
});
const PciNode: z.ZodType<PciNode, unknown> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('root-port'),
      id: Id,
      below: z.array(PciNode).max(1, 'a root port has one slot'),
    }),
    z.strictObject({ kind: z.literal('switch'), id: Id, acs: z.boolean(), below: z.array(PciNode).max(32) }),
    NvmeNode,
    IvshmemNode,
  ]),
);

/** The PCI tree. `root` are the devices on pcie.0; the device ids are unique in the whole tree. */
export const Topology = z.strictObject({ id: Id, root: z.array(PciNode).min(1) }).superRefine((topology, ctx) => {
  const seen = new Set<string>();
  for (const { node } of walk(topology)) {
    if (seen.has(node.id)) ctx.addIssue({ code: 'custom', message: `two devices are named '${node.id}'` });
    seen.add(node.id);
  }
});
export type Topology = z.infer<typeof Topology>;

/** Every node of the tree in order of declaration, with the chain of nodes above it (outermost first). */
export function* walk(topology: { root: PciNode[] }): Generator<{ node: PciNode; above: PciNode[] }> {
  function* visit(nodes: PciNode[], above: PciNode[]): Generator<{ node: PciNode; above: PciNode[] }> {
    for (const node of nodes) {
      yield { node, above };
      if (node.kind === 'root-port' || node.kind === 'switch') yield* visit(node.below, [...above, node]);
    }
  }
  yield* visit(topology.root, []);
}
