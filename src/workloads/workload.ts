import { z } from 'zod';
import type { Kind } from './kind.js';
import * as list from './kinds.js';
import type { BenchTable, Figures } from './shared/figures.js';

type Kinds = (typeof list)[keyof typeof list];

export const kinds: readonly Kinds[] = Object.values(list);

/** What a cell does, declared by its kind. */
export const Workload = z.discriminatedUnion(
  'kind',
  kinds.map(({ schema }) => schema) as [Kinds['schema'], ...Kinds['schema'][]],
);
export type Workload = z.infer<typeof Workload>;

const byName = new Map<string, unknown>(kinds.map((kind) => [kind.name, kind]));

/** The kind of this workload. */
export function kindOf<W extends Workload>({ kind }: W): Kind<W> {
  return byName.get(kind) as Kind<W>;
}

/** The names of the figures in this table, of one kind or of all. */
export function figuresIn(table: BenchTable, of?: string): string[] {
  return kinds.flatMap((kind) => {
    if (of !== undefined && kind.name !== of) return [];
    const figures: Figures = kind.figures;
    return Object.entries(figures).flatMap(([name, figure]) => (figure.table === table ? [name] : []));
  });
}
