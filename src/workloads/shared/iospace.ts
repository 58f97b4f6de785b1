/**
 * guest/tools/iospace, a process in the guest that owns devices and their address spaces. Of the two devices of a kind, the first is for the
 * kernel's APIs, the second for phyr_domain.ko.
 */
import { z } from 'zod';
import { check, type Lab } from '../../guest/index.js';
import { InfraError, walk } from '../../model/index.js';
import { withCleanup } from './cleanup.js';
import type { WorkloadContext } from './context.js';

/** How a process gets a device and its address space: VFIO type 1, iommufd's emulation of it, iommufd itself, or phyr. */
export type IommuApi = 'type1' | 'compat' | 'iommufd' | 'phyr8' | 'phyr16';

const IommuApis = z.object({ apis: z.array(z.enum(['type1', 'compat', 'iommufd'])).min(1) });
/** Starts counting maps, unmaps and page table allocations. */
export const Counting = z.object({ count: z.object({ errno: z.null() }) });
/** The counts since then. */
export const Counted = z.object({
  counted: z.object({ errno: z.null(), maps: z.number(), unmaps: z.number(), tables: z.number().nullable() }),
});

/** The answer to `open`. */
export const Opened = z.object({ open: z.object({ errno: z.string().nullable() }) });

/** One line for all commands: starting a process in the guest takes longer than most of them. */
export function askLine(commands: readonly string[]): string {
  return `iospace ask ${commands.map((command) => `'${command}'`).join(' ')}`;
}

const ASK_MS = 60_000;

/** One answer for each command, each with its own form. */
export async function askEach<T extends unknown[]>(
  lab: Lab,
  ...steps: { [K in keyof T]: readonly [z.ZodType<T[K]>, string] }
): Promise<T> {
  const { lines, stderr } = await lab.run(askLine(steps.map(([, command]) => command)), { deadlineMs: ASK_MS });
  return steps.map(([schema, command], i) => check(schema, command, lines[i], stderr)) as T;
}

/** One answer of this form for each command. */
export function askAll<T>(lab: Lab, schema: z.ZodType<T>, commands: readonly string[]): Promise<[T, ...T[]]> {
  return askEach(lab, ...commands.map((command) => [schema, command] as const)) as Promise<[T, ...T[]]>;
}

export interface Devices {
  /** PCI addresses. */
  bdf: Record<'theirs' | 'ours', string>;
  /** The kernel's own APIs that are available. */
  apis: z.infer<typeof IommuApis>['apis'];
}

/** Binds the drivers while `work` runs. `spare`: how many pages of 2 MiB the pool must still have. */
export async function withDevices<T>(
  { cell, lab, bdf: bdfOf }: WorkloadContext,
  kind: 'edu' | 'iommu-testdev',
  spare: number,
  work: (devices: Devices) => Promise<T>,
): Promise<T> {
  const [theirs, ours] = [...walk(cell.topology)]
    .filter(({ node }) => node.kind === kind)
    .map(({ node }) => bdfOf(node.id));
  if (theirs === undefined || ours === undefined) throw new InfraError(`the topology has no two devices '${kind}'`);
  const { apis } = await lab.ask(IommuApis, `lab vfio load ${spare}`);
  return withCleanup(
    async () => {
      await lab.bind(theirs, 'vfio-pci');
      await lab.bind(ours, 'phyr_domain');
      return await work({ bdf: { theirs, ours }, apis });
    },
    async () => {
      // The process first, because it owns the devices.
      await lab.run('lab vfio unload');
      for (const bdf of [theirs, ours]) await lab.unbind(bdf);
    },
  );
}
