import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';

/** Help text for an argument that names a run. findRun() looks it up. */
export const RUN = "a run's id or the beginning of it, its folder, or newest";

/** Help text for every argument that names cells. It means the same in every command (src/plan/named.ts). */
export const CELLS = 'a suite, a cell id, or a pattern: with * it must match a whole id, without * any part of an id';

/** Help text for every argument that names one cell. */
export const ONE_CELL = 'a cell id, or a pattern that matches one cell';

/** Where images come from. All commands that may build images have these options. */
export interface ImageOptions {
  mirror?: string;
  locked?: boolean;
  offline?: boolean;
  qemu?: string;
}

export function addImageOptions(command: Command): Command {
  return command
    .option('--mirror <URL>', "Debian mirror (default: $PHYRLAB_MIRROR, else the one that the host's apt uses)")
    .option('--locked', 'use only the locked package versions; fail if the mirror no longer has one')
    .option('--offline', 'use only what the cache holds; download nothing')
    .option('--qemu <PATH>', 'your own qemu-system-x86_64 instead of the locked one');
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

export interface Duration {
  ms: number;
  /** As the user wrote it. */
  said: string;
}

/** For commander: `90s`, `20m`, `1h30m`. */
export function duration(text: string): Duration {
  const [, hours, minutes, seconds] = /^(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/.exec(text) ?? [];
  const ms = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000;
  if (ms > 0 && ms < 2 ** 31) return { ms, said: text };
  throw new InvalidArgumentError('Expected a duration such as 90s, 20m or 1h30m, less than 24 days.');
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
  throw new InvalidArgumentError('Expected I/N, the I-th of N parts, e.g. 2/4.');
}

/** For commander: parses `500M` or `20G` into bytes. */
export function size(text: string): number {
  const [, number, unit] = /^(\d{1,6}(?:\.\d+)?)([MGT])$/.exec(text) ?? [];
  if (number !== undefined) return Math.round(Number(number) * 2 ** { M: 20, G: 30, T: 40 }[unit as 'M' | 'G' | 'T']);
  throw new InvalidArgumentError('Expected a size such as 500M or 20G.');
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

/** The kernel in the form that Images takes, with absolute paths. */
export function kernelSpec({ kernel, kernelConfig }: KernelOptions): string {
  if (kernelConfig !== undefined) return `${kernel ?? 'debug'}+${resolve(kernelConfig)}`;
  if (kernel === undefined) return DEFAULT_KERNEL;
  return kernel.includes('/') && !kernel.includes('+/') ? resolve(kernel) : kernel;
}
