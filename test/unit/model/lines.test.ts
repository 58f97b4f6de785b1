import { StringDecoder } from 'node:string_decoder';
import { describe, expect, it, vi } from 'vitest';
import { type LineOptions, LineSplitter } from '../../../src/model/index.js';

function split(chunks: readonly (string | Buffer)[], options?: LineOptions): [string, number][] {
  const lines: [string, number][] = [];
  const splitter = new LineSplitter((line, length) => lines.push([line, length]), options);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
  splitter.end();
  return lines;
}

describe('lines of a stream', () => {
  it('are whole wherever the pieces end, also within a character', () => {
    const bytes = Buffer.from('añb\r\n\nc\r\r\nlast');
    const whole = split([bytes]);
    expect(whole.map(([line]) => line)).toEqual(['añb', '', 'c', 'last']);
    expect(split([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('say how much of them was cut, and how long they were', () => {
    const long = 'x'.repeat(25);
    expect(split([long, long, '\nshort\n', long], { longest: 20 })).toEqual([
      [`${'x'.repeat(20)} ... (30 characters more)`, 50],
      ['short', 5],
      [`${'x'.repeat(20)} ... (5 characters more)`, 25],
    ]);
  });

  it('have offsets where a byte is a character', () => {
    expect(split(['é\n'], { encoding: 'latin1' })[0]?.[1]).toBe(2);
  });

  it('are searched once: each character is looked at as often as it came', () => {
    let searched = 0;
    const { indexOf } = String.prototype;
    const spies = (['indexOf', 'split', 'match', 'search', 'replace'] as const).map((name) => {
      const own = String.prototype[name] as (...args: never[]) => unknown;
      return vi.spyOn(String.prototype, name).mockImplementation(function (this: string, ...args: unknown[]) {
        searched += this.length - (name === 'indexOf' ? Number(args[1] ?? 0) : 0);
        return own.apply(this, args as never[]) as never;
      });
    });
    const bytes = 1 << 18;
    const splitter = new LineSplitter(() => {});
    for (let at = 0; at < bytes; at += 16) splitter.push(Buffer.alloc(16, 'x'));
    splitter.end();
    for (const spy of spies) spy.mockRestore();
    expect(String.prototype.indexOf).toBe(indexOf);
    // The decoder of another Node may look as well; a splitter that begins again looks at two thousand million.
    expect(searched).toBeGreaterThan(0);
    expect(searched).toBeLessThan(4 * bytes);
    expect(new StringDecoder('utf8').end()).toBe('');
  });
});
