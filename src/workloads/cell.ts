import { z } from 'zod';
import { Backend, type CellParts, Expectation, KnownDefect, Machine, Plant, Topology } from '../model/index.js';
import { Workload } from './workload.js';

/** The smallest unit that gets a verdict. Its `id` is stable and readable: machine/topology/workload/backend[!plant]. */
export const Cell = z.strictObject({
  id: z.string(),
  machine: Machine,
  topology: Topology,
  workload: Workload,
  backend: Backend,
  plant: Plant.exactOptional(),
  expect: Expectation,
  /** Known defects of the kernel that must show in it. */
  known: z.array(KnownDefect).min(1).exactOptional(),
  /** Derived from the run's seed and the cell's id; 32 bits. */
  seed: z.number(),
});
export type Cell = z.infer<typeof Cell>;

type Combined = Pick<Cell, 'id' | 'machine' | 'topology' | 'workload' | 'backend'> & { plant?: Plant | undefined };

/** The cell's id and parts, as records have them. */
export function partsOf({ id, machine, topology, workload, backend, plant }: Combined): CellParts {
  return {
    id,
    machine: machine.id,
    topology: topology.id,
    workload: workload.id,
    kind: workload.kind,
    backend,
    ...(plant !== undefined && { plant }),
  };
}
