import { setTimeout as sleep } from 'node:timers/promises';
import { StepFailed } from '../../guest/index.js';
import { formatBytes, type OracleReport } from '../../model/index.js';
import type { Churn } from '../../oracle/index.js';
import { NotReleased } from '../../qemu/index.js';
import { ChurnRun, misread, operations } from '../shared/churn.js';
import type { WorkloadContext } from '../shared/context.js';
import { CHURN_KIB, SECRET_KIB } from '../shared/disk-layout.js';
import { metricsOf } from '../shared/figures.js';
import { done, failed, inconclusive, type WorkloadResult, type Wrong } from '../shared/result.js';
import { Secret } from '../shared/secret.js';
import { figures, type HotRemove } from './declaration.js';

const figure = metricsOf(figures);

/** By then I/O is under way, even in an emulated guest with a debug kernel. */
const UNDER_WAY_MS = 1_500;
/** Ends the workers if the removal has not. */
const SECONDS = 30;
/** From the removal of the device to the end of the last I/O. */
const DRAIN_MS = 10_000;
const AFTERWARDS_SECONDS = 1;

/**
 * Valid errors of I/O whose device is removed. The last two: the size of the device is 0 then, so there is no room to
 * write and nothing to zero.
 */
const ERRORS = ['EIO', 'ENODEV', 'ENXIO', 'ENOSPC', 'EINVAL'];

/**
 * Removes the device under the I/O of several threads. Each of them must get an error soon, and what was done before
 * must be on the disk. Then the device comes back: the kernel's driver and ours must find everything, and work.
 */
export async function run(context: WorkloadContext<HotRemove>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile, slot } = context;
  const { threads } = workload;
  const secret = new Secret(dutFile, 0, cell.seed);
  const area = threads * CHURN_KIB * 1024;
  const churnRun = (turn: number, seconds: number) =>
    new ChurnRun(context, {
      offset: SECRET_KIB * 1024 + turn * area,
      threads,
      pressure: false,
      seconds,
      seed: (cell.seed + turn) >>> 0,
    });
  const [before, after] = [churnRun(0, SECONDS), churnRun(1, AFTERWARDS_SECONDS)];
  await secret.plant();
  await before.plant();
  await after.plant();

  let disk = await lab.bind(dut, 'phyr_nvme');
  const interrupted = before.run(lab, disk);
  // Its result is awaited below. Until then a rejection must not be unhandled.
  interrupted.catch(() => {});
  await sleep(UNDER_WAY_MS);
  const removed = performance.now();
  if (workload.how === 'unplug') await unplugged(slot);
  else await lab.unbind(dut);
  const churn = await interrupted;
  const drainMs = performance.now() - removed;
  if (workload.how === 'unplug') {
    await lab.run(`lab gone ${dut}`);
    await slot.plug();
    await lab.run(`lab there ${dut}`);
  }

  disk = await lab.bind(dut, 'nvme');
  await secret.read(lab, disk);
  const secretByKernel = secret.claim();
  disk = await lab.bind(dut, 'phyr_nvme');
  await secret.read(lab, disk);
  const again = await after.run(lab, disk);
  return {
    workload: judgeRemoval(churn, drainMs, again),
    data: [...before.claims(churn), ...after.claims(again), secretByKernel, secret.claim()],
    metrics: [figure('operations', operations(churn) + operations(again)), figure('removal', Math.round(drainMs))],
    moved: SECRET_KIB * 1024,
    expectedLog: EXPECTED_LOG,
  };
}

/** What the kernel logs about I/O whose device is gone, and nothing else. */
const EXPECTED_LOG = [
  /phyr_nvme 0000:\S+: (read|write|write_zeroes|flush) of \d+ bytes at sector \d+ failed/i,
  /I\/O error, dev phyr\d+, sector \d+/,
];

function judgeRemoval(churn: Churn['churn'], drainMs: number, again: Churn['churn']): OracleReport {
  const wrong = misread(churn) ?? misread(again);
  if (wrong !== undefined) return failed(wrong);
  const idle = churn.workers.findIndex(({ done }) => done === 0);
  if (idle >= 0) return inconclusive('event-missing', `worker ${idle} had not done any I/O when the device went`);
  const untouched = churn.workers.findIndex(({ error }) => error === null);
  const survived = (detail: string, where: NonNullable<Wrong['where']>) =>
    failed({ code: 'survived-removal', detail, where });
  if (untouched >= 0) return survived(`worker ${untouched} continued without the device`, { outcome: 'went on' });
  const odd = churn.workers.find(({ error }) => !ERRORS.includes(String(error)));
  if (odd) return survived(`I/O on the removed device ended with ${odd.error}`, { errno: String(odd.error) });
  if (drainMs > DRAIN_MS)
    return survived(`the last I/O ended ${Math.round(drainMs)} ms after the device was removed`, { outcome: 'late' });
  const broken = again.workers.find(({ error }) => error !== null);
  if (broken) {
    const detail = `after the device came back, operation ${broken.done + 1} ended with ${broken.error}`;
    return failed({ code: 'io-failed', detail, where: { errno: String(broken.error) } });
  }
  const errors = [...new Set(churn.workers.map(({ error }) => error))].join(', ');
  return done(
    `gone after ${operations(churn)} operations (${errors}), back for ${operations(again)}, ${formatBytes(again.bytes)}`,
  );
}

/** If a driver does not release its device, that is a failure of the code under test. */
async function unplugged(slot: { unplug(): Promise<void> }): Promise<void> {
  try {
    await slot.unplug();
  } catch (error) {
    throw error instanceof NotReleased ? new StepFailed(error.message, { where: { step: 'unplug' } }) : error;
  }
}
