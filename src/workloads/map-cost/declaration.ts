import { z } from 'zod';
import { Id } from '../../model/index.js';
import { CostPoint } from './points.js';

/** What building, mapping, using and unmapping cost, in instructions, and what they do besides; needs a machine whose clock is `icount`. */
export const MapCost = z.strictObject({ id: Id, kind: z.literal('map-cost'), points: z.array(CostPoint).min(1) });
export type MapCost = z.infer<typeof MapCost>;
