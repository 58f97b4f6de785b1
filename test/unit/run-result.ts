import {
  type CellRecord,
  type Objection,
  type OracleReport,
  objectionReport,
  partsOfId,
  passes,
  type RunRecord,
  type RunResult,
  SCHEMA_VERSION,
} from '../../src/model/index.js';

/** What an oracle says, with one objection if it does not pass. */
export function reportOf(
  name: OracleReport['name'],
  verdict: OracleReport['verdict'],
  detail = 'd',
  { code = 'unclassified', ...more }: Partial<Objection> = {},
): OracleReport {
  return verdict === 'pass' ? passes(name, detail) : objectionReport(name, verdict, [{ ...more, code, detail }]);
}

/** A run of which nothing matters but that it is one. */
export const someRun: RunRecord = {
  id: '20261121-000000-abcd',
  seed: 1,
  started: '2026-11-21T00:00:00.000Z',
  host: { kernel: '7.0', cpus: 2, memory_mib: 1000, accelerator: 'tcg' },
  qemu: { version: '11.1.3', key: 'q' },
  kernel: { release: '7.3.4+deb13-cloud-amd64', key: 'k' },
  rootfs: { key: 'r' },
  modules: { key: 'm' },
  drift: [],
};

export function resultOf(cells: CellRecord[]): RunResult {
  return {
    schema: SCHEMA_VERSION,
    run: { ...someRun, duration_ms: 5000, interrupted: false, exit_code: 1 },
    cells,
  };
}

/** Of a cell that was only kept from its end. */
export const INTERRUPTED = { verdict: 'lost', code: 'interrupted', reason: 'interrupted' } as const;

/** A cell that passed, but for what is said otherwise. */
export function cellRecord(changes: Partial<CellRecord>): CellRecord {
  const id = changes.id ?? 'vtd-strict/switch/crosscheck/phyr8';
  return {
    ...partsOfId(id),
    verdict: 'pass',
    reason: '',
    oracles: [{ name: 'data', verdict: 'pass', detail: '4 MiB as due' }],
    metrics: [],
    duration_ms: 1234,
    repro: `npx phyrlab run '${id}' --seed 1`,
    ...changes,
  };
}
