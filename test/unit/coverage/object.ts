/** The object of object/two.c, as a compiler made it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Code, codeOf } from '../../../src/coverage/index.js';

const file = (name: string) => join(import.meta.dirname, 'object', name);

export const object = () => readFileSync(file('two.object'));
export const disassembly = () => readFileSync(file('two.txt'), 'utf8');

export function twoCode(): Code {
  const nameOf = (path: string) => (path.startsWith('/box/') ? `guest/${path.slice('/box/'.length)}` : undefined);
  return codeOf('k1', [{ module: 'two', elf: object(), disassembly: disassembly() }], nameOf);
}
