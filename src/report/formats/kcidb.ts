/**
 * KCIDB, the kernel community's common database of test results, schema 5.3: one checkout, one build, one test per cell. The kernels are
 * Debian's, so the checkout names a version and no commit.
 */
import { ARCHES, HOST } from '../../arches/index.js';
import { type CellRecord, harmless, type RunResult, type Verdict } from '../../model/index.js';
import { storyOf } from './text.js';

const STATUS: Record<Verdict, 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'SKIP'> = {
  pass: 'PASS',
  caught: 'PASS',
  // An incident says which issue it is.
  xfail: 'FAIL',
  fail: 'FAIL',
  // The test ended without a result.
  inconclusive: 'ERROR',
  lost: 'MISS',
  skip: 'SKIP',
};

/** Each known defect of the kernel is an issue of its code. Each cell that shows it is an incident. */
function issuesOf({ cells }: Pick<RunResult, 'cells'>, checkout: string, origin: string): object {
  const found = cells.flatMap(({ id, findings = [] }) =>
    [...new Set(findings.flatMap(({ known }) => known ?? []))].map((known) => ({ id, known })),
  );
  if (found.length === 0) return {};
  const reasons = new Map(found.map(({ id, known }) => [known, cells.find((cell) => cell.id === id)?.reason ?? known]));
  return {
    issues: [...reasons].map(([known, reason]) => ({
      id: `${origin}:${known}`,
      version: 1,
      origin,
      culprit: { code: true, tool: false, harness: false },
      comment: reason,
    })),
    incidents: found.map(({ id, known }) => ({
      id: `${checkout}:${id}:${known}`,
      origin,
      issue_id: `${origin}:${known}`,
      issue_version: 1,
      test_id: `${checkout}:${id}`,
      present: true,
    })),
  };
}

/** @param origin who submits: lower-case letters, digits and `_` */
export function kcidb({ run, cells }: RunResult, origin = 'phyrlab'): string {
  const checkout = `${origin}:${run.id}`;
  const builds = new Map<string, object>();
  const buildOf = ({ kernel = run.kernel }: CellRecord) => {
    const id = `${checkout}:${kernel.key}`;
    builds.set(id, {
      id,
      origin,
      checkout_id: checkout,
      comment: kernel.release,
      architecture: (ARCHES.find(({ debian }) => kernel.release.endsWith(debian)) ?? HOST).id,
      status: 'PASS',
      misc: { kernel: kernel.key, modules: run.modules.key },
    });
    return id;
  };
  const tests = cells.map((record) => ({
    id: `${checkout}:${record.id}`,
    origin,
    build_id: buildOf(record),
    path: pathOf(record),
    comment: record.id,
    status: STATUS[record.verdict],
    // A cell that never began has no time.
    ...(record.started !== undefined && { start_time: record.started, duration: record.duration_ms / 1000 }),
    environment: { comment: `QEMU ${run.qemu.version}, ${run.host.accelerator}`, misc: { seed: run.seed } },
    ...(record.verdict !== 'pass' && { log_excerpt: excerpt(record) }),
    misc: {
      verdict: record.verdict,
      ...(record.code && { code: record.code }),
      oracles: record.oracles,
      metrics: record.metrics,
      ...(record.findings && { findings: record.findings }),
      ...(record.earlier && { earlier: record.earlier }),
    },
  }));
  const result = {
    version: { major: 5, minor: 3 },
    checkouts: [
      { id: checkout, origin, tree_name: 'debian', start_time: run.started, valid: true, comment: run.kernel.release },
    ],
    builds: [...builds.values()],
    tests,
    ...issuesOf({ cells }, checkout, origin),
  };
  return harmless(`${JSON.stringify(result, null, 2)}\n`);
}

/** Words joined by dots. A planted defect is one more word. */
function pathOf({ machine, topology, workload, backend, plant }: CellRecord): string {
  const words = ['phyrlab', machine, topology, workload, backend, ...(plant === undefined ? [] : [plant])];
  return words.map((word) => word.replace(/[^a-zA-Z0-9_-]/g, '_')).join('.');
}

function excerpt(record: CellRecord): string {
  return harmless(storyOf(record).join('\n')).slice(0, 16_384);
}
