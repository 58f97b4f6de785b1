import { type KtapTest, parseKtap } from '../../guest/index.js';
import { countOf, InfraError, type ObjectionOf, objects, passes } from '../../model/index.js';
import type { Provoked } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { FAULTS_IN_LOG } from '../shared/faults-in-log.js';
import { done, failed, type WorkloadResult, type Wrong } from '../shared/result.js';
import { casesDue, ktapMemory } from './cases.js';
import type { Ktap } from './declaration.js';

const CASES_DEADLINE_MS = 120_000;

/** Faults of a device that accesses what it may not, and a pool of bounce buffers that is exhausted on purpose. */
const EXPECTED_LOG = [...FAULTS_IN_LOG, /^phyr_test .*swiotlb buffer is full/];

/** Runs phyr.ko's own tests. They compare with the kernel: page tables, pools, pin counts, tracepoints. */
export async function run(context: WorkloadContext<Ktap>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, peers } = context;
  const memory = ktapMemory(cell.machine);
  if (memory === undefined) throw new InfraError(`machine ${cell.machine.id} reserves no RAM`);
  const bdfOf = (id: string) => {
    const peer = peers.get(id);
    if (peer === undefined) throw new InfraError(`the topology has no BAR '${id}'`);
    return peer.bdf;
  };
  const owners: [bdf: string, driver: string][] = [
    ...workload.peers.map((id): [string, string] => [bdfOf(id), 'phyr_peer']),
    [bdfOf(workload.lent), 'phyr_store'],
    [dut, 'phyr_test'],
  ];
  await lab.run(`lab store ${memory.store.base} ${memory.store.bytes}`);
  await lab.run(`lab ktap-load ${memory.tests}`);
  const text = await withCleanup(
    async () => {
      for (const [bdf, driver] of owners) await lab.bind(bdf, driver);
      return lab.text(`lab ktap ${workload.cases}`, { deadlineMs: CASES_DEADLINE_MS });
    },
    async () => {
      for (const [bdf] of owners.toReversed()) await lab.unbind(bdf);
      await lab.run('lab ktap-unload');
    },
  );

  const reports = text.split(/^(?=KTAP version 1$)/m).map(parseKtap);
  const cases = reports.flatMap(({ tests }) => tests);
  const objections = [
    ...reports.flatMap(({ problems }) => problems).map((detail): CaseWrong => ({ code: 'case-undeclared', detail })),
    ...judgeCases(cases, casesDue(cell.machine, workload.cases)),
  ];
  const passed = cases.filter(({ status }) => status === 'pass').length;
  const detail = `${countOf(passed, 'case')} passed, ${cases.length - passed} do not apply to this machine`;
  return {
    workload: objections.length > 0 ? failed(...objections) : done(detail),
    translation:
      objections.length > 0
        ? objects('translation', objections)
        : passes('translation', "as iommu_iova_to_phys() and the device's own writes say"),
    metrics: [],
    provoked: cases.flatMap(provokedBy),
    expectedLog: EXPECTED_LOG,
  };
}

type CaseWrong = Wrong & ObjectionOf<'translation'>;

/** Compares results with the plan: each case must pass or be skipped as planned, and none may be missing or unknown. */
export function judgeCases(found: readonly KtapTest[], due: ReadonlyMap<string, 'pass' | 'skip'>): CaseWrong[] {
  const wrong = (code: CaseWrong['code'], name: string, what: string): CaseWrong[] => [
    { code, detail: `${name}: ${what}`, where: { case: name } },
  ];
  const missing = [...due.keys()].filter((name) => !found.some((test) => test.name === name));
  return [
    ...found.flatMap(({ name, status, reason, diagnostics }) => {
      const wanted = due.get(name);
      if (status === 'fail') return wrong('case-failed', name, diagnostics.at(-1) ?? 'no reason given');
      if (wanted === undefined) return wrong('case-undeclared', name, 'unknown case');
      if (status === wanted) return [];
      if (wanted === 'skip') return wrong('case-undeclared', name, 'passed, but must be skipped on this machine');
      return wrong(
        'case-not-run',
        name,
        status === 'skip' ? `was skipped, but must pass on this machine: ${reason}` : 'did not pass',
      );
    }),
    ...missing.flatMap((name) => wrong('case-not-run', name, 'did not report')),
  ];
}

/** Each case reports the accesses of its device that must fault. */
function provokedBy({ diagnostics }: KtapTest): Provoked[] {
  return diagnostics.flatMap((line) => {
    const [, how, addr, bytes] = /^provokes: (read|write) (0x[0-9a-f]+) (\d+)$/.exec(line) ?? [];
    return addr === undefined ? [] : [{ how: how as 'read' | 'write', addr: Number(addr), bytes: Number(bytes) }];
  });
}
