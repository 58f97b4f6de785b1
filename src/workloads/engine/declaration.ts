import { z } from 'zod';
import { Id } from '../../model/index.js';

/** DMA by a device that does nothing else, with mappings that are right, gone, or for the other direction. */
export const Engine = z.strictObject({ id: Id, kind: z.literal('engine'), engine: z.enum(['edu', 'iommu-testdev']) });
export type Engine = z.infer<typeof Engine>;
