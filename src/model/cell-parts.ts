/** What a cell is, by the ids of its parts. Whoever asks which machine a cell has asks the field: its id is a name. */
import { z } from 'zod';

export const CellParts = z.strictObject({
  /** machine/topology/workload/backend[!plant] */
  id: z.string(),
  machine: z.string(),
  topology: z.string(),
  workload: z.string(),
  /** Of workload. Results up to schema 3 do not say it. */
  kind: z.string().exactOptional(),
  backend: z.string(),
  /** The planted defect. */
  plant: z.string().exactOptional(),
});
export type CellParts = z.infer<typeof CellParts>;

const Nameless = z.looseObject({ id: z.string(), machine: z.undefined().optional() });

/** Results up to schema 3 name a cell by its id alone. The one place that takes an id apart. */
export function withParts(value: unknown): unknown {
  const older = Nameless.safeParse(value);
  return older.success ? { ...partsOfId(older.data.id), ...older.data } : value;
}

export function partsOfId(id: string): CellParts {
  const [path = '', plant] = id.split('!');
  const [machine = '', topology = '', workload = '', backend = ''] = path.split('/');
  return { id, machine, topology, workload, backend, ...(plant !== undefined && { plant }) };
}
