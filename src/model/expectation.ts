import { z } from 'zod';
import { CellParts, withParts } from './cell-parts.js';
import { ObjectionCode } from './objection-codes.js';
import { OracleName } from './oracle.js';

/**
 * How data gets from a device to memory. In the machine's own memory: `direct`, as physical addresses; `iova`, through the page
 * tables of an IOMMU; `bounce`, through a buffer that the CPU copies. In a peer's: `bus-address`, by what the peer's own bus calls it;
 * `host-bridge`, by physical address through the root complex; `iova`.
 */
export const DmaPath = z.enum(['direct', 'iova', 'bounce', 'bus-address', 'host-bridge']);
export type DmaPath = z.infer<typeof DmaPath>;

/** What must raise the alarm: an oracle, whatever it says, or one of the objections that it can make. */
export const Alarm = z.union([OracleName, ObjectionCode]);
export type Alarm = z.infer<typeof Alarm>;

/** What a cell should do. The plan derives it; a scenario may state only `caught`. */
export const Expectation = z.discriminatedUnion('kind', [
  /** Everything works, in this way, and no oracle objects. */
  z.strictObject({ kind: z.literal('works'), how: DmaPath }),
  /** The kernel must refuse the transfer with this errno, and no byte may have moved. */
  z.strictObject({ kind: z.literal('refused'), errno: z.string() }),
  /** Works on hardware, or hangs there, and cannot be shown here: the cell is skipped, and every report says so. */
  z.strictObject({ kind: z.literal('not-modelled'), why: z.string() }),
  /** A planted defect: at least these must raise the alarm, and all other oracles look, but those that it keeps from looking. */
  z.strictObject({
    kind: z.literal('caught'),
    by: z.array(Alarm).min(1),
    blinds: z.array(OracleName).min(1).exactOptional(),
  }),
]);
export type Expectation = z.infer<typeof Expectation>;

/** A cell that will not run, and why: what the machine or the emulation lacks. */
export const PrunedCell = z.preprocess(withParts, z.strictObject({ ...CellParts.shape, reason: z.string() }));
export type PrunedCell = z.infer<typeof PrunedCell>;
