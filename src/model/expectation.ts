import { z } from 'zod';
import { CellParts, withParts } from './cell-parts.js';
import { ObjectionCode } from './objection-codes.js';
import { OracleName } from './oracle.js';

/**
 * How data gets from a device to memory. To RAM: `direct`, by physical address; `iova`, through the page tables of an IOMMU; `bounce`, through
 * a buffer that the CPU copies. To a peer's memory: `bus-address`, by the address on the peer's own bus; `host-bridge`, by physical address
 * through the root complex; `iova`.
 */
export const DmaPath = z.enum(['direct', 'iova', 'bounce', 'bus-address', 'host-bridge']);
export type DmaPath = z.infer<typeof DmaPath>;

/** What must raise the alarm: a certain oracle, or a certain objection. */
export const Alarm = z.union([OracleName, ObjectionCode]);
export type Alarm = z.infer<typeof Alarm>;

/** What a cell should do. The plan derives it. A scenario can only declare `caught`. */
export const Expectation = z.discriminatedUnion('kind', [
  /** The workload works, by this path, and no oracle objects. */
  z.strictObject({ kind: z.literal('works'), how: DmaPath }),
  /** The kernel must refuse the transfer with this errno, and no byte may move. */
  z.strictObject({ kind: z.literal('refused'), errno: z.string() }),
  /** QEMU cannot show what hardware does here. The cell is skipped, and every report says so. */
  z.strictObject({ kind: z.literal('not-modelled'), why: z.string() }),
  /** A planted defect: at least these must raise the alarm. All other oracles must look, except those in `blinds`, which it keeps from looking. */
  z.strictObject({
    kind: z.literal('caught'),
    by: z.array(Alarm).min(1),
    blinds: z.array(OracleName).min(1).exactOptional(),
  }),
]);
export type Expectation = z.infer<typeof Expectation>;

/** A combination that is not run, and why: what the machine or the emulation lacks. */
export const PrunedCell = z.preprocess(withParts, z.strictObject({ ...CellParts.shape, reason: z.string() }));
export type PrunedCell = z.infer<typeof PrunedCell>;
