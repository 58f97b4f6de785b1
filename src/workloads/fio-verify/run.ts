import { z } from 'zod';
import { countOf, type Metric } from '../../model/index.js';
import type { DataClaim } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { SECRET_KIB } from '../shared/disk-layout.js';
import { tune } from '../shared/driver-settings.js';
import { metricsOf } from '../shared/figures.js';
import { done, failed, type WorkloadResult } from '../shared/result.js';
import { Secret } from '../shared/secret.js';
import { type FioVerify, figures } from './declaration.js';
import { fioDue, fioJobFile, fioRegions } from './pattern.js';

const figure = metricsOf(figures);

const DEADLINE_MS = 120_000;
const SECRET_BYTES = SECRET_KIB * 1024;

const Side = z.object({ total_ios: z.number(), io_bytes: z.number(), iops: z.number(), runtime: z.number() });
const FioOutput = z.object({
  jobs: z.array(z.object({ jobname: z.string(), error: z.number(), read: Side, write: Side })).min(1),
});

/** fio writes every block of every region once and reads it back. The host knows what each block must contain. */
export async function run(context: WorkloadContext<FioVerify>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const secret = new Secret(dutFile, 0, cell.seed);
  await secret.plant();
  await tune(lab, workload.driver);
  const disk = await lab.bind(dut, 'phyr_nvme');
  const jobFile = fioJobFile(disk, workload.jobs, SECRET_BYTES, cell.seed);
  const fio = await lab.run('cat > /tmp/job.fio && lab fio /tmp/job.fio', {
    stdin: jobFile,
    deadlineMs: DEADLINE_MS,
    accept: 'all',
  });
  const data: DataClaim[] = fioRegions(workload.jobs, SECRET_BYTES).map((region) => ({
    kind: 'holds',
    what: `region ${region.name}`,
    file: dutFile,
    offset: region.offset,
    due: fioDue(region, cell.seed),
  }));
  const output = FioOutput.safeParse(fio.lines.at(-1));
  if (!output.success) {
    const detail = `fio gave no result: ${lastLine(fio.stderr)}`;
    return { workload: failed({ code: 'answer-unexpected', detail, where: { step: 'fio' } }), data, metrics: [] };
  }
  const broken = output.data.jobs.find((job) => job.error !== 0);
  const incomplete = output.data.jobs.find((job) => job.read.io_bytes < job.write.io_bytes || job.write.io_bytes === 0);
  if (broken || incomplete || fio.code !== 0) {
    const what = broken ? `job ${broken.jobname} ended with error ${broken.error}` : 'fio did not complete all its I/O';
    const detail = `${what}: ${lastLine(fio.stderr)}`;
    const code = broken ? 'io-failed' : 'io-incomplete';
    return { workload: failed({ code, detail, where: { step: 'fio' } }), data, metrics: [] };
  }
  await secret.read(lab, disk);
  data.push(secret.claim());
  const total = sum(output.data.jobs);
  return {
    workload: done(`${countOf(total.ios, 'I/O')} verified by fio`),
    data,
    metrics: throughput(total),
    moved: total.bytes + SECRET_BYTES,
    uses: workload.driver?.uses ?? [],
  };
}

interface Total {
  ios: number;
  bytes: number;
  ms: number;
}

function sum(jobs: z.infer<typeof FioOutput>['jobs']): Total {
  const sides = jobs.flatMap((job) => [job.read, job.write]);
  return {
    ios: sides.reduce((all, side) => all + side.total_ios, 0),
    bytes: sides.reduce((all, side) => all + side.io_bytes, 0),
    ms: Math.max(...jobs.map((job) => job.read.runtime + job.write.runtime)),
  };
}

/** Emulated time: only ratios within one run mean anything. */
function throughput(total: Total): Metric[] {
  return [figure('verified', total.ios), figure('fio', total.ms)];
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
