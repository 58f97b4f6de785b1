/** Lines of several kinds, as one command prints them. */
import type { z } from 'zod';
import { isLineOf } from '../model/index.js';
import { check } from './lab.js';

/** Those of one kind, in their order. One that does not say what it should is an answer that nobody expects, and no line that is not there. */
export function linesOf<T>(schema: z.ZodObject & z.ZodType<T>, command: string, lines: readonly unknown[]): T[] {
  return lines.filter((line) => isLineOf(schema, line)).map((line) => check<T>(schema, command, line, ''));
}
