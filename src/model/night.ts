/** What a night has run and found: enough to go on with it after a crash, and to hold the next one against it. */
import { z } from 'zod';
import { Verdict } from './verdict.js';

export const NIGHT_SCHEMA = 1;

/** How a cell of a night ended. */
export const Outcome = z.strictObject({
  cell: z.string(),
  verdict: Verdict,
  reason: z.string(),
  /** Was it lost at first? */
  again: z.boolean(),
});
export type Outcome = z.infer<typeof Outcome>;

export const NightStage = z.strictObject({
  name: z.string(),
  words: z.array(z.string()).min(1),
  kernel: z.string(),
  /** The run, once it has begun. */
  run: z.string().exactOptional(),
  /** Keys of what its guests booted, in one. */
  images: z.string().exactOptional(),
  /** Once it has ended: its cells, or why it could not be run. */
  outcomes: z.array(Outcome).exactOptional(),
  trouble: z.string().exactOptional(),
  /** What got worse by the gate's measure, a line each. */
  regressions: z.array(z.string()).exactOptional(),
});
export type NightStage = z.infer<typeof NightStage>;

export const Night = z.strictObject({
  schema: z.literal(NIGHT_SCHEMA),
  id: z.string(),
  started: z.iso.datetime(),
  /** Without it, the night was interrupted or goes on. */
  ended: z.iso.datetime().exactOptional(),
  seed: z.number(),
  stages: z.array(NightStage).min(1),
});
export type Night = z.infer<typeof Night>;
