/** The counters around what was run uncounted. */
import type { z } from 'zod';
import { linesOf, StepFailed } from '../../guest/index.js';

/** The first and the last of a kind, which `lab uncounted` prints around what it runs. */
export function outerCounters<T>(
  command: string,
  lines: readonly unknown[],
  schema: z.ZodObject & z.ZodType<T>,
): { from: T; to: T } {
  const found = linesOf(schema, command, lines);
  const [from, to] = [found[0], found.at(-1)];
  if (from === undefined || to === undefined || found.length < 2)
    throw new StepFailed(`${command}: no counters around it`, { code: 'answer-unexpected' });
  return { from, to };
}
