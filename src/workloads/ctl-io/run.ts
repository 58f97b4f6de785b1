import { z } from 'zod';
import { check } from '../../guest/index.js';
import { type DataClaim, stamped, stampedDue } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { layCanary, place, refusals } from '../shared/dma-buf.js';
import { tune } from '../shared/driver-settings.js';
import { overwrite } from '../shared/host-file.js';
import type { Via } from '../shared/memory.js';
import { isShared } from '../shared/memory-spec.js';
import { RANGES_SPAN } from '../shared/ranges.js';
import { judged, named, otherOutcome, type Sides, type WorkloadResult, type Wrong } from '../shared/result.js';
import { makeMemory, type TestMemory } from '../shared/test-memory.js';
import type { CtlIo } from './declaration.js';

const Refused = z.object({ error: z.string(), errno: z.string() });
const Wrote = z.union([z.object({ op: z.literal('write'), bytes: z.number() }), Refused]);
const Read = z.union([z.object({ sha256: z.string() }), Refused]);
const Revoked = z.object({
  done: z.number(),
  refused: z.number(),
  late: z.number(),
  other: z.number(),
  errno: z.string(),
  unregister: z.string(),
});

/**
 * I/O through /dev/phyrN-ctl. For each path the guest writes stamps to one region of the disk and reads another, which
 * the host has filled. The host looks for the stamps, and the guest's digest must match the host's bytes.
 */
export async function run(context: Context): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const bytes = workload.sizeKiB * 1024;
  const secretSeed = (cell.seed ^ 0x5ec2e7) >>> 0;
  const refused = cell.expect.kind === 'refused' ? cell.expect.errno : undefined;
  const stretches = workload.via.map((via, i) => ({
    via,
    written: { at: 2 * i * bytes, due: stampedDue(2 * i * bytes, bytes, cell.seed, i + 1) },
    secret: { at: (2 * i + 1) * bytes, due: stampedDue((2 * i + 1) * bytes, bytes, secretSeed, 0) },
  }));
  for (const { written, secret } of stretches) {
    await overwrite(dutFile, written.at, Buffer.alloc(bytes));
    await overwrite(dutFile, secret.at, stamped(secret.at, bytes, secretSeed, 0));
  }

  const memory = await makeMemory(context, workload);
  const objections: Sides = { ours: [], kernel: [] };
  const data: DataClaim[] = [];
  let moved = 0;
  await withCleanup(
    async () => {
      await layCanary(lab, workload, memory);
      await tune(lab, workload.driver);
      const ctl = `${await lab.bind(dut, 'phyr_nvme')}-ctl`;
      const answers = await transfer(context, ctl, memory);
      await context.peers.get(workload.peer ?? '')?.look();
      const went = new Set<Via>();
      for (const [i, stretch] of stretches.entries()) {
        const { via } = stretch;
        const wrong = [...judge(via, answers[i] as Answers, bytes, refused)];
        objections[isKernels(workload, via) ? 'kernel' : 'ours'].push(...wrong);
        if (refused === undefined && wrong.length === 0) went.add(via);
        const through = went.has(via) || (refused === undefined && !isKernels(workload, via));
        data.push(...claims(context, stretch, answers[i]?.read, memory.hostFile, !through));
      }
      moved = 2 * bytes * went.size;
      for (const [i, via] of workload.via.entries()) {
        if (!went.has(via) || !isShared(via)) continue;
        const from = 2 * bytes * stretches.length + i * RANGES_SPAN;
        const placed = await place(context, ctl, memory, via, { from, seed: secretSeed });
        objections.ours.push(...placed.objections);
        data.push(...placed.claims);
        moved += placed.moved;
      }
      if ([...went].some(isShared))
        for await (const wrong of refusals(context, ctl, memory)) objections.ours.push(wrong);
      if (workload.revoke === true) objections.ours.push(...(await revoke(context, ctl, memory, went)));
    },
    async () => {
      await lab.unbind(dut);
      await memory.release();
    },
  );

  return {
    workload: judged(objections, refused ? `refused: ${refused}` : 'moved'),
    data,
    metrics: [],
    moved,
    uses: refused ? [] : (workload.driver?.uses ?? []),
  };
}

/** Does the kernel's own helper map it? It has none for RAM, so there it is ours. */
function isKernels({ memory }: CtlIo, via: Via): boolean {
  return via === 'dma-buf-sg' && memory !== 'page-less';
}

interface Answers {
  wrote: z.infer<typeof Wrote>;
  read: z.infer<typeof Read>;
}

async function transfer({ cell, workload, lab }: Context, ctl: string, { names }: TestMemory): Promise<Answers[]> {
  const by = workload.processes === true ? 'processes:' : '';
  const files = workload.via.map((via) => by + names[via]).join(' ');
  const command = `lab ctl-io ${ctl} ${workload.sizeKiB * 1024} ${cell.seed} ${workload.threads} ${files}`;
  const { lines, stderr } = await lab.run(command);
  return workload.via.map((via, i) => ({
    wrote: check(Wrote, `${command}: ${via} write`, lines[2 * i], stderr),
    read: check(Read, `${command}: ${via} read`, lines[2 * i + 1], stderr),
  }));
}

function* judge(via: string, { wrote, read }: Answers, bytes: number, refused: string | undefined): Generator<Wrong> {
  const due = refused ?? `${bytes} bytes`;
  const failure = 'errno' in wrote ? wrote.errno : undefined;
  const got = 'errno' in wrote ? wrote.errno : `${wrote.bytes} bytes`;
  const detail = `${via} write: ${got}, expected ${due}`;
  if (failure !== refused) yield otherOutcome(detail, failure, refused, { step: 'write', via });
  else if (failure === undefined && got !== due) yield { code: 'io-incomplete', detail, where: { step: 'write', via } };
  const error = 'errno' in read ? read.errno : undefined;
  if (error !== refused)
    yield otherOutcome(`${via} read: ${error ?? 'went through'}, expected ${due}`, error, refused, {
      step: 'read',
      via,
    });
}

type Context = WorkloadContext<CtlIo>;

const REVOKERS = 3;

/**
 * The owner revokes the memory under I/O, once for each path. Later I/O must be refused, and the device must have
 * stopped using it.
 */
async function revoke(
  { lab }: Context,
  ctl: string,
  { taken, knob }: TestMemory,
  went: ReadonlySet<Via>,
): Promise<Wrong[]> {
  const objections: Wrong[] = [];
  // Direct and registered I/O run at the same time.
  const ways = new Set([...went].map((via): Via => (isShared(via) ? via : 'direct')));
  for (const via of ways) {
    const seen = await lab.ask(Revoked, `phyrio revoke ${ctl} ${taken(via)} ${knob} ${REVOKERS} 150`, { accept: [1] });
    objections.push(...[...judgeRevoked(seen)].map((one) => (isShared(via) ? named(via, one) : one)));
  }
  return objections;
}

function* judgeRevoked(seen: z.infer<typeof Revoked>): Generator<Wrong> {
  const used = (outcome: string, detail: string): Wrong => {
    return { code: 'use-after-revoke', detail, where: { step: 'revoke', outcome } };
  };
  if (seen.done === 0) yield { code: 'nothing-under-way', detail: 'no I/O before the memory was revoked' };
  if (seen.refused === 0) yield used('not refused', 'no I/O was refused after the memory was revoked');
  if (seen.late > 0) yield used('late', `${seen.late} I/Os on revoked memory succeeded`);
  if (seen.other > 0) {
    const detail = `${seen.other} I/Os failed with ${seen.errno}, expected ENODEV`;
    yield otherOutcome(detail, seen.errno, 'ENODEV', { step: 'revoke' });
  }
  if (seen.unregister !== '0') {
    const detail = `unregistering revoked memory: ${seen.unregister}`;
    yield otherOutcome(detail, seen.unregister, undefined, { step: 'unregister' });
  }
}

interface Stretch {
  via: Via;
  written: { at: number; due: ReturnType<typeof stampedDue> };
  secret: { at: number; due: ReturnType<typeof stampedDue> };
}

function claims(
  { dutFile }: Context,
  { via, written, secret }: Stretch,
  read: z.infer<typeof Read> | undefined,
  bar: string | undefined,
  refused: boolean,
): DataClaim[] {
  const untouched = { bytes: written.due.bytes, piece: (_: number, length: number) => Buffer.alloc(length) };
  const holds: DataClaim = {
    kind: 'holds',
    what: `${via}: written`,
    where: { via },
    file: dutFile,
    offset: written.at,
    due: refused ? untouched : written.due,
  };
  if (refused) {
    return bar === undefined
      ? [holds]
      : [holds, { kind: 'holds-nowhere', what: `${via}: BAR`, where: { via }, file: bar, due: secret.due }];
  }
  const digest = read !== undefined && 'sha256' in read ? read.sha256 : undefined;
  return [
    holds,
    { kind: 'read-back', what: `${via}: bytes that only the host knew`, where: { via }, digest, due: secret.due },
  ];
}
