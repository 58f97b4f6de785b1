import type { Measure, Metric } from '../../model/index.js';

/**
 * The table of `phyrlab bench` that has a figure: phases of a mapping, counts, whole I/Os, or ratios to the kernel's driver.
 */
export type BenchTable = 'phase' | 'count' | 'whole' | 'ratio';

/** The names of figures with unit and direction. `phase`: it is a phase of a cost. */
export type Figures = Readonly<Record<string, Pick<Metric, 'unit' | 'better'> & { table?: BenchTable; phase?: true }>>;

type More = Omit<Measure, 'what' | 'phase'> & { samples?: number[] };

/** Makes metrics from these figures only. */
export function metricsOf<F extends Figures>(figures: F) {
  return (name: keyof F & string, value: number, more: More = {}): Metric => {
    const { unit = '', better = 'neither', phase } = figures[name] ?? {};
    const measured = phase ? { what: 'cost', phase: name } : { what: name };
    return { ...more, ...measured, unit, value, better };
  };
}
