/**
 * The samples that make up the history. Each belongs to a series, which is described by all that influences it.
 */
import { z } from 'zod';
import type { Backend } from './backend.js';
import type { Machine } from './machine.js';
import { Measure, measureName, withMeasure } from './metric.js';

export const SAMPLES_SCHEMA_VERSION = 2;

const Word = z.string().min(1).max(400);

/**
 * What was measured, and on what. Two samples belong to the same series only if all of this is equal. The modules are not part of it, because
 * the history exists to show what they change.
 */
const Fields = z.strictObject({
  /** The cell's id: machine/topology/workload/backend. */
  cell: Word,
  ...Measure.shape,
  unit: z.string().max(40),
  better: z.enum(['lower', 'higher', 'neither']),
  /** `exact`: only changes if the modules or a part of this key change. `noisy`: needs statistics. */
  kind: z.enum(['exact', 'noisy']),
  /** Hash of the declarations of machine, topology and workload. A cell may change and keep its name. */
  declared: Word,
  kernel: Word,
  kernel_key: Word,
  qemu: Word,
  qemu_key: Word,
  accelerator: z.enum(['kvm', 'tcg']),
});
/** In a history of schema 1 a series has only a name. It is the same series. */
export const Series = z.preprocess((value) => withMeasure(value, 'metric'), Fields);
export type Series = z.infer<typeof Series>;

/** For display. Several series have the same name if the kernel or QEMU changed. */
export function seriesName(series: Series): string {
  return `${series.cell} ${measureName(series)}`;
}

/**
 * Instruction counts are exact, except when mapping page by page: that frees more IOVAs than the kernel caches per processor, and a timer, which
 * depends on the host's time, returns them.
 */
export function seriesKind({ machine, backend }: { machine: Machine; backend: Backend }): Series['kind'] {
  return machine.clock === 'icount' && backend !== 'page' ? 'exact' : 'noisy';
}

/** The first line of a file of samples. */
export const SamplesHeader = z.strictObject({
  /** 1: the series had only a name. */
  schema: z.union([z.literal(1), z.literal(SAMPLES_SCHEMA_VERSION)]),
  run: Word,
  /** ISO 8601, UTC */
  at: z.iso.datetime(),
  modules_key: Word,
  rootfs_key: Word,
  host: z.strictObject({ kernel: z.string(), cpus: z.number(), memory_mib: z.number() }),
});
export type SamplesHeader = z.infer<typeof SamplesHeader>;

/** Each further line: raw values, in the order in which they were taken. */
export const SamplesLine = z.strictObject({ series: Series, values: z.array(z.number()).min(1) });
export type SamplesLine = z.infer<typeof SamplesLine>;
