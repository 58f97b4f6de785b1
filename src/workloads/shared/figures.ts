import type { Measure, Metric } from '../../model/index.js';

/**
 * Which table of `phyrlab bench` a figure stands in: with the other phases of a mapping, beside them as a count, as the whole of an I/O, or
 * as a part of what the kernel's driver does.
 */
export type BenchTable = 'phase' | 'count' | 'whole' | 'ratio';

/** What figures are called, their unit and which way is good; `phase`: it is a part of a cost. */
export type Figures = Readonly<Record<string, Pick<Metric, 'unit' | 'better'> & { table?: BenchTable; phase?: true }>>;

type More = Omit<Measure, 'what' | 'phase'> & { samples?: number[] };

/** Makes metrics of these figures, and of no others. */
export function metricsOf<F extends Figures>(figures: F) {
  return (name: keyof F & string, value: number, more: More = {}): Metric => {
    const { unit = '', better = 'neither', phase } = figures[name] ?? {};
    const measured = phase ? { what: 'cost', phase: name } : { what: name };
    return { ...more, ...measured, unit, value, better };
  };
}
