import { expect, it } from 'vitest';
import { vtdMode, vtdPages } from '../../../src/iommus/vtd-tables.js';

const STATUS = 0xfed90018n;
const ROOT = 0x100000n;
const CONTEXTS = 0x200000n;
const DIRECTORY = 0x300000n;
const TABLE = 0x400000n;

/** Guest memory by address; what is not there is zero. */
function memory(words: [bigint, bigint][]) {
  const all = new Map([[STATUS, 1n << 63n], ...words]);
  return async (address: bigint, count: number) =>
    Array.from({ length: count }, (_, i) => all.get(address + BigInt(8 * i)) ?? 0n);
}

const register = (scalable: boolean): [bigint, bigint] => [0xfed90020n, ROOT | (scalable ? 1n << 10n : 0n)];

it.each([
  [0b0001n, 'legacy'],
  [0b1001n, 'passthrough'],
  [0b0000n, 'none'],
])('a context entry %s is %s', async (context, mode) => {
  const read = memory([register(false), [ROOT + 3n * 16n, CONTEXTS | 1n], [CONTEXTS + 9n * 16n, context]]);
  expect(await vtdMode(read, '0000:03:01.1')).toBe(mode);
});

it.each([
  [1n, 'first-stage'],
  [2n, 'second-stage'],
  [4n, 'passthrough'],
  [3n, 'none'],
])('a PASID entry of type %s is %s', async (type, mode) => {
  const read = memory([
    register(true),
    [ROOT + 3n * 16n, CONTEXTS | 1n],
    [CONTEXTS + 9n * 32n, DIRECTORY | 1n],
    [DIRECTORY, TABLE | 1n],
    [TABLE, (type << 6n) | 1n],
  ]);
  expect(await vtdMode(read, '0000:03:01.1')).toBe(mode);
});

it('devices from 0x80 on have the upper context table', async () => {
  const words: [bigint, bigint][] = [
    register(true),
    [ROOT + 3n * 16n + 8n, CONTEXTS | 1n],
    [CONTEXTS + 8n * 32n, DIRECTORY | 1n],
    [DIRECTORY, TABLE | 1n],
    [TABLE, (1n << 6n) | 1n],
  ];
  expect(await vtdMode(memory(words), '0000:03:11.0')).toBe('first-stage');
  expect(await vtdMode(memory(words), '0000:03:01.0')).toBe('none');
});

it('a table that is missing on the way is no translation', async () => {
  expect(await vtdMode(memory([register(true)]), '0000:03:01.0')).toBe('none');
  expect(await vtdMode(memory([register(false)]), '0000:03:01.0')).toBe('none');
});

it('tables that are not in force are none', async () => {
  const words: [bigint, bigint][] = [
    [STATUS, 0n],
    register(false),
    [ROOT + 3n * 16n, CONTEXTS | 1n],
    [CONTEXTS + 8n * 16n, 1n],
  ];
  expect(await vtdMode(memory(words), '0000:03:01.0')).toBe('none');
  expect(await vtdMode(memory([...words, [STATUS, 1n << 63n]]), '0000:03:01.0')).toBe('legacy');
});

const [UPPER, MIDDLE, LOWER] = [0x500000n, 0x600000n, 0x700000n];
const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** Tables of three levels below `top`: at 1 GiB a page of 4 KiB, at 1 GiB + 2 MiB one of 2 MiB, at 2 GiB one of 1 GiB. */
const tables = (top: bigint, flags: bigint): [bigint, bigint][] => [
  [top + 8n, MIDDLE | flags],
  [top + 16n, 0x80000000n | 0x80n | flags],
  [MIDDLE, LOWER | flags],
  [MIDDLE + 8n, 0x20000000n | 0x80n | flags],
  [LOWER, 0x1234000n | 1n],
];

const found = [
  { iova: GIB, phys: 0x1234000, bytes: 4096, mayRead: true, mayWrite: false },
  { iova: GIB + 2 * MIB, phys: 0x20000000, bytes: 2 * MIB, mayRead: true, mayWrite: true },
  { iova: 2 * GIB, phys: 0x80000000, bytes: GIB, mayRead: true, mayWrite: true },
];

const legacyTables = memory([
  register(false),
  [ROOT + 3n * 16n, CONTEXTS | 1n],
  [CONTEXTS + 9n * 16n, UPPER | 1n],
  [CONTEXTS + 9n * 16n + 8n, 1n],
  ...tables(UPPER, 3n),
]);

it('pages of 39 bits of address are found, of each size', async () => {
  expect(await vtdPages(legacyTables, '0000:03:01.1', 0, 4 * GIB)).toEqual(found);
});

it('only those that the addresses are in are told', async () => {
  expect(await vtdPages(legacyTables, '0000:03:01.1', GIB + 4096, 2 * MIB)).toEqual([found[1]]);
  expect(await vtdPages(legacyTables, '0000:03:01.1', GIB, 4096)).toEqual([found[0]]);
});

it.each([
  ['second', 2n, 0],
  ['first', 1n, 2],
] as const)('pages of the %s stage are found', async (_stage, type, word) => {
  const top = 0x800000n;
  const entry = (type << 6n) | (2n << 2n) | 1n;
  const read = memory([
    register(true),
    [ROOT + 3n * 16n, CONTEXTS | 1n],
    [CONTEXTS + 9n * 32n, DIRECTORY | 1n],
    [DIRECTORY, TABLE | 1n],
    [TABLE, word === 0 ? entry | top : entry],
    ...(word === 2 ? ([[TABLE + 16n, top]] as [bigint, bigint][]) : []),
    [top, UPPER | 3n],
    ...tables(UPPER, 3n),
  ]);
  expect(await vtdPages(read, '0000:03:01.1', 0, 4 * GIB)).toEqual(found);
});

it('without translation there are no pages', async () => {
  expect(await vtdPages(memory([[STATUS, 0n]]), '0000:03:01.1', 0, GIB)).toEqual([]);
});
