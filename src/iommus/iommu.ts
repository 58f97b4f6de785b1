/**
 * Everything that the harness knows about an IOMMU model. All fields are required, so a model that lacks one does not
 * compile. No other file may ask for a model's name.
 */
import { z } from 'zod';
import type { ArchId, Need, Properties } from '../arches/index.js';

/** The default domain that the kernel is asked for. */
export const Domain = z.enum(['lazy', 'strict', 'passthrough']);
export type Domain = z.infer<typeof Domain>;

/**
 * `identity`: the kernel boots with `domain`, then the groups of all endpoints are set to identity through sysfs, as an
 * administrator would do.
 */
export const Runtime = z.literal('identity').optional();

/** The common part of all declarations. A machine without an IOMMU has no domain. */
export interface Declared {
  kind: string;
  domain?: Domain | undefined;
  runtime?: 'identity' | undefined;
}

/** `D`: how a machine declares the model. */
export interface IommuModel<D extends Declared> {
  /** The architectures whose machines can have it. */
  arches: readonly ArchId[];
  /** Why the kernel would not run it as declared, if so. */
  objection(own: D): string | undefined;

  qemu: QemuSide<D>;
  kernel: KernelSide<D>;
  trace: Trace<D>;
  log: Log;
  /** Reads its page tables in guest memory; `undefined`: not supported. */
  tables: Tables<D> | undefined;
  /** Do its tables use pages of guest memory? */
  tablesInMemory: boolean;
  /** Can its tables make a page write-only? */
  writeOnly(own: D): boolean;
  labels: Labels<D>;
}

export interface QemuSide<D> {
  /** Properties of QEMU's machine. */
  machine: Properties;
  /**
   * Devices to create, in this order, before any device whose DMA they translate. `place`: bus and slot for a model
   * that is a PCI function.
   */
  devices(own: D, place: Properties): [driver: string, properties: Properties][];
  /** If older QEMUs are known not to work: the oldest one that does, and what the older ones lack. */
  since(own: D): { version: readonly [major: number, minor: number]; what: string } | undefined;
  /** Why a restored guest would not behave like the saved one, in cases that QEMU does not detect. */
  unsaved: string | undefined;
}

export interface KernelSide<D> {
  /** Kernel arguments in addition to those that choose the domain. */
  args(own: D): readonly string[];
  needs: readonly Need[];
  /** Does Debian's cloud kernel have its driver? */
  small: boolean;
  /** The module that the guest's init loads first, and the modules that it needs; `undefined`: built in. */
  module: { name: string; needs: readonly string[] } | undefined;
  /** Its names in /sys/class/iommu. */
  sysfs: RegExp;
}

/** QEMU's trace events. */
export interface Trace<D> {
  /** How their lines begin. */
  events: RegExp;
  /** Events for DMA that was blocked. They are rare and cheap, and an oracle needs them, so they are always on. */
  faults: readonly string[];
  /** Those of them that only repeat another one. */
  echoes: readonly string[];
  /** Events for translations and invalidations, switched on while a device is watched. */
  watched(own: D): readonly string[];
  /** Are invalidations among them? */
  invalidations: boolean;
  /** Parses a line of a watched event. */
  read(event: string, text: string): Translated | Invalidated | undefined;
}

export interface Translated {
  /** The requester ID on the bus: bus, slot, function. */
  requester: number;
  iova: number;
  phys: number;
  /** `phys` is the start of the IOMMU's page, which may be a large one of unknown size. */
  largePage?: true;
}

/** `bytes` undefined: everything. */
export interface Invalidated {
  addr: number;
  bytes: number | undefined;
}

/** What its driver writes to the kernel log. Patterns match parts of a line, except `provoked` and `allowed`. */
export interface Log {
  /** Recognises lines of the driver. */
  driver: RegExp | undefined;
  fault: RegExp | undefined;
  queueError: RegExp | undefined;
  otherError: RegExp | undefined;
  /** All that a correct kernel logs if a device accesses an unmapped address. */
  provoked: readonly RegExp[];
  /** Harmless lines of level warning or worse. */
  allowed: readonly AllowedLine[];
}

export interface AllowedLine {
  line: RegExp;
  why: string;
  /** Allowed only before the first cell of the guest. */
  boot?: true;
}

/** Reads 64-bit words of the guest's physical memory, or of a device register there. */
export type ReadWords = (address: bigint, count: number) => Promise<bigint[]>;

/**
 * Its page tables, found through the IOMMU's registers, so that neither the guest's kernel nor its command line is
 * trusted. `bdf`: `0000:03:00.0`
 */
export interface Tables<D> {
  /** The mode in which they translate for a device. */
  mode(read: ReadWords, bdf: string): Promise<string>;
  /** The mode that the machine declares. */
  modeDue(own: D): string;
  /** The pages that map any of the `bytes` bytes from `iova` on, in order. Each has the size of its entry. */
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

/** Labels for people. */
export interface Labels<D> {
  /** Hardware properties that a known defect can depend on, as words. */
  traits(own: D): readonly string[];
  /** What `show` prints besides its name and domain. */
  more(own: D): readonly string[];
  /** Printed before the domain in a table of several machines. */
  column: string;
}

/** `declared`: the fields of its declaration besides `kind`. */
export function defineIommu<const K extends string, F extends z.ZodRawShape>(
  kind: K,
  declared: F,
  model: IommuModel<z.infer<z.ZodObject<{ kind: z.ZodLiteral<K> } & F, z.core.$strict>> & Declared>,
) {
  return { kind, schema: z.strictObject({ kind: z.literal(kind), ...declared }), ...model };
}

/** Parses a requester ID in the form `03:00.0`; the function may have two digits. */
export function requesterOf(place: string | undefined): number {
  const [bus, slot, fn] = /^(?:[0-9a-f]{4}:)?([0-9a-f]{2}):([0-9a-f]{2})\.0?([0-7])$/.exec(place ?? '')?.slice(1) ?? [];
  return hex(bus) * 256 + hex(slot) * 8 + hex(fn);
}

export function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? '', 16);
}
