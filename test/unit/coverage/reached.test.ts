import { describe, expect, it } from 'vitest';
import { type Block, both, type CellReached, type Loaded, reachedBy } from '../../../src/coverage/index.js';
import { twoCode } from './object.js';

const code = twoCode();
const [text, init] = code.sections.map(({ bytes }) => bytes);
const TEXT = 0xffff_ffff_c000_0000n;
const INIT = 0xffff_ffff_c010_0000n;
const loaded: Loaded[] = [{ module: 'two', sections: { '.text': TEXT, '.init.text': INIT } }];

function block(from: bigint, bytes: Buffer | undefined, at: number, end: number, more: Partial<Block> = {}): Block {
  const held = Uint8Array.from(bytes?.subarray(at, end) ?? []);
  return { at: from + BigInt(at), bytes: end - at, code: held, taken: false, notTaken: false, ...more };
}

const begins = block(INIT, init, 0, 6);

function linesOf(reached: CellReached): Record<string, number[]> | string {
  if ('unread' in reached) return reached.unread;
  return Object.fromEntries(reached.files.map(({ path, lines }) => [path, [...lines].sort((a, b) => a - b)]));
}

describe('what was reached', () => {
  it('is the lines that begin in a block that ran, and its functions', () => {
    const reached = reachedBy(code, loaded, [begins, block(TEXT, text, 0, 5, { taken: true })]);
    expect(linesOf(reached)).toEqual({ 'guest/two/two.c': [11, 12, 16, 17] });
    const [file] = 'files' in reached ? reached.files : [];
    expect([[...(file?.functions ?? [])].sort(), [...(file?.taken ?? [])], [...(file?.notTaken ?? [])]]).toEqual([
      [0, 1],
      [0],
      [],
    ]);
  });

  it('has lines of an inlined function in the file that they are of', () => {
    const reached = reachedBy(code, loaded, [begins, block(TEXT, text, 5, 9)]);
    expect(linesOf(reached)).toEqual({ 'guest/two/two.c': [11, 12, 19], 'guest/two/two.h': [4, 6] });
  });

  it('is not read where a module was loaded and its beginning was not seen to run', () => {
    const reached = reachedBy(code, loaded, [block(TEXT, text, 0, 5)]);
    expect(linesOf(reached)).toBe('two was loaded, but its init function was not seen to run');
  });

  it('is nothing where nothing was loaded', () => {
    expect(reachedBy(code, [], [])).toEqual({ files: [] });
  });

  it("does not count somebody else's code at the address where a module was", () => {
    const other = block(TEXT, Buffer.from('90'.repeat(5), 'hex'), 0, 5);
    expect(linesOf(reachedBy(code, loaded, [begins, other]))).toEqual({ 'guest/two/two.c': [11, 12] });
  });

  it('goes by the bytes where two sections were at one address one after the other', () => {
    const again: Loaded = { module: 'two', sections: { '.text': INIT, '.init.text': INIT + 0x1000n } };
    const blocks = [begins, block(INIT + 0x1000n, init, 0, 6), block(INIT, text, 5, 9)];
    expect(linesOf(reachedBy(code, [...loaded, again], blocks))).toEqual({
      'guest/two/two.c': [11, 12, 19],
      'guest/two/two.h': [4, 6],
    });
  });

  it('knows code again that was patched when it was loaded', () => {
    const patched = block(TEXT, text, 0x10, 0x15);
    patched.code.set([0x0f, 0x1f, 0x44, 0, 0]);
    expect(linesOf(reachedBy(code, loaded, [begins, patched]))).toEqual({ 'guest/two/two.c': [11, 12, 18] });
  });

  it("is the kernel's without anybody saying where it is, and not read where it is another one", () => {
    const [text] = code.sections;
    if (text === undefined) throw new Error('no code');
    const kernel = { ...code, sections: [{ ...text, module: undefined, address: TEXT }] };
    const ran = block(TEXT, text.bytes, 0, 0x10);
    expect(linesOf(reachedBy(kernel, [], [ran]))).toMatchObject({ 'guest/two/two.c': [16, 17, 19] });
    // A short block may be patched as a whole.
    const patched = block(TEXT, Buffer.alloc(5, 0x90), 0, 5);
    expect(linesOf(reachedBy(kernel, [], [ran, patched]))).toMatchObject({ 'guest/two/two.c': [16, 17, 19] });
    const other = block(TEXT, Buffer.alloc(0x10, 0x90), 0, 0x10);
    expect(reachedBy(kernel, [], [other])).toEqual({
      unread: 'the debug information does not match the kernel that ran',
    });
  });

  it('of a cell that goes on in another guest is what both reached, and unknown where one is', () => {
    const one = reachedBy(code, loaded, [begins]);
    const other = reachedBy(code, loaded, [begins, block(TEXT, text, 5, 9)]);
    expect(linesOf(both(one, other))).toEqual({ 'guest/two/two.c': [11, 12, 19], 'guest/two/two.h': [4, 6] });
    expect(both(one, { unread: 'gone' })).toEqual({ unread: 'gone' });
  });
});
