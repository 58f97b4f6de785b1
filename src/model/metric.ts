/** A measured figure, described by fields. Its name in words is made from them here and is never parsed. */
import { z } from 'zod';
import { sizeName } from './bytes.js';

const Word = z.string().min(1).max(200);

/** What a figure describes. Fields that do not apply are left out. */
export const Measure = z.strictObject({
  /** As named by the kind of workload; `cost` for the phases of a cost. */
  what: Word,
  /** The phase of a cost: `map`, `unmap`, `queue`, `whole`, ... */
  phase: Word.exactOptional(),
  op: z.enum(['read', 'write']).exactOptional(),
  /** The fio job. */
  load: Word.exactOptional(),
  /** Whose memory, or with which pages. */
  memory: Word.exactOptional(),
  /** How the memory is laid out. */
  layout: Word.exactOptional(),
  size_kib: z.int().min(1).exactOptional(),
  /** The path by which the memory was named, if one cell measures several. */
  via: Word.exactOptional(),
});
export type Measure = z.infer<typeof Measure>;

const Measured = z.strictObject({
  ...Measure.shape,
  unit: z.string(),
  value: z.number(),
  better: z.enum(['lower', 'higher', 'neither']),
  /** The values whose median is `value`, in the order in which they were taken. */
  samples: z.array(z.number()).min(1).exactOptional(),
});

/** Up to schema 3, metrics have only a name. */
export const Metric = z.preprocess((value) => withMeasure(value, 'name'), Measured);
export type Metric = z.infer<typeof Metric>;

/** For display: `4k 1 MiB map`, `read 4 KiB queue`. */
export function measureName({ phase, what, ...of }: Measure): string {
  return [subjectName(of), phase ?? what].filter((word) => word !== '').join(' ');
}

/** What was measured, without the figure: `4k 1 MiB`; empty if there is only one. */
export function subjectName({ op, load, memory, layout, size_kib, via }: Omit<Measure, 'what' | 'phase'>): string {
  const words = [op, load, memory, layout, size_kib === undefined ? undefined : sizeName(size_kib), via];
  return words.filter((word) => word !== undefined).join(' ');
}

/** Adds the fields to older results and histories, which have a name in `key`. */
export function withMeasure(value: unknown, key: 'name' | 'metric'): unknown {
  const older = z.looseObject({ [key]: z.string() }).safeParse(value);
  if (!older.success) return value;
  const { [key]: name, ...rest } = older.data;
  return { ...measureOfName(name as string), ...rest };
}

const PHASES = ['build', 'map', 'consume', 'unmap', 'queue', 'complete', 'whole', 'register', 'use', 'deregister'];
const LOADS = ['IOPS', 'bandwidth', 'p50', 'p99'].flatMap((what) => [what, `${what} of nvme`, `${what}, of nvme's`]);
/** Figures whose name has several words, or that exist for several subjects. All others had no subject. */
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
/** Longest first, so that `x unmap calls` is recognized as `unmap calls`. */
const NAMED = [...PHASES, ...LOADS, ...COUNTS].sort((a, b) => b.length - a.length);

const SIZE = String.raw`(?<size>\d+) (?<unit>[KMG]iB)`;
const OF: readonly RegExp[] = [
  new RegExp(`^(?<op>read|write) ${SIZE}$`),
  new RegExp(`^(?<layout>\\S+) ${SIZE}$`),
  new RegExp(`^(?<memory>\\S+) ${SIZE} (?<via>\\S+)$`),
  /^(?<memory>dma-buf) (?<layout>\S+) (?<via>\S+)$/,
  /^(?<via>\S+)$/,
];

/** Parses a name from results and histories up to schema 3. The only code that parses one. */
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
