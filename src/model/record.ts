/**
 * The result of a run for programs, as written by `--json`. It is stable: a change that breaks readers raises SCHEMA_VERSION.
 */
import { z } from 'zod';
import { CellParts, withParts } from './cell-parts.js';
import { Finding } from './finding.js';
import { Metric } from './metric.js';
import { OracleReport } from './oracle-report.js';
import { Script } from './script.js';
import { ShortLine } from './short-line.js';
import { MOST_SUBTESTS, Subtest } from './subtest.js';
import { isUnfinished, UnjudgedCode, withCode } from './unjudged-codes.js';
import { Verdict } from './verdict.js';

export const SCHEMA_VERSION = 4;

const Recorded = z.strictObject({
  ...CellParts.shape,
  verdict: Verdict,
  /** Why this verdict, in one line. Empty for an ordinary pass. */
  reason: ShortLine,
  /** The reason as a code, for lost and inconclusive cells only. */
  code: UnjudgedCode.exactOptional(),
  oracles: z.array(OracleReport),
  findings: z.array(Finding).min(1).exactOptional(),
  metrics: z.array(Metric),
  /** What a command of the user's reported, test by test. */
  subtests: z.array(Subtest).min(1).max(MOST_SUBTESTS).exactOptional(),
  /** The cell's kernel, if its machine needs one that differs from the run's. */
  kernel: z.strictObject({ release: z.string(), key: z.string() }).optional(),
  /** When it began (ISO 8601, UTC). Missing if it never did. */
  started: z.string().exactOptional(),
  duration_ms: z.number(),
  /** `cold`: its guest was booted for it. `shared`: it ran in the guest of earlier cells. `restored`: its guest came from a snapshot. */
  boot: z.enum(['cold', 'shared', 'restored']).exactOptional(),
  /** The command that runs exactly this cell again. */
  repro: z.string(),
  /** Earlier attempts, all of them lost. */
  earlier: z
    .array(
      z.strictObject({
        code: UnjudgedCode.exactOptional(),
        reason: ShortLine,
        duration_ms: z.number(),
        evidence: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
  /** The folder of its evidence, below the run's. */
  evidence: z.string().exactOptional(),
});

const hasCode = ({ verdict, code }: z.infer<typeof Recorded>) =>
  (code !== undefined) === (verdict === 'lost' || verdict === 'inconclusive');

export const CellRecord = z.preprocess(
  (value) => withCode(withParts(value)),
  Recorded.refine(hasCode, { path: ['code'], error: 'only lost and inconclusive cells have a code' }),
);
export type CellRecord = z.infer<typeof CellRecord>;

/** Why the cell could not finish, if something stopped it; else undefined. */
export function whyUnfinished({ code, reason }: Pick<CellRecord, 'code' | 'reason'>): string | undefined {
  return code !== undefined && isUnfinished(code) ? reason : undefined;
}

/** The part of the user's request that decides what runs. */
export const Asked = z.strictObject({
  words: z.array(z.string()),
  kernel: z.string(),
  qemu: z.string().exactOptional(),
  scenarios: z.string().exactOptional(),
  script: Script.exactOptional(),
});
export type Asked = z.infer<typeof Asked>;

/** Shard `index` of `count`, counted from 1. Shards with the same hash `plan` belong together. */
export const Shard = z.strictObject({ index: z.int().min(1), count: z.int().min(1), plan: z.string() });
export type Shard = z.infer<typeof Shard>;

export const RunRecord = z.strictObject({
  id: z.string(),
  seed: z.number(),
  started: z.string(),
  /** Without the host's name. */
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
  /** Packages that differ from the lock file because the mirror no longer has the locked version. */
  drift: z.array(z.string()),
  asked: Asked.exactOptional(),
  shard: Shard.exactOptional(),
});
export type RunRecord = z.infer<typeof RunRecord>;

export const RunResult = z.strictObject({
  /**
   * 1: a planted defect that was caught had the verdict `pass`. 2: objections were sentences without codes; they are read as `unclassified`.
   * 3: cells had no fields for their parts and no code for being lost or inconclusive, and metrics had only a name.
   */
  schema: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(SCHEMA_VERSION)]),
  run: RunRecord.extend({ duration_ms: z.number(), interrupted: z.boolean(), exit_code: z.number() }),
  cells: z.array(CellRecord),
});
export type RunResult = z.infer<typeof RunResult>;
