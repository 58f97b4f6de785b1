import { z } from 'zod';
import { check } from '../../guest/index.js';
import {
  countOf,
  domainInForce,
  InfraError,
  type Machine,
  type Metric,
  objects,
  passes,
  walk,
} from '../../model/index.js';
import { EngineOutcome, judgeEngine, knowsWriteOnly, type Provoked } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { FAULTS_IN_LOG } from '../shared/faults-in-log.js';
import { metricsOf } from '../shared/figures.js';
import { done, failed, type WorkloadResult } from '../shared/result.js';
import { type Engine, figures } from './declaration.js';

const figure = metricsOf(figures);

const PAGE = 4096;
const CASES_DEADLINE_MS = 60_000;

type Name = Engine['engine'];

/**
 * A DMA engine uses addresses that are mapped, no longer mapped, or mapped for the other direction: first mapped by the
 * kernel's dma_map_phys(), then by the cell's backend.
 */
export async function run(context: WorkloadContext<Engine>): Promise<WorkloadResult> {
  const { cell, workload, lab } = context;
  const node = [...walk(cell.topology)].find((place) => place.node.kind === workload.engine)?.node;
  if (node === undefined) throw new InfraError(`the topology has no ${workload.engine}`);
  const bdf = context.bdf(node.id);
  const bits = node.kind === 'edu' ? node.dmaMaskBits : 64;
  const cases = casesOf(cell.machine, workload.engine, bits);
  const outcomes: EngineOutcome[] = [];
  await lab.run(`lab engine load ${bits}`);
  await withCleanup(
    async () => {
      await lab.bind(bdf, 'phyr_engine');
      for (const path of ['phys', cell.backend]) {
        const command = `lab engine ${bdf} ${path} ${cases.join(' ')}`;
        const { lines, stderr } = await lab.run(command, { deadlineMs: CASES_DEADLINE_MS });
        for (const [at, name] of cases.entries()) {
          const { engine: outcome } = check(Answer, command, lines[at], stderr);
          if (outcome.case !== name || outcome.path !== path)
            throw new InfraError(`${command}: unexpected order of answers`);
          outcomes.push(outcome);
        }
      }
    },
    async () => {
      await lab.unbind(bdf);
      await lab.run('lab engine unload');
    },
  );
  const objections = outcomes.flatMap((outcome) => judgeEngine(cell.machine, outcome) ?? []);
  const detail = `${countOf(outcomes.length, 'case')}: ${[...new Set(outcomes.map((one) => `${one.case} ${one.outcome}`))].join(', ')}`;
  return {
    workload: objections.length > 0 ? failed(...objections) : done(detail),
    translation:
      objections.length > 0
        ? objects('translation', objections)
        : passes('translation', 'as seen by a device that is not an NVMe'),
    metrics: windows(outcomes),
    provoked: outcomes.flatMap((outcome) => provokedBy(cell.machine, outcome)),
    expectedLog: FAULTS_IN_LOG,
  };
}

const Answer = z.object({ engine: EngineOutcome });

/** The kernel logs the faults that are provoked. QEMU's trace shows whether these and no others happened. */

/** Without translation nothing stops a device, so only valid accesses are tested then. */
function casesOf(machine: Machine, engine: Name, bits: number): string[] {
  const protects = ['strict', 'lazy'].includes(domainInForce(machine.iommu));
  if (engine === 'iommu-testdev')
    return protects ? ['mapped', 'short', 'unmapped', 'stale', 'readonly'] : ['mapped', 'short'];
  if (protects) return ['mapped', 'short', 'read', 'unmapped', 'readonly', 'writeonly', 'beyond'];
  const cases = ['mapped', 'short', 'read'];
  if (machine.bounce !== undefined) return cases;
  // The kernel has bounce buffers below 4 GiB only if there is memory above.
  if (bits >= 32 && machine.memoryMiB >= 4096) cases.push('beyond');
  if (machine.memoryMiB * 2 ** 20 > 2 ** bits || cases.includes('beyond')) cases.push('clamped');
  return cases;
}

/** The accesses that QEMU must have blocked. */
function provokedBy(machine: Machine, outcome: EngineOutcome): Provoked[] {
  const { addr, write } = outcome;
  if (outcome.case === 'clamped') return [{ addr, bytes: PAGE, how: 'clamped' }];
  if (!['unmapped', 'stale', 'readonly', 'writeonly'].includes(outcome.case)) return [];
  if (outcome.case === 'writeonly' && !knowsWriteOnly(machine)) return [];
  return ['strict', 'lazy'].includes(domainInForce(machine.iommu))
    ? [{ addr, bytes: PAGE, how: write ? 'write' : 'read' }]
    : [];
}

/** How long a translation outlived its mapping, as observed by the device. */
function windows(outcomes: readonly EngineOutcome[]): Metric[] {
  const stale = outcomes.filter((outcome) => outcome.case === 'stale' && outcome.uses > 0);
  const longest = Math.max(0, ...stale.map(({ window_us: us }) => us));
  return stale.length === 0 ? [] : [figure('stale window', longest)];
}
