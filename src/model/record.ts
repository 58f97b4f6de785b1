/**
 * The machine-readable result of a run: what `--json` writes. Stable; a change that breaks readers raises SCHEMA_VERSION.
 */
import { z } from 'zod';
import { CellParts, withParts } from './cell-parts.js';
import { Finding } from './finding.js';
import { Metric } from './metric.js';
import { OracleReport } from './oracle-report.js';
import { Told } from './told.js';
import { isUnfinished, UnjudgedCode, withCode } from './unjudged-codes.js';
import { Verdict } from './verdict.js';

export const SCHEMA_VERSION = 4;

const Recorded = z.strictObject({
  ...CellParts.shape,
  verdict: Verdict,
  /** One line: why this verdict. Empty for an ordinary pass. */
  reason: Told,
  /** The same for programs: of lost and inconclusive cells, and of no others. */
  code: UnjudgedCode.exactOptional(),
  oracles: z.array(OracleReport),
  findings: z.array(Finding).min(1).exactOptional(),
  metrics: z.array(Metric),
  /** The kernel that this cell ran on, where its machine needs another than the run's. */
  kernel: z.strictObject({ release: z.string(), key: z.string() }).optional(),
  /** When it began, ISO 8601, UTC; of a cell that never did, nothing. */
  started: z.string().exactOptional(),
  duration_ms: z.number(),
  /** Its guest booted for it, was shared with the cells before it, or went on from a state that was kept. */
  boot: z.enum(['cold', 'shared', 'restored']).exactOptional(),
  /** The one command that runs exactly this cell again. */
  repro: z.string(),
  /** The attempts before this one, each of them lost. */
  earlier: z
    .array(
      z.strictObject({
        code: UnjudgedCode.exactOptional(),
        reason: Told,
        duration_ms: z.number(),
        evidence: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
  /** The folder with what was kept of it, below the run's. */
  evidence: z.string().exactOptional(),
});

const hasCode = ({ verdict, code }: z.infer<typeof Recorded>) =>
  (code !== undefined) === (verdict === 'lost' || verdict === 'inconclusive');

export const CellRecord = z.preprocess(
  (value) => withCode(withParts(value)),
  Recorded.refine(hasCode, { path: ['code'], error: 'is of lost and inconclusive cells, and of no others' }),
);
export type CellRecord = z.infer<typeof CellRecord>;

/** Was the cell only kept from its end? Then why. */
export function whyUnfinished({ code, reason }: Pick<CellRecord, 'code' | 'reason'>): string | undefined {
  return code !== undefined && isUnfinished(code) ? reason : undefined;
}

/** What was asked for, as far as it decides what runs. */
export const Asked = z.strictObject({
  words: z.array(z.string()),
  kernel: z.string(),
  qemu: z.string().exactOptional(),
  scenarios: z.string().exactOptional(),
});
export type Asked = z.infer<typeof Asked>;

/** Which part of a plan a run is: shard `index` of `count`, from 1. Two shards belong together if `plan`, a hash, is the same. */
export const Shard = z.strictObject({ index: z.int().min(1), count: z.int().min(1), plan: z.string() });
export type Shard = z.infer<typeof Shard>;

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
  asked: Asked.exactOptional(),
  shard: Shard.exactOptional(),
});
export type RunRecord = z.infer<typeof RunRecord>;

export const RunResult = z.strictObject({
  /**
   * 1: before a planted defect that was caught had a verdict of its own; it was `pass`. 2: before objections had codes; they were
   * sentences, which are read as `unclassified`. 3: before a cell
   * said its parts, and by a code why it is lost or inconclusive, and a metric of what it is.
   */
  schema: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(SCHEMA_VERSION)]),
  run: RunRecord.extend({ duration_ms: z.number(), interrupted: z.boolean(), exit_code: z.number() }),
  cells: z.array(CellRecord),
});
export type RunResult = z.infer<typeof RunResult>;
