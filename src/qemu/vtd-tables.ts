/**
 * How VT-d translates for a device, read from the emulated IOMMU's register and the tables that the guest made for it. Neither the
 * guest's kernel nor its command line is asked, so that a machine cannot be something else than it says.
 *
 * Intel's Virtualization Technology for Directed I/O, chapters 9 (translation structures) and 11.4 (registers).
 */

/** Reads 64-bit words of the guest's physical memory, or of a device register there. */
export type ReadWords = (address: bigint, count: number) => Promise<bigint[]>;

export type VtdMode = 'legacy' | 'first-stage' | 'second-stage' | 'passthrough' | 'none';

/** Global command in the lower half, which reads as zero, and global status in the upper one; its highest bit: translation is on. */
const GLOBAL_STATUS = 0xfed90018n;
const ROOT_TABLE_ADDRESS = 0xfed90020n;
const PAGE = ~0xfffn;

/** `bdf`: `0000:03:00.0` */
export async function vtdMode(read: ReadWords, bdf: string): Promise<VtdMode> {
  const [, bus, slot, fn] = /:([0-9a-f]{2}):([0-9a-f]{2})\.(\d)$/.exec(bdf) ?? [];
  if (bus === undefined || slot === undefined || fn === undefined) throw new TypeError(`'${bdf}' is no PCI address`);
  const devfn = (Number.parseInt(slot, 16) << 3) | Number(fn);
  const [status = 0n] = await read(GLOBAL_STATUS, 1);
  if (status >> 63n === 0n) return 'none';
  const [root = 0n] = await read(ROOT_TABLE_ADDRESS, 1);
  const [low = 0n, high = 0n] = await read((root & PAGE) + BigInt(Number.parseInt(bus, 16) * 16), 2);
  return (root >> 10n) & 3n ? scalable(read, devfn < 0x80 ? low : high, devfn & 0x7f) : legacy(read, low, devfn);
}

async function legacy(read: ReadWords, contexts: bigint, devfn: number): Promise<VtdMode> {
  if (!present(contexts)) return 'none';
  const [context = 0n] = await read((contexts & PAGE) + BigInt(devfn * 16), 1);
  if (!present(context)) return 'none';
  return (context >> 2n) & 3n ? 'passthrough' : 'legacy';
}

/** The tables for requests without a PASID, which are those of PASID 0. */
async function scalable(read: ReadWords, contexts: bigint, devfn: number): Promise<VtdMode> {
  let entry = contexts;
  for (const offset of [devfn * 32, 0, 0]) {
    if (!present(entry)) return 'none';
    [entry = 0n] = await read((entry & PAGE) + BigInt(offset), 1);
  }
  if (!present(entry)) return 'none';
  return PASID_GRANULAR_TYPE.get(Number((entry >> 6n) & 7n)) ?? 'none';
}

const PASID_GRANULAR_TYPE = new Map<number, VtdMode>([
  [1, 'first-stage'],
  [2, 'second-stage'],
  [4, 'passthrough'],
]);

function present(entry: bigint): boolean {
  return (entry & 1n) === 1n;
}
