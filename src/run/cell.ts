/** The life of one cell in a guest that is ready: baseline, workload, clean-up, verdict. */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { both, type CellReached } from '../coverage/index.js';
import { dutOf } from '../fabric/index.js';
import { CouldNotLook, check, Lab, linesOf, StepFailed } from '../guest/index.js';
import { modelOf } from '../iommus/index.js';
import {
  type Backend,
  type CellRecord,
  couldNotLook,
  DriverBackend,
  GuestDied,
  InfraError,
  type KnownDefect,
  messageOf,
  type Objection,
  type OracleReport,
  objectionReport,
  objects,
  recordedSubtests,
  translates,
  type Unjudged,
  type UnjudgedCode,
} from '../model/index.js';
import {
  acrossPowerCycle,
  Counters,
  cleanBuffers,
  complaints,
  DriverStats,
  findingsIn,
  fromConsole,
  isOfTime,
  type Judgement,
  judge,
  judgeData,
  judgeDevice,
  judgeFaults,
  judgeKernelLog,
  judgeLeaks,
  judgeWatch,
  knownOn,
  logWindow,
  type NvmeTrace,
  objectionTo,
  otherBackend,
  P2pMemory,
  Soiled,
  type Story,
  storyIn,
  structureCounts,
  unusedInput,
  Watch,
  withoutTime,
} from '../oracle/index.js';
import { panicIn } from '../qemu/index.js';
import { type Cell, failed, kindOf, partsOf, type WorkloadResult } from '../workloads/index.js';
import type { BootedGuest } from './boot.js';
import { Reaching } from './coverage.js';
import { DeviceTracer } from './device-trace.js';

export interface CellOutcome {
  record: CellRecord;
  /** Can the same guest run another cell? */
  guestUsable: boolean;
  /** Which code the cell reached. `undefined`: the cell ended before it could be read, or coverage is off. */
  reached?: CellReached | undefined;
}

/** Runs the cell and judges it. Throws only when `signal` aborts. */
export async function runCell(
  booted: BootedGuest,
  cell: Cell,
  options: {
    repro: (cellId: string) => string;
    signal: AbortSignal;
    onStep: (step: string) => void;
    /** Of the guest's kernel. It decides which known defects apply. */
    release: string;
    /** Stalls of the host since then count for this cell; default: from now on. */
    since?: number;
    /** The workload may save files here. */
    folder: string;
  },
): Promise<CellOutcome> {
  const at = new Date().toISOString();
  const started = performance.now();
  const finish = (judgement: Judgement, oracles: OracleReport[] = [], metrics: CellRecord['metrics'] = []) => ({
    ...partsOf(cell),
    ...judgement,
    oracles,
    metrics,
    started: at,
    duration_ms: Math.round(performance.now() - started),
    repro: options.repro(cell.id),
  });
  const from = booted.console().length;
  const since = options.since ?? booted.now();
  let console = () => booted.console();
  let reached: CellReached | undefined;
  /** Boots another guest with what the cell has left behind, and judges it like the first. */
  const afterPowerCycle = async (before: readonly OracleReport[]) => {
    options.onStep('power cycle');
    await using next = await booted.powerCycle().catch((error: unknown) => {
      // None of our modules was loaded yet.
      if (!(error instanceof GuestDied)) throw error;
      throw new InfraError(`after the power cycle the guest never became ready: ${error.message}`);
    });
    console = () => next.console();
    const evidence = await collect(next, cell, true, options);
    const { oracles } = await consult(evidence, []);
    reached = reached && evidence.reached && both(reached, evidence.reached);
    return before.map((report) => {
      const after = oracles.find(({ name }) => name === report.name);
      return after === undefined ? report : acrossPowerCycle(report, after);
    });
  };
  try {
    const evidence = await collect(booted, cell, false, options);
    reached = evidence.reached;
    const known = knownOn(options.release, cell);
    const { oracles: first, metrics: judged } = await consult(evidence, known);
    // A failure that the first guest showed stands, even if the second guest gets lost.
    const orFirst = (error: unknown) => {
      options.signal.throwIfAborted();
      if (error instanceof InfraError && judge(cell.expect, first, known).verdict === 'fail') return first;
      throw error;
    };
    const oracles = isSwitchedOff(cell) ? await afterPowerCycle(first).catch(orFirst) : first;
    const stall = booted.hostStall(since);
    const judgement = judgeStalled(cell, oracles, known, stall);
    const findings = findingsIn(oracles, known);
    // A warning of the kernel's own code taints the kernel as well.
    const clean =
      oracles.every((report) => report.verdict === 'pass' && !(report.name === 'kernel-log' && report.kernel)) &&
      evidence.cleaned &&
      !isSwitchedOff(cell);
    // The driver also counts requests that it repeated because the device was slow, so the sums would differ between
    // runs.
    const structure = evidence.result.uncounted ? [] : structureCounts(evidence.stats);
    const metrics = [...evidence.result.metrics, ...structure, ...judged];
    const { subtests = [] } = evidence.result;
    const record = {
      ...finish(judgement, oracles, metrics),
      ...(subtests.length > 0 && { subtests: recordedSubtests(subtests) }),
    };
    return { record: findings.length > 0 ? { ...record, findings } : record, guestUsable: clean, reached };
  } catch (error) {
    options.signal.throwIfAborted();
    const stall = booted.hostStall(since);
    if (stall !== undefined && isLate(error, console()))
      return { record: finish(lost('host-stalled', `${stall}: ${messageOf(error)}`)), guestUsable: false };
    if (error instanceof GuestDied && (error.how === 'panic' || error.how === 'hang' || error.how === 'shutdown')) {
      // The modules under test were loaded, so they are responsible for what the kernel did.
      const lines = console();
      const [log] = complaints(fromConsole(lines === booted.console() ? lines.slice(from) : lines));
      const died = { code: 'guest-died', detail: error.message, where: { outcome: error.how } } as const;
      const oracles = [objects('kernel-log', log ? [objectionTo(log), died] : [died])];
      return { record: finish(judgeDeath(cell, oracles, log !== undefined), oracles), guestUsable: false };
    }
    if (error instanceof StepFailed) {
      // Outside the workload: a module under test does not load, or does not release the device.
      return {
        record: finish({ verdict: 'fail', reason: error.message }, [failed(error.objection)]),
        guestUsable: false,
      };
    }
    if (error instanceof CouldNotLook) {
      const oracles = [couldNotLook('workload', [{ code: 'guest-unable', detail: error.message }])];
      const judgement = { verdict: 'inconclusive', code: 'guest-unable', reason: error.message } as const;
      return { record: finish(judgement, oracles), guestUsable: false };
    }
    return { record: finish({ verdict: 'lost', ...whyLost(error) }), guestUsable: false };
  }
}

/** If an oracle could not judge because the host stalled the guest, the cell is lost; the guest did not fail. */
function judgeStalled(
  { expect }: Cell,
  oracles: readonly OracleReport[],
  known: readonly KnownDefect[],
  stall: string | undefined,
): Judgement {
  if (stall === undefined) return judge(expect, oracles, known);
  const judged = judge(expect, withoutTime(oracles, stall), known);
  return judged.verdict === 'inconclusive' ? lost('host-stalled', judged.reason) : judged;
}

function lost(code: UnjudgedCode, reason: string): Judgement {
  return { verdict: 'lost', code, reason };
}

/** For errors that say nothing about the code under test. */
export function whyLost(error: unknown): Unjudged {
  const reason = messageOf(error);
  if (error instanceof GuestDied) return { code: 'guest-lost', reason };
  return { code: error instanceof InfraError ? 'infrastructure' : 'harness-error', reason };
}

/** Can this error be a mere timeout? */
function isLate(error: unknown, console: readonly string[]): boolean {
  if (error instanceof GuestDied)
    return error.how === 'hang' || (error.how === 'panic' && console.some((line) => isOfTime(panicIn(line) ?? '')));
  return error instanceof StepFailed || error instanceof CouldNotLook;
}

/**
 * The guest died. A planted defect counts as caught only if the kernel reported something; a failure that a workload
 * provokes, only by the report that it expects.
 */
function judgeDeath(cell: Cell, oracles: OracleReport[], reported: boolean): Judgement {
  const detail = oracles[0]?.detail ?? '';
  if (cell.expect.kind !== 'caught') return { verdict: 'fail', reason: detail };
  if (reported && cell.plant !== undefined) return judge(cell.expect, oracles);
  const reason = `planted defect: the guest ended before anybody looked: ${detail}`;
  return { verdict: 'inconclusive', code: 'died-unseen', reason };
}

/** Only a guest that leaves something behind is booted again to look at it. */
function isSwitchedOff({ workload, expect }: Cell): boolean {
  return kindOf(workload).powersOff(expect);
}

interface Evidence {
  cell: Cell;
  result: WorkloadResult;
  before: Counters;
  after: Counters | undefined;
  watch: Watch | undefined;
  log: ReturnType<typeof logWindow>;
  faults: { enabled: boolean; lines: string[]; truncated: boolean };
  /** `undefined`: QEMU did not trace the device. */
  device: { story: Story | undefined; trace: NvmeTrace } | undefined;
  /** One for each time that phyr_nvme was bound to the device. */
  stats: DriverStats[];
  /** How much of the bounce buffers held a pattern at the beginning. */
  soiled: number | undefined;
  p2p: P2pMemory[];
  /** Did unbinding and unloading succeed? */
  cleaned: boolean;
  cleanupError: string | undefined;
  reached: CellReached | undefined;
}

async function collect(
  booted: BootedGuest,
  cell: Cell,
  again: boolean,
  options: { signal: AbortSignal; onStep: (step: string) => void; folder: string },
): Promise<Evidence> {
  const nonce = randomBytes(6).toString('hex');
  const [beginMark, endMark] = [`begin-${nonce}`, `end-${nonce}`];
  const dutNode = dutOf(cell.topology).id;
  const dut = booted.bdf(dutNode);
  const traceFrom = await booted.traceSize();
  const traced = await booted.traceEnabled();
  const tracer = kindOf(cell.workload).watched(cell.workload) ? new DeviceTracer(booted, cell.machine, dut) : undefined;
  const lab = new Lab(booted.session, cell.machine, options.signal, options.onStep, tracer?.onBind, booted.patience);

  // The workload takes this device from the kernel's driver. Unbind it before the baseline of the counters.
  const peer = booted.peers.get(kindOf(cell.workload).peer(cell.workload) ?? '');
  if (peer?.driver === 'phyr_peer') await lab.unbind(peer.bdf);
  const reaching = await Reaching.begin(booted, options.signal);
  const { dmaBits } = cell.machine;
  const settings = [
    tracer && 'STORY=1',
    // Where instructions are counted it would change what follows.
    cell.machine.clock === 'wall' && 'SOIL=1',
    dmaBits !== undefined && `PHYR_NVME=dma_bits=${dmaBits}`,
  ].filter(Boolean);
  const backend = DriverBackend.safeParse(cell.backend).data ?? 'phyr8';
  const begin = `lab begin ${beginMark} ${dut} ${backend} ${cell.plant ?? ''}`.trim();
  const begun = await lab.run([...settings, begin].join(' '));
  const before = check(Counters, 'phyrctl counters', begun.lines.at(-1), begun.stderr);
  const result = await attempt(booted, cell, lab, { dutNode, again, folder: options.folder });
  // Read counters, statistics and marks even if the workload failed: they explain why.
  const ended = await lab.run(`${tracer ? 'STORY=1 ' : ''}lab end ${endMark} ${dut}`, {
    accept: [1],
    deadlineMs: 60_000,
  });
  const left = <T>(schema: z.ZodObject & z.ZodType<T>) => linesOf(schema, 'lab end', ended.lines);
  await booted.consoleHas(endMark);
  const log = await booted.kernelLog(options.signal);
  const device = await tracer?.end();
  const reached = await reaching?.end();
  const faults = await booted.traceSince(traceFrom, device && ((line, offset) => device.take(line, offset)));

  return {
    cell,
    result,
    before,
    after: left(Counters).at(0),
    watch: left(Watch).at(0),
    stats: left(DriverStats),
    soiled: linesOf(Soiled, begin, begun.lines).at(0)?.soiled,
    p2p: left(P2pMemory),
    log: logWindow(log, beginMark, endMark),
    faults: { enabled: traced && (await booted.traceEnabled()), ...faults },
    device: device && { story: storyIn(ended.lines), trace: device },
    cleaned: ended.code === 0,
    reached,
    cleanupError: ended.code === 0 ? undefined : ended.stderr.trim().split('\n').at(-1),
  };
}

async function attempt(
  booted: BootedGuest,
  cell: Cell,
  lab: Lab,
  { dutNode, again, folder }: { dutNode: string; again: boolean; folder: string },
): Promise<WorkloadResult> {
  try {
    const { run } = await kindOf(cell.workload).run();
    return await run({
      cell,
      workload: cell.workload,
      lab,
      dut: booted.bdf(dutNode),
      dutFile: booted.file(dutNode),
      slot: { unplug: () => booted.unplug(dutNode), plug: () => booted.plug(dutNode) },
      peers: booted.peers,
      nvdimm: booted.nvdimm,
      folder,
      again,
      bdf: (node) => booted.bdf(node),
      ioPages: (bdf, iova, bytes) => booted.ioPages(bdf, iova, bytes),
    });
  } catch (error) {
    if (error instanceof StepFailed) return { workload: failed(error.objection), data: [], metrics: [] };
    throw error;
  }
}

function judgeWorkload(evidence: Evidence): OracleReport {
  const { cell, result, stats, cleanupError } = evidence;
  if (cleanupError !== undefined) {
    const { workload } = result;
    const wrong = workload.verdict === 'fail' ? workload.objections : [];
    const cleanup: Objection = { code: 'cleanup-failed', detail: `afterwards: ${cleanupError}` };
    return { ...workload, ...objectionReport('workload', 'fail', [...wrong, cleanup]) };
  }
  if (result.workload.verdict !== 'pass') return result.workload;
  const clean = cleanBuffers(cell.machine, evidence.soiled);
  if (clean !== undefined) return couldNotLook('workload', [clean]);
  if (result.translation !== undefined) return result.workload;
  const other = otherBackend(stats, cell.backend, cell.expect) ?? unusedInput(stats, result.uses ?? []);
  if (other === undefined) return result.workload;
  return couldNotLook('workload', [other]);
}

/** With these backends the kernel's own functions decide the bus address of peer memory and how it is mapped. */
const KERNEL_PEERS: readonly Backend[] = ['sg', 'iter', 'iova'];

async function consult(
  evidence: Evidence,
  known: readonly KnownDefect[],
): Promise<{ oracles: OracleReport[]; metrics: CellRecord['metrics'] }> {
  const { cell, result, before, after } = evidence;
  const device =
    evidence.device &&
    judgeDevice({
      ...evidence.device,
      truncated: evidence.faults.truncated,
      expect: cell.expect,
      moved: result.moved ?? 0,
      dmaBits: cell.machine.dmaBits,
      peersBy: KERNEL_PEERS.includes(cell.backend) ? 'kernel' : 'ours',
      invalidationsTraced: modelOf(cell.machine.iommu).trace.invalidations,
      oneWay: kindOf(cell.workload).oneWay,
    });
  const oracles = [
    judgeWorkload(evidence),
    ...(result.data === undefined ? [] : [await judgeData(result.data)]),
    ...(result.translation === 'nothing'
      ? []
      : [result.translation ?? judgeWatch(result.watch ?? evidence.watch, cell.expect, result.moved ?? 0)]),
    ...(device === undefined ? [] : [device.report]),
    judgeFaults(evidence.faults, result.provoked),
    judgeLeaks({
      before,
      after,
      uncounted: result.uncounted,
      p2p: evidence.p2p,
      translated: translates(cell.machine.iommu) || kindOf(cell.workload).ownDomain,
    }),
    judgeKernelLog(
      evidence.log,
      { before: before.counters.tainted, after: after?.counters.tainted ?? null },
      {
        expected: result.expectedLog,
        due: result.dueLog,
        known: known.filter(({ oracle }) => oracle === 'kernel-log'),
      },
    ),
  ];
  return { oracles, metrics: device?.metrics ?? [] };
}
