import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Detached, Escape } from '../../../src/guest/terminal.js';

/** What the guest gets of these key strokes. */
async function through(...strokes: string[]): Promise<string> {
  const keys = new Escape();
  for (const stroke of strokes) keys.write(Buffer.from(stroke));
  keys.end();
  return text(keys);
}

describe('a terminal', () => {
  it('lets all through, Ctrl-C and Ctrl-D as well', async () => {
    expect(await through('ls ~/x\r', '\x03', 'a~.b\r', '\x04')).toBe('ls ~/x\r\x03a~.b\r\x04');
  });

  it('is left by ~. at the beginning of a line', async () => {
    await expect(through('~', '.')).rejects.toThrow(Detached);
    await expect(through('ls\r~.')).rejects.toThrow(Detached);
  });

  it('takes a tilde at the beginning of a line for itself if something else follows', async () => {
    expect(await through('~', '/bin/x\r')).toBe('~/bin/x\r');
    expect(await through('~~', '.')).toBe('~.');
  });
});
