/** Mutants that live and cannot be noticed, with the reason: a list that people keep. */
import { z } from 'zod';
import { messageOf, UsageError } from '../model/index.js';
import type { Mutant } from './mutants.js';

const Explained = z.strictObject({
  file: z.string().min(1),
  /** The text of the line before it is changed, without the space around it. */
  line: z.string().min(1),
  operator: z.string().min(1),
  /** The text of the line after that. */
  becomes: z.string(),
  why: z.string().min(10),
});
export type Explained = z.infer<typeof Explained>;

export function parseExplained(text: string, name: string): Explained[] {
  try {
    return z.array(Explained).max(10_000).parse(JSON.parse(text));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : messageOf(error);
    throw new UsageError(`${name} is no list of explained mutants: ${what}`, 'src/mutate/README.md says what it holds');
  }
}

/** @param changed the mutant's first line, before and after */
export function explanationOf(
  { file, operator }: Pick<Mutant, 'file' | 'operator'>,
  changed: { line: string; becomes: string },
  all: readonly Explained[],
): Explained | undefined {
  return all.find(
    (one) =>
      one.file === file &&
      one.operator === operator &&
      one.line === changed.line.trim() &&
      one.becomes === changed.becomes.trim(),
  );
}
