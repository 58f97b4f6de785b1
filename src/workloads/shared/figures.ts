import type { Metric } from '../../model/index.js';

/** Which table of `phyrlab bench` a figure stands in: with the other phases of a mapping, beside them as a count, or as the whole of an I/O. */
export type BenchTable = 'phase' | 'count' | 'whole';

/** What figures are called, their unit and which way is good. */
export type Figures = Readonly<Record<string, Pick<Metric, 'unit' | 'better'> & { table?: BenchTable }>>;

interface More {
  /** What it is a figure of, where there are several. */
  of?: string;
  samples?: number[];
}

/** Makes metrics of these figures, and of no others. */
export function metricsOf<F extends Figures>(figures: F) {
  return (name: keyof F & string, value: number, { of, samples }: More = {}): Metric => {
    const { unit = '', better = 'neither' } = figures[name] ?? {};
    const whole = of === undefined ? name : `${of} ${name}`;
    return { name: whole, unit, value, better, ...(samples !== undefined && { samples }) };
  };
}
