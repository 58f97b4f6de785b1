import { z } from 'zod';
import { InfraError, type Register, translates, walk } from '../../model/index.js';
import { blocksDue, type DataClaim, parseRuns, stamped } from '../../oracle/index.js';
import { REGION_REFUSALS } from '../../plan/index.js';
import { check } from '../lab.js';
import { linesLike } from './lines.js';
import { done, failed, type WorkloadContext, type WorkloadResult } from './types.js';

const PAGE = 4096;
const RUN_MS = 60_000;
const CHUNK = { '4k': PAGE, '64k': 65_536, '2m': 2 ** 21, hugetlb: 2 ** 21 };

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
    deregister: z.string(),
  }),
});

type Context = WorkloadContext<Register>;

/**
 * Memory of a process is registered with a DMA engine and described in blocks as large as they can be; several processes have the engine
 * write to it by key and offset. Then it is registered again, and taken back while they do.
 */
export async function register(context: Context): Promise<WorkloadResult> {
  const { cell, workload, lab } = context;
  const node = [...walk(cell.topology)].find((place) => place.node.kind === workload.engine)?.node;
  if (node === undefined) throw new InfraError(`the topology has no ${workload.engine}`);
  const bdf = context.bdf(node.id);
  await lab.run(`lab engine load ${node.kind === 'edu' ? node.dmaMaskBits : 64}`);
  try {
    await lab.bind(bdf, 'phyr_engine');
    const used = await use(context, bdf);
    const taken = await takeBack(context, bdf);
    const objections = [...used.steps, ...taken.steps];
    const [wrong] = used.blocks;
    return {
      workload: objections.length > 0 ? failed(objections.join('; ')) : done(`${used.detail}; ${taken.detail}`),
      translation: {
        name: 'translation',
        verdict: wrong === undefined ? 'pass' : 'fail',
        detail: wrong ?? used.detail,
      },
      data: used.data,
      metrics: [
        { name: 'block', unit: 'B', value: used.registered.block, better: 'neither' },
        { name: 'blocks', unit: '', value: used.registered.blocks, better: 'lower' },
        { name: 'metadata', unit: 'B', value: used.registered.bytes, better: 'lower' },
      ],
      expectedLog: [],
    };
  } finally {
    await lab.unbind(bdf);
    await lab.run('lab engine unload');
  }
}

async function use(context: Context, bdf: string) {
  const { cell, workload, lab } = context;
  const bytes = workload.kib * 1024;
  const pages = chosen(workload, bytes / PAGE);
  const name = `/dev/phyr_region-${bdf} ${workload.memory} ${bytes}`;
  const command = `region run ${name} ${cell.seed} ${workload.processes} ${pages.join(',')}`;
  const { lines } = await lab.run(command, { deadlineMs: RUN_MS });
  const { registered } = check(Registered, command, lines[0]);
  if (registered.chunk !== CHUNK[workload.memory])
    throw new InfraError(`memory '${workload.memory}' came in pieces of ${registered.chunk} bytes`);
  const users = linesLike(User, lines);
  const errors = users.flatMap(({ user }) => user.errno ?? []);
  const steps = [
    ...(users.length === workload.processes ? [] : [`${users.length} of ${workload.processes} processes answered`]),
    ...errors.map((errno) => `a process could not use its pages: ${errno}`),
    ...refusals(linesLike(Refusal, lines).map(({ refusal }) => refusal)),
  ];
  const digest = linesLike(Digest, lines).at(-1)?.sha256;
  const due = content(workload, cell.seed, bytes, pages);
  const data: DataClaim[] = [
    {
      kind: 'read-back',
      what: `memory after ${workload.engine}`,
      digest,
      due: { bytes, piece: (from, length) => due.subarray(from, from + length) },
    },
  ];
  const detail = `${registered.blocks} blocks of ${registered.block} bytes (${registered.why})`;
  return { registered, steps, data, detail, blocks: wrongBlocks(context, registered, bytes) };
}

/** Behind an IOMMU the device has one range; else it has the memory as it lies. */
function wrongBlocks({ cell }: Context, registered: Registered, bytes: number): string[] {
  const frames = parseRuns(registered.frames);
  const runs = translates(cell.machine.iommu) ? [{ phys: registered.first, bytes }] : frames;
  const due = blocksDue(runs);
  const wrong = (['block', 'blocks', 'why', 'at'] as const)
    .filter((key) => registered[key] !== due[key])
    .map((key) => `registered: ${key} ${registered[key]}, due ${due[key]}`);
  if (registered.first !== runs[0]?.phys) wrong.push(`registered at ${registered.first}, due ${runs[0]?.phys}`);
  return wrong;
}

function* refusals(found: readonly { what: string; errno: string | null }[]): Generator<string> {
  for (const [what, due] of Object.entries(REGION_REFUSALS)) {
    const one = found.find((each) => each.what === what);
    if (one === undefined) yield `${what}: did not report`;
    else if (one.errno !== due) yield `${what}: ${one.errno ?? 'went through'}, due ${due ?? 'success'}`;
  }
}

/** Spread over the memory, the ends included; few for edu, which needs a tenth of a second for each. */
function chosen({ engine }: Register, pages: number): number[] {
  const many = engine === 'edu' ? 4 : 24;
  return [...new Set([0, ...Array.from({ length: many }, (_, i) => Math.floor(((i + 1) * (pages - 1)) / many))])];
}

/** The tester writes a word of its own all over a page; edu what it has read, which is page 7. */
function content({ engine }: Register, seed: number, bytes: number, pages: readonly number[]): Buffer {
  const due = stamped(0, bytes, seed, 1);
  const word =
    engine === 'edu'
      ? Buffer.from(due.subarray(7 * PAGE, 8 * PAGE))
      : Buffer.alloc(PAGE, Buffer.from([0x78, 0x56, 0x34, 0x12]));
  for (const page of pages) word.copy(due, page * PAGE);
  return due;
}

async function takeBack({ workload, lab }: Context, bdf: string) {
  const ms = workload.engine === 'edu' ? 350 : 150;
  const command = `region load /dev/phyr_region-${bdf} ${workload.memory} ${workload.kib * 1024} ${workload.processes} ${ms}`;
  const { load } = await lab.ask(Load, command, { deadlineMs: RUN_MS });
  const steps = [
    load.done === 0 && 'no use before the memory was deregistered',
    load.refused === 0 && 'no use was refused after it was deregistered',
    load.late && 'a use ended after deregistering had returned',
    load.other > 0 && `${load.other} uses failed with ${load.errno}`,
    load.deregister !== '0' && `deregistering under load: ${load.deregister}`,
  ].filter((text) => text !== false);
  return { steps, detail: `deregistered under load after ${load.done} uses` };
}
