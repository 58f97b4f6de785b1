/** What the folder of a cell that did not pass contains about it: enough to run it again on another machine. */
import { z } from 'zod';
import { CellRecord, RunRecord } from '../model/index.js';
import { Cell } from './cell.js';

export const KEPT_CELL_SCHEMA = 1;

/** The file's name. */
export const KEPT_CELL = 'cell.json';

/** A file that its guest was booted from. */
export const Artefact = z.strictObject({ what: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
export type Artefact = z.infer<typeof Artefact>;

export const KeptCell = z.strictObject({
  schema: z.literal(KEPT_CELL_SCHEMA),
  run: RunRecord,
  cell: Cell,
  record: CellRecord,
  /** Of the images that its guest booted. Equal keys mean equal content. */
  keys: z.strictObject({ qemu: z.string(), kernel: z.string(), rootfs: z.string(), modules: z.string() }),
  artefacts: z.array(Artefact),
});
export type KeptCell = z.infer<typeof KeptCell>;
