/**
 * How VT-d translates for a device, read from the emulated IOMMU's registers and the tables in guest memory. Neither
 * the guest's kernel nor its command line is trusted, so a machine cannot claim to be something else.
 *
 * Intel's Virtualization Technology for Directed I/O, chapters 9 (translation structures) and 11.4 (registers).
 */

import type { IoPage, ReadWords } from './iommu.js';

export type VtdMode = 'legacy' | 'first-stage' | 'second-stage' | 'passthrough' | 'none';

/**
 * Global command in the lower half (reads as zero), global status in the upper half. The highest bit says that
 * translation is on.
 */
const GLOBAL_STATUS = 0xfed90018n;
const ROOT_TABLE_ADDRESS = 0xfed90020n;
const PAGE = ~0xfffn;

/**
 * The start of a device's tables: `table` is the page of the highest of `levels`, with entries in the format of the
 * mode.
 */
interface Entry {
  mode: VtdMode;
  table: bigint;
  levels: number;
}

const NONE: Entry = { mode: 'none', table: 0n, levels: 0 };

/** `bdf`: `0000:03:00.0` */
export async function vtdMode(read: ReadWords, bdf: string): Promise<VtdMode> {
  return (await entryOf(read, bdf)).mode;
}

export async function vtdPages(read: ReadWords, bdf: string, iova: number, bytes: number): Promise<IoPage[]> {
  const { mode, table, levels } = await entryOf(read, bdf);
  if (mode === 'none' || mode === 'passthrough') return [];
  const pages: IoPage[] = [];
  const descend = async (at: bigint, level: number, base: number): Promise<void> => {
    const span = 2 ** (12 + 9 * (level - 1));
    const first = Math.max(0, Math.floor((iova - base) / span));
    const last = Math.min(511, Math.floor((iova + bytes - 1 - base) / span));
    const entries = await read(at + BigInt(8 * first), last - first + 1);
    for (const [i, entry] of entries.entries()) {
      const here = base + (first + i) * span;
      // First stage: present. Second stage: readable or writable.
      if ((entry & (mode === 'first-stage' ? 1n : 3n)) === 0n) continue;
      if (level > 1 && (entry & LARGE) === 0n) await descend(entry & ADDRESS, level - 1, here);
      else
        pages.push({
          iova: here,
          phys: Number(entry & ADDRESS & -BigInt(span)),
          bytes: span,
          mayRead: (entry & 1n) === 1n,
          mayWrite: (entry & 2n) === 2n,
        });
    }
  };
  await descend(table, levels, 0);
  return pages;
}

const LARGE = 1n << 7n;
const ADDRESS = 0x000f_ffff_ffff_f000n;

async function entryOf(read: ReadWords, bdf: string): Promise<Entry> {
  const [, bus, slot, fn] = /:([0-9a-f]{2}):([0-9a-f]{2})\.(\d)$/.exec(bdf) ?? [];
  if (bus === undefined || slot === undefined || fn === undefined) throw new TypeError(`'${bdf}' is not a PCI address`);
  const devfn = (Number.parseInt(slot, 16) << 3) | Number(fn);
  const [status = 0n] = await read(GLOBAL_STATUS, 1);
  if (status >> 63n === 0n) return NONE;
  const [root = 0n] = await read(ROOT_TABLE_ADDRESS, 1);
  const [low = 0n, high = 0n] = await read((root & PAGE) + BigInt(Number.parseInt(bus, 16) * 16), 2);
  return (root >> 10n) & 3n ? scalable(read, devfn < 0x80 ? low : high, devfn & 0x7f) : legacy(read, low, devfn);
}

async function legacy(read: ReadWords, contexts: bigint, devfn: number): Promise<Entry> {
  if (!present(contexts)) return NONE;
  const [context = 0n, width = 0n] = await read((contexts & PAGE) + BigInt(devfn * 16), 2);
  if (!present(context)) return NONE;
  const mode = (context >> 2n) & 3n ? 'passthrough' : 'legacy';
  return { mode, table: context & ADDRESS, levels: levelsOf(width) };
}

/** The tables for requests without a PASID, which are those of PASID 0. */
async function scalable(read: ReadWords, contexts: bigint, devfn: number): Promise<Entry> {
  let entry = contexts;
  for (const offset of [devfn * 32, 0]) {
    if (!present(entry)) return NONE;
    [entry = 0n] = await read((entry & PAGE) + BigInt(offset), 1);
  }
  if (!present(entry)) return NONE;
  const [second = 0n, , first = 0n] = await read(entry & PAGE, 3);
  if (!present(second)) return NONE;
  const mode = PASID_GRANULAR_TYPE.get(Number((second >> 6n) & 7n)) ?? 'none';
  return mode === 'first-stage'
    ? { mode, table: first & ADDRESS, levels: (first >> 2n) & 3n ? 5 : 4 }
    : { mode, table: second & ADDRESS, levels: levelsOf(second >> 2n) };
}

/** The number of levels, from a field that encodes the address width: 1 means 39 bits. */
function levelsOf(width: bigint): number {
  return Number(width & 7n) + 2;
}

const PASID_GRANULAR_TYPE = new Map<number, VtdMode>([
  [1, 'first-stage'],
  [2, 'second-stage'],
  [4, 'passthrough'],
]);

function present(entry: bigint): boolean {
  return (entry & 1n) === 1n;
}
