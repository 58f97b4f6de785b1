/**
 * Checks where a dma-buf's bytes really go: the disk is read once into all of it. Then the memory behind it is checked without using any dma-buf:
 * the ranges must hold the data in order, and the memory between them must be unchanged.
 */
import { z } from 'zod';
import { check, type Lab } from '../../guest/index.js';
import { type DataClaim, type Due, stamped } from '../../oracle/index.js';
import type { WorkloadContext } from './context.js';
import { overwrite } from './host-file.js';
import type { Via } from './memory.js';
import { type MemorySpec, sharedBytes } from './memory-spec.js';
import { bytesOf, gapsOf, RANGES_SPAN, type Range } from './ranges.js';
import type { Wrong } from './result.js';
import { rangesText, type TestMemory } from './test-memory.js';

const Placed = z.object({ op: z.literal('place'), bytes: z.number() });
const Held = z.object({ sha256: z.string() });

/** Fills the memory between the ranges, which must stay unchanged. */
const CANARY = 0xc3;

/** Fills the memory of the dma-bufs before the test: a peer's from the host, reserved RAM from the guest. */
export async function layCanary(lab: Lab, workload: MemorySpec, { hostFile, file }: TestMemory): Promise<void> {
  if (workload.ranges === undefined) return;
  const bytes = sharedBytes(workload);
  if (hostFile !== undefined) await overwrite(hostFile, 0, Buffer.alloc(bytes, CANARY));
  else if (file !== undefined) await lab.run(`lab canary ${file} ${bytes} ${CANARY.toString(8)}`);
}

const Refusals = z.object({ op: z.literal('refuse'), asked: z.number(), wrong: z.number() });

/** Tests requests that an exporter or importer must refuse with a certain errno. */
export async function* refusals(
  { lab }: WorkloadContext,
  ctl: string,
  { exporter }: TestMemory,
): AsyncGenerator<Wrong> {
  if (exporter === undefined) return;
  const { lines, stderr } = await lab.run(`phyrio refuse ${ctl} ${exporter}`, { accept: [1] });
  const { asked, wrong } = check(Refusals, 'phyrio refuse', lines.at(-1), stderr);
  if (wrong === 0 && asked > 0) return;
  const detail = `${wrong} of ${asked} invalid requests did not fail with the expected errno: ${JSON.stringify(lines[0])}`;
  yield { code: 'wrong-errno', detail, where: { step: 'phyrio refuse' } };
}

/** Reads what the host wrote to the disk from byte `from` on into the whole dma-buf. Returns what must be in the memory. */
export async function place(
  { lab, dutFile }: WorkloadContext,
  ctl: string,
  memory: TestMemory,
  via: Via,
  { from, seed }: { from: number; seed: number },
): Promise<{ objections: Wrong[]; claims: DataClaim[]; moved: number }> {
  const ranges = memory.ranges(via);
  const bytes = bytesOf(ranges);
  await overwrite(dutFile, from, stamped(from, bytes, seed, 0));
  const placed = await lab.ask(Placed, `phyrio place ${ctl} ${from} ${memory.names[via]}`);
  const detail = `${via}: ${placed.bytes} bytes were placed, expected ${bytes}`;
  const objections: Wrong[] =
    placed.bytes === bytes ? [] : [{ code: 'io-incomplete', detail, where: { step: 'place', via } }];
  const due = (at: number, length: number): Due => ({
    bytes: length,
    piece: (offset, part) => stamped(from + at + offset, part, seed, 0),
  });
  return { objections, claims: await checkBackingMemory(lab, memory, ranges, due, via), moved: bytes };
}

/** What the memory behind a dma-buf must hold, in its ranges and between them. `due` is asked by the position in the dma-buf. */
export async function checkBackingMemory(
  lab: Lab,
  memory: TestMemory,
  ranges: readonly Range[],
  due: (at: number, length: number) => Due,
  via: Via,
): Promise<DataClaim[]> {
  const { file } = memory;
  if (file === undefined) return [...inHostFile(memory, ranges, due, via)];
  const held = async (what: string, parts: readonly Range[], of: Due): Promise<DataClaim> => {
    const { sha256 } = await lab.ask(Held, `lab held ${file} ${rangesText(parts)}`);
    return { kind: 'read-back', what: `${via}: ${what}`, digest: sha256, due: of };
  };
  const between = betweenRanges(ranges);
  return [
    await held('its ranges, read past it', ranges, due(0, bytesOf(ranges))),
    await held('between its ranges', between, canary(bytesOf(between))),
  ];
}

function* inHostFile(
  { hostFile: file }: TestMemory,
  ranges: readonly Range[],
  due: (at: number, length: number) => Due,
  via: Via,
): Generator<DataClaim> {
  if (file === undefined) return;
  let at = 0;
  for (const [i, { offset, len }] of ranges.entries()) {
    yield { kind: 'holds', what: `${via}: range ${i} of ${ranges.length}`, file, offset, due: due(at, len) };
    at += len;
  }
  for (const { offset, len } of betweenRanges(ranges))
    yield { kind: 'holds', what: `${via}: between its ranges`, file, offset, due: canary(len) };
}

/** The gaps within the memory over which the ranges of a dma-buf are spread. */
function betweenRanges(ranges: readonly Range[]): Range[] {
  const base = Math.floor(Math.min(...ranges.map(({ offset }) => offset)) / RANGES_SPAN) * RANGES_SPAN;
  const inside = ranges.map(({ offset, len }) => ({ offset: offset - base, len }));
  return gapsOf(inside).map(({ offset, len }) => ({ offset: base + offset, len }));
}

function canary(bytes: number): Due {
  return { bytes, piece: (_, part) => Buffer.alloc(part, CANARY) };
}
