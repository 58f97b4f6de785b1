/**
 * The machine-readable result of a run: what `--json` writes. Stable; a change that breaks readers raises SCHEMA_VERSION.
 */
import { z } from 'zod';
import { Verdict } from './verdict.js';
import { OracleName } from './words.js';

export const SCHEMA_VERSION = 1;

/** An oracle's own verdict: `inconclusive` means that it could not look, and `detail` says why. */
export const OracleReport = z.strictObject({
  name: OracleName,
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  detail: z.string(),
});
export type OracleReport = z.infer<typeof OracleReport>;

export const Metric = z.strictObject({
  name: z.string(),
  unit: z.string(),
  value: z.number(),
  better: z.enum(['lower', 'higher', 'neither']),
  /** What `value` is the median of, in the order in which they were taken, where it was measured several times. */
  samples: z.array(z.number()).min(1).exactOptional(),
});
export type Metric = z.infer<typeof Metric>;

export const CellRecord = z.strictObject({
  id: z.string(),
  verdict: Verdict,
  /** One line: why this verdict. Empty for an ordinary pass. */
  reason: z.string(),
  oracles: z.array(OracleReport),
  metrics: z.array(Metric),
  /** The kernel that this cell ran on, where its machine needs another than the run's. */
  kernel: z.strictObject({ release: z.string(), key: z.string() }).optional(),
  duration_ms: z.number(),
  /** The one command that runs exactly this cell again. */
  repro: z.string(),
});
export type CellRecord = z.infer<typeof CellRecord>;

/** The reason of every cell that a Ctrl-C kept from its end. */
export const INTERRUPTED = 'interrupted before it ended';

export const RunRecord = z.strictObject({
  id: z.string(),
  seed: z.number(),
  started: z.string(),
  /** CPU count, memory and kernel of the host; no host name. */
  host: z.strictObject({
    kernel: z.string(),
    cpus: z.number(),
    memory_mib: z.number(),
    accelerator: z.enum(['kvm', 'tcg']),
  }),
  qemu: z.strictObject({ version: z.string(), key: z.string() }),
  kernel: z.strictObject({ release: z.string(), key: z.string() }),
  rootfs: z.strictObject({ key: z.string() }),
  modules: z.strictObject({ key: z.string() }),
  /** Packages that differ from the lock because the locked version has left the mirror. */
  drift: z.array(z.string()),
});
export type RunRecord = z.infer<typeof RunRecord>;

export const RunResult = z.strictObject({
  schema: z.literal(SCHEMA_VERSION),
  run: RunRecord.extend({ duration_ms: z.number(), interrupted: z.boolean(), exit_code: z.number() }),
  cells: z.array(CellRecord),
});
export type RunResult = z.infer<typeof RunResult>;
