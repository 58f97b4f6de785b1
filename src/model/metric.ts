/** What was measured: a figure by fields, and its name in words, which is made here and nowhere read. */
import { z } from 'zod';
import { sizeName } from './bytes.js';

const Word = z.string().min(1).max(200);

/** Of what a figure is. What is not said does not apply: a cell that measures one thing says what, and no more. */
export const Measure = z.strictObject({
  /** As the kind of workload calls it; of the parts of a cost `cost`. */
  what: Word,
  /** The part of a cost: `map`, `unmap`, `queue`, `whole`, ... */
  phase: Word.exactOptional(),
  op: z.enum(['read', 'write']).exactOptional(),
  /** The load of fio. */
  load: Word.exactOptional(),
  /** Whose memory, or of what pages. */
  memory: Word.exactOptional(),
  /** How the memory lies. */
  layout: Word.exactOptional(),
  size_kib: z.int().min(1).exactOptional(),
  /** By which of several ways, where one cell measures them all. */
  via: Word.exactOptional(),
});
export type Measure = z.infer<typeof Measure>;

const Measured = z.strictObject({
  ...Measure.shape,
  unit: z.string(),
  value: z.number(),
  better: z.enum(['lower', 'higher', 'neither']),
  /** What `value` is the median of, in the order in which they were taken, where it was measured several times. */
  samples: z.array(z.number()).min(1).exactOptional(),
});

/** Up to schema 3 a metric has a name alone. */
export const Metric = z.preprocess((value) => withMeasure(value, 'name'), Measured);
export type Metric = z.infer<typeof Metric>;

/** For a person: `4k 1 MiB map`, `read 4 KiB queue`. */
export function measureName({ phase, what, ...of }: Measure): string {
  return [subjectName(of), phase ?? what].filter((word) => word !== '').join(' ');
}

/** The same without what was measured of it: `4k 1 MiB`; empty where there is one thing only. */
export function subjectName({ op, load, memory, layout, size_kib, via }: Omit<Measure, 'what' | 'phase'>): string {
  const words = [op, load, memory, layout, size_kib === undefined ? undefined : sizeName(size_kib), via];
  return words.filter((word) => word !== undefined).join(' ');
}

/** What results and histories of before have in the field `key`, by fields. */
export function withMeasure(value: unknown, key: 'name' | 'metric'): unknown {
  const older = z.looseObject({ [key]: z.string() }).safeParse(value);
  if (!older.success) return value;
  const { [key]: name, ...rest } = older.data;
  return { ...measureOfName(name as string), ...rest };
}

const PHASES = ['build', 'map', 'consume', 'unmap', 'queue', 'complete', 'whole', 'register', 'use', 'deregister'];
const LOADS = ['IOPS', 'bandwidth', 'p50', 'p99'].flatMap((what) => [what, `${what} of nvme`, `${what}, of nvme's`]);
/** Of several words or of several things: all others stood alone. */
const COUNTS = [
  ...['metadata', 'segments', 'PRP entries', 'allocations', 'IOTLB invalidations', 'bounces', 'commands', 'entries'],
  ...[
    'contiguous pieces',
    'map calls',
    'unmap calls',
    'table pages',
    'pages of 1 GiB',
    'pages of 2 MiB',
    'pages of 4 KiB',
  ],
];
/** The longest first: of `x unmap calls` it is `unmap calls`. */
const NAMED = [...PHASES, ...LOADS, ...COUNTS].sort((a, b) => b.length - a.length);

const SIZE = String.raw`(?<size>\d+) (?<unit>[KMG]iB)`;
const OF: readonly RegExp[] = [
  new RegExp(`^(?<op>read|write) ${SIZE}$`),
  new RegExp(`^(?<layout>\\S+) ${SIZE}$`),
  new RegExp(`^(?<memory>\\S+) ${SIZE} (?<via>\\S+)$`),
  /^(?<memory>dma-buf) (?<layout>\S+) (?<via>\S+)$/,
  /^(?<via>\S+)$/,
];

/** The one place that takes a name apart, for results and histories up to schema 3. */
export function measureOfName(name: string): Measure {
  const last = NAMED.find((one) => name === one || name.endsWith(` ${one}`));
  if (last === undefined) return { what: name };
  const measured = PHASES.includes(last) ? { what: 'cost', phase: last } : { what: last };
  const of = name.slice(0, -last.length).trim();
  if (of === '') return measured;
  if (LOADS.includes(last)) return { load: of, ...measured };
  for (const form of OF) {
    const groups = form.exec(of)?.groups;
    if (groups === undefined) continue;
    const { size, unit, ...words } = groups;
    const scale = { KiB: 1, MiB: 1024, GiB: 1 << 20 }[unit ?? ''];
    return Measure.parse({ ...words, ...(scale !== undefined && { size_kib: Number(size) * scale }), ...measured });
  }
  return { what: name };
}
