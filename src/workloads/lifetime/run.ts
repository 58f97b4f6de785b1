import { z } from 'zod';
import { check } from '../../guest/index.js';
import { type DataClaim, type Due, stampedDue } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { type Copy, DRIVERS, judgeCopy, Step, sideOf } from '../shared/copy.js';
import { overwrite } from '../shared/host-file.js';
import { IO_PATHS, type IoPath } from '../shared/io-paths.js';
import { inconclusive, judged, otherOutcome, type Sides, type WorkloadResult, type Wrong } from '../shared/result.js';
import type { Lifetime } from './declaration.js';
import { type LifetimeDue, lifetimeDue } from './due.js';

type Context = WorkloadContext<Lifetime>;

/** guest/tools/lifetime.c */
const Life = z.object({
  pages: z.object({ all: z.number(), present: z.number(), huge: z.number(), swapped: z.number() }),
  read: Step,
  write: Step,
  was: Step.exactOptional(),
  /** `events`: how many tries changed something. `after`: how many reads began after a change. */
  storm: z
    .object({ reads: z.number(), tries: z.number(), events: z.number(), after: z.number(), bad: z.number() })
    .exactOptional(),
});
type Life = z.infer<typeof Life>;
const Digest = z.object({ sha256: z.string() });

interface Case extends IoPath {
  generation: number;
  /** Places on the disk, in bytes: where the memory is written to, and where it is read from. */
  to: number;
  from: number;
  secret: Due;
  due: LifetimeDue;
}

/** Events that are repeated while I/O is under way. */
const REPEATED: Lifetime['event'][] = ['fork', 'thp-split', 'thp-collapse', 'swap'];
/** What the disk contains where nobody has written. */
const UNTOUCHED = 0xee;
/** What a child in guest/tools/lifetime_events.c writes to the first half of its memory. */
const CHILD = 0x11;

/**
 * The same event for each path in turn, each with its own memory. Checks both I/Os after it, those during it, and the
 * final content of the memory.
 */
export async function run(context: Context): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const bytes = workload.sizeKiB * 1024;
  const cases = IO_PATHS.map((path, i): Case => {
    const [to, from] = [2 * i * bytes, (2 * i + 1) * bytes];
    const secret = stampedDue(from, bytes, (cell.seed ^ 0x5ec2e7) >>> 0, 0);
    return { ...path, generation: i + 1, to, from, secret, due: lifetimeDue(workload, path) };
  });
  for (const { to, from, secret } of cases) {
    await overwrite(dutFile, to, Buffer.alloc(bytes, UNTOUCHED));
    await overwrite(dutFile, from, secret.piece(0, bytes));
  }

  const swaps = workload.event === 'swap';
  if (swaps) await lab.run('lab swap-on');
  const objections: Sides = { ours: [], kernel: [] };
  const doubts: string[] = [];
  const digests = new Map<Case, string>();
  let moved = 0;
  await withCleanup(
    async () => {
      for (const driver of DRIVERS) {
        const disk = await lab.bind(dut, driver);
        for (const one of cases.filter((other) => other.driver === driver)) {
          const device = one.via === 'odirect' ? disk : `${disk}-ctl`;
          const { event } = workload;
          const command = `lab lifetime ${event} ${device} ${one.via} ${bytes} ${one.to} ${one.from} ${cell.seed} ${one.generation}`;
          const { lines, stderr } = await lab.run(command);
          const life = check(Life, command, lines[0], stderr);
          digests.set(one, check(Digest, command, lines[1], stderr).sha256);
          const name = `${driver}, ${one.via}`;
          objections[sideOf(driver)].push(...judgeLife(one, life, bytes));
          doubts.push(...doubtsIn(name, event, one, life));
          if (sideOf(driver) === 'ours') moved += one.due.refused ? 0 : (2 + (life.storm?.reads ?? 0)) * bytes;
        }
      }
    },
    async () => {
      await lab.unbind(dut);
      if (swaps) await lab.run('lab swap-off');
    },
  );
  const report = judged(objections, `${cases.length} paths`);
  const [doubt] = doubts;
  return {
    workload: report.verdict === 'pass' && doubt !== undefined ? inconclusive('event-missing', doubt) : report,
    data: cases.flatMap((one) => claims(one, workload, { seed: cell.seed, dutFile, digest: digests.get(one) })),
    metrics: [],
    moved,
  };
}

function* judgeLife({ driver, via, due }: Case, life: Life, bytes: number): Generator<Wrong> {
  const name = `${driver}, ${via}`;
  const where = { driver, via };
  const copy: Partial<Copy> = { read: life.read, write: life.write };
  yield* judgeCopy(where, copy, due.refused, bytes);
  const was = life.was && ('errno' in life.was ? life.was.errno : 'read');
  if (was !== undefined && was !== 'EFAULT') {
    const detail = `${name}: a read where the memory was before: ${JSON.stringify(life.was)}, expected EFAULT`;
    yield otherOutcome(detail, was === 'read' ? undefined : was, 'EFAULT', { ...where, step: 'read again' });
  }
  const moved = (outcome: string, what: string): Wrong => {
    return { code: 'pinned-page-moved', detail: `${name}: ${what}`, where: { ...where, outcome } };
  };
  if (via === 'registered' && due.huge === false && life.pages.huge > 0)
    yield moved('collapsed', `${life.pages.huge} pinned pages were collapsed into a huge one`);
  if (via === 'registered' && due.huge === true && life.pages.huge < life.pages.all)
    yield moved('split', `${life.pages.all - life.pages.huge} pinned pages were split from their huge page`);
  if (due.swapped === false && life.pages.swapped > 0)
    yield moved('swapped', `${life.pages.swapped} pinned pages were swapped out`);
  if (life.storm !== undefined && life.storm.events > 0 && stays({ via, due }))
    yield moved('changed', `pinned pages changed ${life.storm.events} times while I/O was under way`);
  if (life.storm !== undefined && life.storm.bad > 0) {
    const { bad, reads, events } = life.storm;
    const detail = `${name}: ${bad} of ${reads} reads returned wrong bytes, with ${events} events in the meantime`;
    yield { code: 'read-wrong', detail, where };
  }
}

/** Did the event happen at all? With unpinned memory it must. */
function* doubtsIn(
  name: string,
  event: Lifetime['event'],
  { via, due }: Case,
  { pages, storm }: Life,
): Generator<string> {
  const is = due.huge === true ? pages.huge === pages.all : pages.huge === 0;
  if (via !== 'registered' && due.huge !== undefined && !is)
    yield `${name}: ${pages.huge} of ${pages.all} pages are huge: the event did not happen`;
  if (due.swapped === true && pages.swapped === 0) yield `${name}: no page was swapped out`;
  if (storm === undefined) {
    if (REPEATED.includes(event)) yield `${name}: the event was not tried while I/O was under way`;
  } else if (!stays({ via, due })) {
    if (storm.events === 0) yield `${name}: none of ${storm.tries} tries had an effect while I/O was under way`;
    // With registered memory the reads need not wait for an event, since two I/Os came after the event before.
    else if (storm.after === 0 && via !== 'registered') yield `${name}: no read followed an event under I/O`;
  }
}

/** Pages that the kernel would split, collapse or swap, but that stay pinned during the whole case. */
function stays({ via, due }: Pick<Case, 'via' | 'due'>): boolean {
  return via === 'registered' && (due.huge !== undefined || due.swapped !== undefined);
}

function claims(
  { driver, via, generation, to, secret, due }: Case,
  { event, sizeKiB }: Lifetime,
  { seed, dutFile, digest }: { seed: number; dutFile: string; digest: string | undefined },
): DataClaim[] {
  const bytes = sizeKiB * 1024;
  const side = { ...(sideOf(driver) === 'kernel' && { kernel: true as const }), where: { driver, via } };
  const stamps = stampedDue(to, bytes, seed, generation);
  const written = { stamps, zeroes: filled(bytes, 0), nothing: filled(bytes, UNTOUCHED) }[due.written];
  const seen = due.seen === 'read' ? secret : filled(bytes, 0);
  return [
    { ...side, kind: 'holds', what: `${driver}, ${via}: written`, file: dutFile, offset: to, due: written },
    {
      ...side,
      kind: 'read-back',
      what: `${driver}, ${via}: what the memory holds`,
      digest,
      due: event === 'fork' ? joined(seen, joined(filled(bytes / 2, CHILD), after(stamps, bytes / 2))) : seen,
    },
  ];
}

function filled(bytes: number, value: number): Due {
  return { bytes, piece: (_, length) => Buffer.alloc(length, value) };
}

function after(due: Due, from: number): Due {
  return { bytes: due.bytes - from, piece: (at, length) => due.piece(from + at, length) };
}

/** Concatenates two sequences of whole pieces. */
function joined(a: Due, b: Due): Due {
  return {
    bytes: a.bytes + b.bytes,
    piece: (at, length) => {
      const inA = Math.max(0, Math.min(length, a.bytes - at));
      const parts = inA > 0 ? [a.piece(at, inA)] : [];
      if (inA < length) parts.push(b.piece(Math.max(0, at - a.bytes), length - inA));
      return Buffer.concat(parts);
    },
  };
}
