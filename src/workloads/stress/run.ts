import { formatBytes, type OracleReport } from '../../model/index.js';
import type { Churn } from '../../oracle/index.js';
import { ChurnRun, misread, operations } from '../shared/churn.js';
import type { WorkloadContext } from '../shared/context.js';
import { SECRET_KIB } from '../shared/disk-layout.js';
import { metricsOf } from '../shared/figures.js';
import { done, failed, inconclusive, type WorkloadResult } from '../shared/result.js';
import { Secret } from '../shared/secret.js';
import { figures, type Stress } from './declaration.js';

const figure = metricsOf(figures);

const PAGE = 4096;

/**
 * Reads, writes and zeroes 512 bytes to 1 MiB from many threads, with buffers at any multiple of four bytes, while the
 * kernel must reclaim memory. The host knows from the seed what each sector must contain in the end.
 */
export async function run(context: WorkloadContext<Stress>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const secret = new Secret(dutFile, 0, cell.seed);
  const { threads, seconds } = workload;
  const churnRun = new ChurnRun(context, {
    offset: SECRET_KIB * 1024,
    threads,
    pressure: true,
    seconds,
    seed: cell.seed,
  });
  await secret.plant();
  await churnRun.plant();
  const disk = await lab.bind(dut, 'phyr_nvme');
  const churn = await churnRun.run(lab, disk);
  await secret.read(lab, disk);
  return {
    workload: judgeChurn(churn),
    data: [...churnRun.claims(churn), secret.claim()],
    metrics: [figure('operations', operations(churn)), figure('reclaimed', churn.pressure.reclaimed)],
    moved: SECRET_KIB * 1024,
  };
}

function judgeChurn(churn: Churn['churn']): OracleReport {
  const broken = churn.workers.findIndex(({ error }) => error !== null);
  const wrong = misread(churn);
  if (wrong !== undefined) return failed(wrong);
  if (broken >= 0) {
    const { done, error } = churn.workers[broken] ?? {};
    const detail = `worker ${broken}: operation ${Number(done) + 1} ended with ${error}`;
    return failed({ code: 'io-failed', detail, where: { errno: String(error) } });
  }
  const idle = churn.workers.findIndex(({ done }) => done === 0);
  if (idle >= 0) return inconclusive('event-missing', `worker ${idle} did not complete a single operation`);
  const { scanned, reclaimed, stalls, mib } = churn.pressure;
  if (reclaimed === 0)
    return inconclusive(
      'event-missing',
      `the kernel reclaimed no memory (${mib} MiB were taken, and ${scanned} pages looked at)`,
    );
  const pressure = `${formatBytes(reclaimed * PAGE)} reclaimed, ${stalls} allocations waited for it`;
  return done(`${operations(churn)} operations, ${formatBytes(churn.bytes)}; ${pressure}`);
}
