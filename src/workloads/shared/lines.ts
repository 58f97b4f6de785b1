/** Lines of JSON of several kinds, as one command prints them. */
import type { z } from 'zod';
import { StepFailed } from '../../guest/index.js';

/** Those of one kind, in their order. */
export function linesLike<T>(schema: z.ZodType<T>, lines: readonly unknown[]): T[] {
  return lines.flatMap((line) => {
    const parsed = schema.safeParse(line);
    return parsed.success ? [parsed.data] : [];
  });
}

/** The first and the last of a kind, which `lab uncounted` prints around what it runs. */
export function outerCounters<T>(command: string, lines: readonly unknown[], schema: z.ZodType<T>): { from: T; to: T } {
  const found = linesLike(schema, lines);
  const [from, to] = [found[0], found.at(-1)];
  if (from === undefined || to === undefined || found.length < 2)
    throw new StepFailed(`${command}: no counters around it`, { code: 'answer-unexpected' });
  return { from, to };
}
