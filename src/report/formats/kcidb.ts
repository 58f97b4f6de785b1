/**
 * KCIDB, the kernel community's common database of test results, schema 5.3: one checkout, one build, a test a cell. The kernels
 * are Debian's, so the checkout names a version and no commit.
 */
import type { CellRecord, RunResult, Verdict } from '../../model/index.js';
import { storyOf } from './text.js';

const STATUS: Record<Verdict, 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'SKIP'> = {
  pass: 'PASS',
  fail: 'FAIL',
  // The test ended and does not know.
  inconclusive: 'ERROR',
  lost: 'MISS',
  skip: 'SKIP',
};

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
      architecture: ARCHITECTURE[/(?:amd64|arm64)$/.exec(kernel.release)?.[0] ?? 'amd64'],
      status: 'PASS',
      misc: { kernel: kernel.key, modules: run.modules.key },
    });
    return id;
  };
  const tests = cells.map((record) => ({
    id: `${checkout}:${record.id}`,
    origin,
    build_id: buildOf(record),
    path: pathOf(record.id),
    comment: record.id,
    status: STATUS[record.verdict],
    start_time: run.started,
    duration: record.duration_ms / 1000,
    environment: { comment: `QEMU ${run.qemu.version}, ${run.host.accelerator}`, misc: { seed: run.seed } },
    ...(record.verdict !== 'pass' && { log_excerpt: excerpt(record) }),
    misc: {
      verdict: record.verdict,
      oracles: record.oracles,
      metrics: record.metrics,
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
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

const ARCHITECTURE: Record<string, string> = { amd64: 'x86_64', arm64: 'aarch64' };

/** A path is words joined by dots; a planted defect is one more word. */
function pathOf(id: string): string {
  return ['phyrlab', ...id.split(/[/!]/)].map((word) => word.replace(/[^a-zA-Z0-9_-]/g, '_')).join('.');
}

function excerpt(record: CellRecord): string {
  return storyOf(record).join('\n').replaceAll('\0', '').slice(0, 16_384);
}
