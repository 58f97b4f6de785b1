import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';

/** What a command takes for a run: findRun() finds it. */
export const RUN = 'the id of a run or the beginning of it, its folder, or newest';

/** For every argument that names cells: a word means the same wherever it is given (src/plan/named.ts). */
export const CELLS =
  'a suite, the id of a cell, or a pattern: with * it must match a whole id, without * a part of an id is enough';

/** For every argument that names one. */
export const ONE_CELL = 'the id of a cell, or a pattern that matches one cell';

/** Where images come from; shared by every command that may build some. */
export interface ImageOptions {
  mirror?: string;
  locked?: boolean;
  offline?: boolean;
  qemu?: string;
}

export function addImageOptions(command: Command): Command {
  return command
    .option('--mirror <URL>', "Debian mirror (default: $PHYRLAB_MIRROR, else the one that the host's apt uses)")
    .option('--locked', 'use only the locked package versions; fail if one has left the mirror')
    .option('--offline', 'use only what the cache holds')
    .option('--qemu <PATH>', 'a qemu-system-x86_64 of your own instead of the pinned one');
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
  };
}

export interface Duration {
  ms: number;
  /** As the user put it. */
  said: string;
}

/** For commander: `90s`, `20m`, `1h30m`. */
export function duration(text: string): Duration {
  const [, hours, minutes, seconds] = /^(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/.exec(text) ?? [];
  const ms = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000;
  if (ms > 0 && ms < 2 ** 31) return { ms, said: text };
  throw new InvalidArgumentError('It takes a duration such as 90s, 20m or 1h30m, less than 24 days.');
}

export interface Part {
  index: number;
  count: number;
}

/** For commander: `2/4`. */
export function part(text: string): Part {
  const [, i, n] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const [index, count] = [Number(i), Number(n)];
  if (index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError('It takes I/N, the I-th of N parts, e.g. 2/4.');
}

/** For commander: `500M`, `20G`; bytes. */
export function size(text: string): number {
  const [, number, unit] = /^(\d{1,6}(?:\.\d+)?)([MGT])$/.exec(text) ?? [];
  if (number !== undefined) return Math.round(Number(number) * 2 ** { M: 20, G: 30, T: 40 }[unit as 'M' | 'G' | 'T']);
  throw new InvalidArgumentError('It takes a size such as 500M or 20G.');
}

/** For commands that boot a kernel. */
export interface KernelOptions {
  kernel?: string;
  kernelConfig?: string;
}

export const DEFAULT_KERNEL = '7.3';

export function addKernelOptions(command: Command): Command {
  return command
    .option(
      '--kernel <RELEASE|DIR>',
      `a locked kernel (7.3, 7.2, debug) or your own build tree (default: ${DEFAULT_KERNEL})`,
    )
    .option(
      '--kernel-config <FILE>',
      'build the debug kernel with the lines of this file (CONFIG_NAME=value) added to its configuration',
    );
}

/** What Images takes for a kernel; paths as they are good from anywhere. */
export function kernelSpec({ kernel, kernelConfig }: KernelOptions): string {
  if (kernelConfig !== undefined) return `${kernel ?? 'debug'}+${resolve(kernelConfig)}`;
  if (kernel === undefined) return DEFAULT_KERNEL;
  return kernel.includes('/') && !kernel.includes('+/') ? resolve(kernel) : kernel;
}
