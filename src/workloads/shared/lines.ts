/** The first and last counters that `lab uncounted` prints around the command it runs. */
import type { z } from 'zod';
import { linesOf, StepFailed } from '../../guest/index.js';

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
