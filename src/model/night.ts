/** The record of a night: enough to resume it after a crash, and to compare the next one with it. */
import { z } from 'zod';
import { Verdict } from './verdict.js';

export const NIGHT_SCHEMA = 1;

/** How a cell of a night ended. */
export const Outcome = z.strictObject({
  cell: z.string(),
  verdict: Verdict,
  reason: z.string(),
  /** Was it lost at first and then retried? */
  again: z.boolean(),
});
export type Outcome = z.infer<typeof Outcome>;

export const NightStage = z.strictObject({
  name: z.string(),
  words: z.array(z.string()).min(1),
  kernel: z.string(),
  /** The run, once it has begun. */
  run: z.string().exactOptional(),
  /** The keys of its images, joined. */
  images: z.string().exactOptional(),
  /** Set when it has ended: the outcomes of its cells, or why it could not run. */
  outcomes: z.array(Outcome).exactOptional(),
  trouble: z.string().exactOptional(),
  /** What the gate found worse, one line each. */
  regressions: z.array(z.string()).exactOptional(),
});
export type NightStage = z.infer<typeof NightStage>;

export const Night = z.strictObject({
  schema: z.literal(NIGHT_SCHEMA),
  id: z.string(),
  started: z.iso.datetime(),
  /** Missing if the night is running or was interrupted. */
  ended: z.iso.datetime().exactOptional(),
  seed: z.number(),
  stages: z.array(NightStage).min(1),
});
export type Night = z.infer<typeof Night>;
