import { z } from 'zod';
import { Alarm, Backend, Id, Machine, OracleName, Plant, Topology } from '../model/index.js';
import { Workload } from './workload.js';

/** Cells as the product of these parts. */
export const Block = z.strictObject({
  machines: z.array(Machine).min(1),
  topologies: z.array(Topology).min(1),
  workloads: z.array(Workload).min(1),
  backends: z.array(Backend).min(1),
  /**
   * `product` (the default): every combination. `pairwise`: pairwise coverage of the parts, and every refusal with some backend. `each`: every
   * part in some cell.
   */
  cover: z.enum(['product', 'pairwise', 'each']).optional(),
  plant: Plant.optional(),
  /** With `plant`: the oracles that must object, or the objections that must be made. */
  caughtBy: z.array(Alarm).min(1).optional(),
  /** With `plant`: the oracles that the defect keeps from looking. */
  blinds: z.array(OracleName).min(1).optional(),
});
export type Block = z.infer<typeof Block>;

export const Suite = z.strictObject({
  id: Id,
  describe: z.string(),
  blocks: z.array(Block).min(1),
});
export type Suite = z.infer<typeof Suite>;
