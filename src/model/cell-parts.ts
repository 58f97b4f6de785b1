/** A cell's id and the ids of its parts. Code that needs a part uses the field and never splits the id. */
import { z } from 'zod';

export const CellParts = z.strictObject({
  /** machine/topology/workload/backend[!plant] */
  id: z.string(),
  machine: z.string(),
  topology: z.string(),
  workload: z.string(),
  /** The kind of the workload. Results up to schema 3 lack it. */
  kind: z.string().exactOptional(),
  backend: z.string(),
  /** The planted defect. */
  plant: z.string().exactOptional(),
});
export type CellParts = z.infer<typeof CellParts>;

const Nameless = z.looseObject({ id: z.string(), machine: z.undefined().optional() });

/** Adds the parts to results up to schema 3, which have the id only. The only code that splits an id. */
export function withParts(value: unknown): unknown {
  const older = Nameless.safeParse(value);
  return older.success ? { ...partsOfId(older.data.id), ...older.data } : value;
}

export function partsOfId(id: string): CellParts {
  const [path = '', plant] = id.split('!');
  const [machine = '', topology = '', workload = '', backend = ''] = path.split('/');
  return { id, machine, topology, workload, backend, ...(plant !== undefined && { plant }) };
}
