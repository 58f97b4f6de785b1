import { z } from 'zod';
import { Alarm, Backend, Id, Machine, OracleName, Plant, Topology } from '../model/index.js';
import { Workload } from './workload.js';

/** A set of cells as the product of its parts. */
export const Block = z.strictObject({
  machines: z.array(Machine).min(1),
  topologies: z.array(Topology).min(1),
  workloads: z.array(Workload).min(1),
  backends: z.array(Backend).min(1),
  /** `product` (the default): every combination. `pairwise`: few that show every pair of parts, and every refusal by some backend. `each`: every part in some. */
  cover: z.enum(['product', 'pairwise', 'each']).optional(),
  plant: Plant.optional(),
  /** Only with `plant`: the oracles that must catch it, or what they must object to. */
  caughtBy: z.array(Alarm).min(1).optional(),
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
