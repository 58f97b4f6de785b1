import { z } from 'zod';
import { check, linesOf, StepFailed } from '../../guest/index.js';
import {
  countOf,
  InfraError,
  isLineOf,
  type ObjectionOf,
  type OracleReport,
  objects,
  passes,
  translates,
  withKernelFindings,
} from '../../model/index.js';
import { blocksDue, type DataClaim, type Due, parseRuns, stamped } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { checkBackingMemory } from '../shared/dma-buf.js';
import { metricsOf } from '../shared/figures.js';
import { done, failed, named, otherOutcome, type WorkloadResult, type Wrong } from '../shared/result.js';
import { figures, type RegionSource, type Register } from './declaration.js';
import { makeRegionMemory, type RegionMemory } from './memory.js';
import { regionRefusals } from './refusals.js';
import { engineOf } from './source.js';

const figure = metricsOf(figures);

const PAGE = 4096;
const RUN_MS = 60_000;

const Refused = z.object({ refused: z.object({ errno: z.string() }) });
const Failed = z.object({ error: z.string(), errno: z.string() });
const Registered = z.object({
  registered: z.object({
    chunk: z.number(),
    block: z.number(),
    blocks: z.number(),
    why: z.enum(['largest', 'enough', 'boundary']),
    at: z.number(),
    first: z.number(),
    bytes: z.number(),
    frames: z.string(),
  }),
});
type Registered = z.infer<typeof Registered>['registered'];
const User = z.object({ user: z.object({ errno: z.string().nullable() }) });
const Refusal = z.object({ refusal: z.object({ what: z.string(), errno: z.string().nullable() }) });
const Digest = z.object({ sha256: z.string() });
const Load = z.object({
  load: z.object({
    done: z.number(),
    refused: z.number(),
    other: z.number(),
    errno: z.string(),
    late: z.boolean(),
    /** For a revoked dma-buf: the result of registering it again. */
    again: z.string().optional(),
    deregister: z.string(),
  }),
});

type Context = WorkloadContext<Register>;

/**
 * Registers memory of a process, or a dma-buf, with a DMA engine, which describes it in blocks as large as possible.
 * Several processes have the engine write to it by key and offset. Then it is registered again, and revoked under load:
 * by its owner, and by the exporter.
 */
export async function run(context: Context): Promise<WorkloadResult> {
  const { cell, workload, lab } = context;
  const node = engineOf(cell.topology, workload);
  if (node === undefined) throw new InfraError(`the topology has no ${workload.engine}`);
  const bdf = context.bdf(node.id);
  await lab.run(`lab engine load ${node.kind === 'edu' ? node.dmaMaskBits : 64}`);
  let memory: RegionMemory | undefined;
  return withCleanup(
    async () => {
      memory = await makeRegionMemory(context, workload.from);
      await lab.bind(bdf, 'phyr_engine');
      if (cell.expect.kind === 'refused') return await refuse(context, bdf, memory, cell.expect.errno);
      const used = await use(context, bdf, memory).catch(asRefused);
      if (used instanceof RefusedByKernel) return await kernelsRefusal(context, bdf, memory, used);
      const beside = workload.from.kind === 'user' ? await kernelsWays(context, bdf, memory) : { steps: [], data: [] };
      const taken = await takeBack(context, bdf, memory);
      const objections = [...used.steps, ...used.blocks, ...taken.steps];
      const verdict = objections.length > 0 ? failed(...objections) : done(`${used.detail}; ${taken.detail}`);
      return {
        workload: withKernelFindings(verdict, beside.steps),
        translation: translation(context, used),
        data: [...used.data, ...beside.data],
        metrics: [
          figure('block', used.registered.block),
          figure('blocks', used.registered.blocks),
          figure('metadata', used.registered.bytes),
        ],
        expectedLog: [],
      };
    },
    async () => {
      await lab.unbind(bdf);
      await memory?.release();
      await lab.run('lab engine unload');
    },
  );
}

/** Does the kernel's own helper map it? It has none for RAM, so there it is ours. */
function isKernels(from: RegionSource): boolean {
  return from.kind === 'dma-buf' && from.via === 'dma-buf-sg' && from.memory !== 'page-less';
}

/**
 * The same memory, registered in the kernel's two usual forms: by scatterlist, and page by page. Data and refusals must
 * be the same.
 */
async function kernelsWays(context: Context, bdf: string, memory: RegionMemory) {
  const steps: Wrong[] = [];
  const data: DataClaim[] = [];
  for (const how of ['sg', 'pages']) {
    const used = await use(context, bdf, { ...memory, name: `${how}:${memory.name}` });
    steps.push(...used.steps.map((step) => named(how, step)));
    data.push(...used.data.map((claim) => ({ ...claim, what: `${claim.what}, by ${how}`, kernel: true as const })));
  }
  return { steps, data };
}

/** The kernel's own helper refused something that it should not. */
class RefusedByKernel extends Error {
  constructor(readonly errno: string) {
    super(`dma-buf-sg register: ${errno}`);
  }
}

function asRefused(error: unknown): RefusedByKernel {
  if (error instanceof RefusedByKernel) return error;
  throw error;
}

/** Every registration must be refused, with no other effect. */
async function kernelsRefusal(context: Context, bdf: string, memory: RegionMemory, refused: RefusedByKernel) {
  const shown = await refuse(context, bdf, memory, refused.errno);
  const where = { step: 'register', via: 'dma-buf-sg' };
  const objection = otherOutcome(refused.message, refused.errno, undefined, where);
  return { ...shown, workload: withKernelFindings(shown.workload, [objection]) };
}

async function useBy({ cell, workload, lab }: Context, bdf: string, memory: RegionMemory, accept: number[] = []) {
  const pages = chosen(workload, memory.bytes / PAGE);
  const name = `/dev/phyr_region-${bdf} ${memory.name} ${memory.bytes}`;
  const command = `region run ${name} ${cell.seed} ${workload.processes} ${pages.join(',')}`;
  const { lines, stderr } = await lab.run(command, { deadlineMs: RUN_MS, accept });
  return { command, lines, stderr, pages };
}

/**
 * Memory that cannot be registered must keep what the CPU has written. Behind an IOMMU, where any engine reaches all
 * memory, registering memory of a process shows that the engine is not the reason.
 */
async function refuse(context: Context, bdf: string, memory: RegionMemory, due: string): Promise<WorkloadResult> {
  const { cell } = context;
  const { command, lines, stderr } = await useBy(context, bdf, memory, [1]);
  const got = isLineOf(Registered, lines[0]) ? undefined : check(Refused, command, lines[0], stderr).refused.errno;
  const data = await held(context, memory, stamped(0, memory.bytes, cell.seed, 1));
  const own = await makeRegionMemory(context, OWN);
  const used = translates(cell.machine.iommu) ? await use(context, bdf, own) : undefined;
  const steps = [
    ...(got === due
      ? []
      : [otherOutcome(`register: ${got ?? 'went through'}, expected ${due}`, got, due, { step: 'register' })]),
    ...(used?.steps ?? []),
    ...(used?.blocks ?? []),
  ];
  return {
    workload: steps.length > 0 ? failed(...steps) : done(`refused: ${due}`),
    translation: used === undefined ? 'nothing' : translation(context, used),
    data: [...data, ...(used?.data ?? [])],
    metrics: [],
  };
}

const OWN: RegionSource = { kind: 'user', memory: '4k', kib: 64 };

/**
 * Checks the blocks, where the memory determines them. Behind an IOMMU their addresses are only known from the library;
 * there the data that the engine moves is the check.
 */
function translation(
  { cell }: Context,
  { blocks, detail }: { blocks: BlockWrong[]; detail: string },
): OracleReport | 'nothing' {
  if (translates(cell.machine.iommu)) return 'nothing';
  return blocks.length > 0 ? objects('translation', blocks) : passes('translation', detail);
}

async function use(context: Context, bdf: string, memory: RegionMemory) {
  const { cell, workload } = context;
  const { command, lines, stderr, pages } = await useBy(context, bdf, memory, isKernels(memory.from) ? [1] : []);
  if (isLineOf(Refused, lines[0])) throw new RefusedByKernel(check(Refused, command, lines[0], stderr).refused.errno);
  if (isLineOf(Failed, lines[0])) {
    const { error, errno } = check(Failed, command, lines[0], stderr);
    throw new StepFailed(`${command}: ${error}`, { where: { step: 'region run', errno } });
  }
  const { registered } = check(Registered, command, lines[0], stderr);
  if (registered.chunk !== memory.chunk)
    throw new InfraError(`memory '${memory.name}' consists of pieces of ${registered.chunk} bytes`);
  const users = linesOf(User, command, lines);
  const errors = users.flatMap(({ user }) => user.errno ?? []);
  const answered = `${users.length} of ${workload.processes} processes answered`;
  const steps: Wrong[] = [
    ...(users.length === workload.processes ? [] : [{ code: 'io-incomplete' as const, detail: answered }]),
    ...errors.map((errno): Wrong => {
      return { code: 'io-failed', detail: `a process could not use its pages: ${errno}`, where: { errno } };
    }),
    ...refusals(memory, linesOf(Refusal, command, lines)),
  ];
  const due = content(workload, cell.seed, memory.bytes, pages);
  const digest = linesOf(Digest, command, lines).at(-1)?.sha256;
  const data: DataClaim[] = [
    { kind: 'read-back', what: `memory after ${workload.engine}`, digest, due: part(due, 0, due.length) },
    ...(await held(context, memory, due)),
  ];
  const detail = `${countOf(registered.blocks, 'block')} of ${registered.block} bytes (${registered.why})`;
  return { registered, steps, data, detail, blocks: wrongBlocks(context, registered, memory) };
}

function part(bytes: Buffer, at: number, length: number): Due {
  return { bytes: length, piece: (from, size) => bytes.subarray(at + from, at + from + size) };
}

/** Checks the content of a dma-buf without using it: in the exporter's file, or in the host's file of a peer. */
async function held({ lab }: Context, { target }: RegionMemory, due: Buffer): Promise<DataClaim[]> {
  if (target === undefined) return [];
  const { memory, ranges } = target;
  return checkBackingMemory(lab, memory, ranges, (at, length) => part(due, at, length), 'dma-buf');
}

type BlockWrong = Wrong & ObjectionOf<'translation'>;

/** Behind an IOMMU the device sees one range, otherwise the memory as it is laid out. */
function wrongBlocks({ cell }: Context, registered: Registered, { bytes, target }: RegionMemory): BlockWrong[] {
  const untranslated = target?.runs ?? parseRuns(registered.frames);
  const runs = translates(cell.machine.iommu) ? [{ phys: registered.first, bytes }] : untranslated;
  const due = blocksDue(runs);
  const wrong = (['block', 'blocks', 'why', 'at'] as const)
    .filter((key) => registered[key] !== due[key])
    .map((key) => wrongBlock(key, `registered: ${key} ${registered[key]}, expected ${due[key]}`));
  if (registered.first !== runs[0]?.phys)
    wrong.push(wrongBlock('first', `registered at ${registered.first}, expected ${runs[0]?.phys}`));
  return wrong;
}

function wrongBlock(outcome: string, detail: string): BlockWrong {
  return { code: 'blocks-wrong', detail, where: { outcome } };
}

function* refusals({ from }: RegionMemory, found: readonly z.infer<typeof Refusal>[]): Generator<Wrong> {
  for (const [what, due] of Object.entries(regionRefusals(from))) {
    const one = found.find(({ refusal }) => refusal.what === what)?.refusal;
    const where = { step: what };
    if (one === undefined) yield { code: 'answer-unexpected', detail: `${what}: did not report`, where };
    else if (one.errno !== due) {
      const detail = `${what}: ${one.errno ?? 'went through'}, expected ${due ?? 'success'}`;
      yield otherOutcome(detail, one.errno ?? undefined, due ?? undefined, where);
    }
  }
}

/** Spread over the memory, including both ends. Few for edu, which takes a tenth of a second for each. */
function chosen({ engine }: Register, pages: number): number[] {
  const many = engine === 'edu' ? 4 : 24;
  return [...new Set([0, ...Array.from({ length: many }, (_, i) => Math.floor(((i + 1) * (pages - 1)) / many))])];
}

/**
 * iommu-testdev writes a word of its own over the whole page; edu writes what it has read, which is page 7 or the last
 * page.
 */
function content({ engine }: Register, seed: number, bytes: number, pages: readonly number[]): Buffer {
  const due = stamped(0, bytes, seed, 1);
  const read = Math.min(7, bytes / PAGE - 1);
  const word =
    engine === 'edu'
      ? Buffer.from(due.subarray(read * PAGE, (read + 1) * PAGE))
      : Buffer.alloc(PAGE, Buffer.from([0x78, 0x56, 0x34, 0x12]));
  for (const page of pages) word.copy(due, page * PAGE);
  return due;
}

/** Revokes the memory: by its owner, and a dma-buf also by its exporter, which is final. */
async function takeBack(context: Context, bdf: string, { taken, bytes, target }: RegionMemory) {
  const { workload, lab } = context;
  const ms = workload.engine === 'edu' ? 350 : 150;
  const ask = async (verb: string, knob = '') => {
    const command =
      `region ${verb} /dev/phyr_region-${bdf} ${taken} ${bytes} ${workload.processes} ${ms} ${knob}`.trim();
    return (await lab.ask(Load, command, { deadlineMs: RUN_MS })).load;
  };
  const deregistered = await ask('load');
  const steps = [...objectionsTo(deregistered, 'deregistered')];
  const detail = `deregistered under load after ${deregistered.done} uses`;
  if (target === undefined) return { steps, detail };
  const revoked = await ask('revoke', target.memory.knob);
  steps.push(...objectionsTo(revoked, 'revoked'));
  if (revoked.again !== 'ENODEV') {
    const detail = `registering revoked memory again: ${revoked.again}, expected ENODEV`;
    const again = revoked.again === '0' ? undefined : revoked.again;
    steps.push(otherOutcome(detail, again, 'ENODEV', { step: 'register again' }));
  }
  return { steps, detail: `${detail}, revoked after ${revoked.done}` };
}

function* objectionsTo(load: z.infer<typeof Load>['load'], how: string): Generator<Wrong> {
  const used = (outcome: string, detail: string): Wrong => {
    return { code: 'use-after-revoke', detail, where: { step: how, outcome } };
  };
  if (load.done === 0) yield { code: 'nothing-under-way', detail: `no use before the memory was ${how}` };
  if (load.refused === 0) yield used('not refused', `no use was refused after it was ${how}`);
  if (load.late) yield used('late', `a use ended after it was ${how}`);
  if (load.other > 0) {
    const { other, errno } = load;
    yield { code: 'io-failed', detail: `${other} uses failed with ${errno}`, where: { step: how, errno } };
  }
  if (load.deregister !== '0') {
    const detail = `deregistering memory that was ${how} under load: ${load.deregister}`;
    yield otherOutcome(detail, load.deregister, undefined, { step: 'deregister' });
  }
}
