import { expect, it } from 'vitest';
import { vtdMode } from '../../../src/qemu/vtd-tables.js';

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
