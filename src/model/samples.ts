/**
 * What the history of measurements is made of: samples, each of a series that says all that could move them.
 */
import { z } from 'zod';
import type { Backend } from './backend.js';
import type { Machine } from './machine.js';
import { Measure, measureName, withMeasure } from './metric.js';

export const SAMPLES_SCHEMA_VERSION = 2;

const Word = z.string().min(1).max(400);

/**
 * What was measured, on what. Two samples belong to one line of a chart only if all of this is equal. The modules are not part of
 * it: they are what a history is watched for.
 */
const Fields = z.strictObject({
  /** The cell's id: machine/topology/workload/backend. */
  cell: Word,
  ...Measure.shape,
  unit: z.string().max(40),
  better: z.enum(['lower', 'higher', 'neither']),
  /** `exact`: does not move unless something of this key or the modules moved. `noisy`: needs statistics. */
  kind: z.enum(['exact', 'noisy']),
  /** Hash of the declarations of machine, topology and workload: a cell that kept its name may have changed. */
  declared: Word,
  kernel: Word,
  kernel_key: Word,
  qemu: Word,
  qemu_key: Word,
  accelerator: z.enum(['kvm', 'tcg']),
});
/** In a history of schema 1 it has a name alone, and is the same series. */
export const Series = z.preprocess((value) => withMeasure(value, 'metric'), Fields);
export type Series = z.infer<typeof Series>;

/** What a person calls it. Several series have the same name when the kernel or QEMU changed. */
export function seriesName(series: Series): string {
  return `${series.cell} ${measureName(series)}`;
}

/**
 * What a cell's figures are. Instructions are counted to the digit, but not of mapping page by page: more addresses than the kernel caches for
 * a processor go back by a timer, whose time is the host's.
 */
export function seriesKind({ machine, backend }: { machine: Machine; backend: Backend }): Series['kind'] {
  return machine.clock === 'icount' && backend !== 'page' ? 'exact' : 'noisy';
}

/** The first line of a file of samples. */
export const SamplesHeader = z.strictObject({
  /** 1: before a series said by fields what it is of. */
  schema: z.union([z.literal(1), z.literal(SAMPLES_SCHEMA_VERSION)]),
  run: Word,
  /** ISO 8601, UTC */
  at: z.iso.datetime(),
  modules_key: Word,
  rootfs_key: Word,
  host: z.strictObject({ kernel: z.string(), cpus: z.number(), memory_mib: z.number() }),
});
export type SamplesHeader = z.infer<typeof SamplesHeader>;

/** Each further line: raw samples, in the order in which they were taken. */
export const SamplesLine = z.strictObject({ series: Series, values: z.array(z.number()).min(1) });
export type SamplesLine = z.infer<typeof SamplesLine>;
