import { z } from 'zod';
import { linesOf, StepFailed } from '../../guest/index.js';
import { type Metric, walk } from '../../model/index.js';
import { Counters, Watch } from '../../oracle/index.js';
import { medianOf } from '../../perf/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { COST_REGION_KIB } from '../shared/disk-layout.js';
import { metricsOf } from '../shared/figures.js';
import { outerCounters } from '../shared/lines.js';
import { done, failed, type WorkloadResult } from '../shared/result.js';
import { stampedRegion } from '../shared/stamped.js';
import { type FioLoad, figures, type Throughput } from './declaration.js';

const figure = metricsOf(figures);

const SHOWN_KIB = 1024;
const SLACK_MS = 60_000;

const Side = z.object({
  iops: z.number(),
  bw_bytes: z.number(),
  clat_ns: z.object({ percentile: z.record(z.string(), z.number()).optional() }),
});
type Side = z.infer<typeof Side>;
const FioOutput = z.object({
  jobs: z.array(z.object({ jobname: z.string(), error: z.number(), read: Side, write: Side })).min(1),
});

const SIDES = ['ours', 'theirs'] as const;

/**
 * Measures our driver and the kernel's in turns, each on its own of two identical disks. Time is emulated, so only the
 * ratio of the two means anything, and its spread over the rounds shows how much.
 */
export async function run(context: WorkloadContext<Throughput>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut } = context;
  const disks = [...walk(cell.topology)].map(({ node }) => node);
  const reference = disks.find((node) => node.kind === 'nvme' && node.role === 'reference');
  if (reference === undefined) throw new StepFailed('the topology has no reference disk');
  const claims = await stampedRegion(context, 'phyr_nvme', SHOWN_KIB);
  await lab.unbind(dut);
  const { loads, ms, rounds } = workload;
  await lab.run('cat > /tmp/turns.fio', { stdin: turns(loads, ms, rounds) });
  const command = `lab unwatched lab on-disk OURS ${dut} phyr_nvme lab on-disk THEIRS ${context.bdf(reference.id)} nvme lab fio /tmp/turns.fio`;
  const { lines } = await lab.run(command, { deadlineMs: 2 * 2 * loads.length * rounds * ms + SLACK_MS });
  const output = linesOf(FioOutput, command, lines).at(0);
  const watch = linesOf(Watch, command, lines).at(0);
  const common = { ...claims, watch, uncounted: outerCounters(command, lines, Counters) };
  if (output === undefined)
    return {
      ...common,
      workload: failed({ code: 'answer-unexpected', detail: 'fio gave no result', where: { step: 'fio' } }),
      metrics: [],
    };
  const broken = output.jobs.find(({ error }) => error !== 0);
  if (broken) {
    const detail = `fio job ${broken.jobname}: error ${broken.error}`;
    return { ...common, workload: failed({ code: 'io-failed', detail, where: { step: 'fio' } }), metrics: [] };
  }
  return {
    ...common,
    workload: done(`${rounds} rounds of ${loads.length} loads; ${EMULATED}`),
    metrics: loads.flatMap((load) => figuresOf(load, rounds, output.jobs)),
  };
}

export const EMULATED = 'emulated time is not hardware time: only ratios of one run mean anything';

/** One job after the other. Each round begins with the other driver. */
function turns(loads: readonly FioLoad[], ms: number, rounds: number): string {
  const jobs = Array.from({ length: rounds }, (_, round) =>
    loads.flatMap((load) => (round % 2 === 0 ? SIDES : [...SIDES].reverse()).map((side) => job(load, side, round, ms))),
  );
  return [
    `[global]\nioengine=libaio\ndirect=1\nthread\nrandrepeat=1\nsize=${COST_REGION_KIB}k\ntime_based\nruntime=${ms}ms\n`,
    ...jobs.flat(),
  ].join('\n');
}

function job({ name, op, blockSize, depth }: FioLoad, side: (typeof SIDES)[number], round: number, ms: number): string {
  const file = `filename=$\{${side.toUpperCase()}}`;
  return `[${jobName(name, side, round)}]\nstonewall\n${file}\nrw=${op}\nbs=${blockSize}\niodepth=${depth}\nruntime=${ms}ms\n`;
}

function jobName(load: string, side: string, round: number): string {
  return `${load}.${side}.${round}`;
}

type Jobs = z.infer<typeof FioOutput>['jobs'];

const SAID = [
  { name: 'IOPS', of: (side: Side) => side.iops },
  { name: 'bandwidth', of: (side: Side) => side.bw_bytes / 2 ** 20 },
  { name: 'p50', of: (side: Side) => percentile(side, '50.000000') },
  { name: 'p99', of: (side: Side) => percentile(side, '99.000000') },
] as const;

function percentile({ clat_ns }: Side, which: string): number {
  return (clat_ns.percentile?.[which] ?? Number.NaN) / 1000;
}

/** The ratios are compared between runs; the absolute figures are only shown. */
function figuresOf(load: FioLoad, rounds: number, jobs: Jobs): Metric[] {
  const reads = load.op.endsWith('read');
  const values = (side: (typeof SIDES)[number], of: (side: Side) => number) =>
    Array.from({ length: rounds }, (_, round) => {
      const found = jobs.find(({ jobname }) => jobname === jobName(load.name, side, round));
      const value = found === undefined ? Number.NaN : of(reads ? found.read : found.write);
      if (!(value > 0))
        throw new StepFailed(`fio's result lacks ${jobName(load.name, side, round)}`, { code: 'answer-unexpected' });
      return value;
    });
  const sampled = (name: keyof typeof figures, samples: number[]) =>
    figure(name, medianOf(samples), { load: load.name, samples });
  return SAID.flatMap(({ name, of }): Metric[] => {
    const [ours, theirs] = [values('ours', of), values('theirs', of)];
    const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
    return [sampled(`${name}, of nvme's`, ratios), sampled(name, ours), sampled(`${name} of nvme`, theirs)];
  });
}
