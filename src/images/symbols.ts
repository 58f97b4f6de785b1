/**
 * Finds source lines for functions in a kernel log (`name+0x1a/0x40 [module]`) in the debug information of what the
 * guest booted.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { archOf } from '../arches/index.js';
import type { Image } from '../model/index.js';
import { runOrFail } from './exec.js';
import { hostProgram } from './toolbox.js';

/** A function as the log names it. */
export interface Reference {
  name: string;
  offset: number;
  size: number;
  /** `undefined`: the kernel. */
  module: string | undefined;
  /** It is a return address, so the call is the instruction before it. */
  returns: boolean;
}

export interface Symbol {
  name: string;
  /** Offset in its section. */
  value: number;
  size: number;
  section: string;
}

interface Place {
  section: string;
  address: number;
}

const REFERENCE = /\b([A-Za-z_][\w.]*)\+0x([0-9a-f]+)\/0x([0-9a-f]+)(?: \[(\w+)(?: [^\]]*)?\])?/g;
/** The instruction that was executing, as opposed to return addresses. */
const AT_WORK = /\b(RIP|pc)\b/;

export function referencesIn(line: string): Reference[] {
  return [...line.matchAll(REFERENCE)].map(([, name = '', offset = '', size = '', module]) => ({
    name,
    offset: Number.parseInt(offset, 16),
    size: Number.parseInt(size, 16),
    module,
    returns: !AT_WORK.test(line),
  }));
}

/** Adds ` (file:line)` after each function that `find` knows. */
export function annotate(line: string, find: (reference: Reference) => string | undefined): string {
  const known = referencesIn(line);
  let at = 0;
  return line.replace(REFERENCE, (text) => {
    const reference = known[at++];
    const place = reference && find(reference);
    return place === undefined ? text : `${text} (${place})`;
  });
}

/** The kernel's file with symbols, if it exists. */
export function symbolsOf(file: string): { symbols?: string } {
  return existsSync(file) ? { symbols: file } : {};
}

/** Functions from the output of `nm --format=sysv`. */
export function symbolsIn(text: string): Symbol[] {
  return text.split('\n').flatMap((line) => {
    const [name, value, , type, size, , section] = line.split('|').map((field) => field.trim());
    if (type !== 'FUNC' || !name || !section) return [];
    return [{ name, value: Number.parseInt(value ?? '', 16), size: Number.parseInt(size || '0', 16), section }];
  });
}

/** The place of a reference; `undefined` if not exactly one function has this name and size. */
export function placeOf({ name, offset, size, returns }: Reference, symbols: readonly Symbol[]): Place | undefined {
  const named = symbols.filter((symbol) => symbol.name === name);
  // The size in the log includes the padding after a function.
  const fitting = named.length > 1 ? named.filter((symbol) => symbol.size <= size && size < symbol.size + 64) : named;
  const [symbol] = fitting;
  if (symbol === undefined || fitting.length > 1) return undefined;
  return { section: symbol.section, address: symbol.value + offset - (returns && offset > 0 ? 1 : 0) };
}

/** Parses `addr2line -a -f -i`: for each address, in the order of the input, the innermost line first. */
export function linesIn(text: string): string[] {
  const places: string[][] = [];
  const lines = text.split('\n').filter((line) => line !== '');
  for (let at = 0; at < lines.length; at++) {
    if (/^0x[0-9a-f]+$/.test(lines[at] ?? '')) places.push([]);
    else places.at(-1)?.push(sourceOf(lines[++at] ?? ''));
  }
  return places.map((chain) => chain.join(', inlined at '));
}

/** Modules are built in /box from guest/, a kernel in /linux, which becomes `linux`. */
function sourceOf(line: string): string {
  const plain = line.replace(/ \(discriminator \d+\)$/, '');
  return plain.replace(/^(?:\/box\/)?(?=phyr)|^\/box\//, 'guest/').replace(/^\/linux\//, 'linux/');
}

/**
 * Decodes a log. A packaged kernel has no debug information, so only the lines of our modules are known then, and the
 * first line says so.
 */
export async function decodeLog(
  log: readonly string[],
  { kernel, modules }: Pick<Image, 'kernel' | 'modules'>,
  toolbox: string,
  signal: AbortSignal,
): Promise<string[]> {
  const references = log.flatMap(referencesIn);
  if (references.length === 0) return [...log];
  const prefix = archOf(kernel).build.strip.replace(/strip$/, '');
  const tool = (name: string, args: string[]) => {
    const { file, args: before } = hostProgram(toolbox, `usr/bin/${prefix}${name}`);
    return runOrFail(file, [...before, ...args], { what: name, signal });
  };
  const objectOf = (module: string | undefined) => {
    if (module === undefined) return kernel.symbols;
    const file = path.join(modules.dir, 'debug', `${module}.ko`);
    return existsSync(file) ? file : undefined;
  };
  const found = new Map<string, string>();
  const keyOf = ({ name, offset, module, returns }: Reference) => `${module} ${name} ${offset} ${returns}`;
  for (const module of new Set(references.map((reference) => reference.module))) {
    const object = objectOf(module);
    if (object === undefined) continue;
    const symbols = symbolsIn(await tool('nm', ['--format=sysv', object]));
    const places = references.flatMap((reference) => {
      const place = reference.module === module ? placeOf(reference, symbols) : undefined;
      return place === undefined ? [] : [{ key: keyOf(reference), ...place }];
    });
    for (const section of new Set(places.map((place) => place.section))) {
      const here = places.filter((place) => place.section === section);
      const addresses = here.map(({ address }) => `0x${address.toString(16)}`);
      // In an unlinked object every section has an address 0.
      const within = module === undefined ? [] : ['-j', section];
      const lines = linesIn(await tool('addr2line', ['-e', object, ...within, '-a', '-f', '-i', ...addresses]));
      for (const [at, { key }] of here.entries()) {
        const line = lines[at];
        if (line !== undefined && !line.includes('?')) found.set(key, line);
      }
    }
  }
  const decoded = log.map((line) => annotate(line, (reference) => found.get(keyOf(reference))));
  const bare = kernel.symbols === undefined && references.some(({ module }) => module === undefined);
  const note = `(phyrlab: ${kernel.release} has no debug information here: only the lines of our own modules are named)`;
  return bare ? [note, ...decoded] : decoded;
}
