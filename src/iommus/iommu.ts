/**
 * What is known of an IOMMU that a machine can have. Every field is asked for somewhere, so every field is required: a model that
 * lacks one does not compile, and none is found by its name elsewhere.
 */
import { z } from 'zod';
import type { ArchId, Need, Properties } from '../arches/index.js';

/** The default domain that a kernel is asked for. */
export const Domain = z.enum(['lazy', 'strict', 'passthrough']);
export type Domain = z.infer<typeof Domain>;

/** `identity`: the kernel boots with `domain`, and the groups of all endpoints are then set to identity through sysfs, as an administrator would. */
export const Runtime = z.literal('identity').optional();

/** What all declarations have in common; a machine without an IOMMU has no domain. */
export interface Declared {
  kind: string;
  domain?: Domain | undefined;
  runtime?: 'identity' | undefined;
}

/** `D`: how a machine declares it. */
export interface IommuModel<D extends Declared> {
  /** Whose machines can have it. */
  arches: readonly ArchId[];
  /** Why the kernel would not run it as it is declared, if so. */
  objection(own: D): string | undefined;

  qemu: QemuSide<D>;
  kernel: KernelSide<D>;
  trace: Trace<D>;
  log: Log;
  /** Reads its page tables in the guest's memory; `undefined`: nobody reads this model's. */
  tables: Tables<D> | undefined;
  /** Do mappings take pages of the guest's for tables? */
  tablesInMemory: boolean;
  /** Can its tables let a device write where it may not read? */
  writeOnly(own: D): boolean;
  labels: Labels<D>;
}

export interface QemuSide<D> {
  /** Properties of QEMU's machine. */
  machine: Properties;
  /** Devices in order of creation, before any device whose DMA they translate. `place`: the bus and slot of one that is a PCI function. */
  devices(own: D, place: Properties): [driver: string, properties: Properties][];
  /** The oldest QEMU in which it was seen to work, if an older one is known not to do, and what that one lacks. */
  since(own: D): { version: readonly [major: number, minor: number]; what: string } | undefined;
  /** Why a guest that goes on from a saved state would not be what it was, as far as QEMU does not say so itself. */
  unsaved: string | undefined;
}

export interface KernelSide<D> {
  /** Words for its command line besides those that choose the domain. */
  args(own: D): readonly string[];
  needs: readonly Need[];
  /** Has Debian's small kernel, made for clouds, a driver for it? */
  small: boolean;
  /** The module that the guest's init loads before all others, and what that one needs; `undefined`: it is built in. */
  module: { name: string; needs: readonly string[] } | undefined;
  /** Its names in /sys/class/iommu. */
  sysfs: RegExp;
}

/** QEMU's trace events. */
export interface Trace<D> {
  /** The beginning of their lines. */
  events: RegExp;
  /** Of DMA that was not let through. Rare and cheap, so always on: an oracle needs them. */
  faults: readonly string[];
  /** Those of them that accompany another and say no more. */
  echoes: readonly string[];
  /** Of translations, and of what it is told to forget: on while a device is watched. */
  watched(own: D): readonly string[];
  /** Are invalidations among them? */
  invalidations: boolean;
  /** What a line of a watched event says. */
  read(event: string, text: string): Translated | Invalidated | undefined;
}

export interface Translated {
  /** The number by which the bus knows the device: bus, slot, function. */
  requester: number;
  iova: number;
  phys: number;
  /** `phys` is where the IOMMU's page begins, which may be a large one of a size that is not said. */
  largePage?: true;
}

/** `bytes` undefined: everything. */
export interface Invalidated {
  addr: number;
  bytes: number | undefined;
}

/** What its driver writes into the kernel's log. Parts of lines, but for `provoked` and `allowed`. */
export interface Log {
  /** Who speaks. */
  driver: RegExp | undefined;
  fault: RegExp | undefined;
  queueError: RegExp | undefined;
  otherError: RegExp | undefined;
  /** All that a sound kernel says of a device that goes where it may not. */
  provoked: readonly RegExp[];
  /** Lines of the severity of a warning or worse that mean no harm. */
  allowed: readonly AllowedLine[];
}

export interface AllowedLine {
  line: RegExp;
  why: string;
  /** Only before the guest's first cell begins. */
  boot?: true;
}

/** Reads 64-bit words of the guest's physical memory, or of a device register there. */
export type ReadWords = (address: bigint, count: number) => Promise<bigint[]>;

/** The page tables, found by the IOMMU's registers: neither the guest's kernel nor its command line is asked. `bdf`: `0000:03:00.0` */
export interface Tables<D> {
  /** How they translate for a device. */
  mode(read: ReadWords, bdf: string): Promise<string>;
  /** How they must. */
  modeDue(own: D): string;
  /** The pages by which a device reaches any of `bytes` bytes from `iova` on, in order, each as large as its entry makes it. */
  pages(read: ReadWords, bdf: string, iova: number, bytes: number): Promise<IoPage[]>;
}

/** A page of an I/O page table. */
export interface IoPage {
  iova: number;
  phys: number;
  bytes: number;
  mayRead: boolean;
  mayWrite: boolean;
}

/** For people. */
export interface Labels<D> {
  /** What of its hardware a defect can depend on, as one word after another. */
  traits(own: D): readonly string[];
  /** What `show` says of it beyond its name and domain. */
  more(own: D): readonly string[];
  /** What stands before the domain in a table of several machines. */
  column: string;
}

/** `declared`: the fields by which a machine declares it, besides `kind`. */
export function defineIommu<const K extends string, F extends z.ZodRawShape>(
  kind: K,
  declared: F,
  model: IommuModel<z.infer<z.ZodObject<{ kind: z.ZodLiteral<K> } & F, z.core.$strict>> & Declared>,
) {
  return { kind, schema: z.strictObject({ kind: z.literal(kind), ...declared }), ...model };
}

/** The requester that is written `03:00.0`, or with two digits for the function. */
export function requesterOf(place: string | undefined): number {
  const [bus, slot, fn] = /^(?:[0-9a-f]{4}:)?([0-9a-f]{2}):([0-9a-f]{2})\.0?([0-7])$/.exec(place ?? '')?.slice(1) ?? [];
  return hex(bus) * 256 + hex(slot) * 8 + hex(fn);
}

export function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? '', 16);
}
