/** Output of a command that prints lines of several kinds. */
import type { z } from 'zod';
import { isLineOf } from '../model/index.js';
import { check } from './lab.js';

/** The lines of one kind, in order. A line of this kind with a wrong form fails the step; it is not skipped. */
export function linesOf<T>(schema: z.ZodObject & z.ZodType<T>, command: string, lines: readonly unknown[]): T[] {
  return lines.filter((line) => isLineOf(schema, line)).map((line) => check<T>(schema, command, line, ''));
}
