import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SerialConsole } from '../../../src/qemu/console.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('SerialConsole', () => {
  it('gives whole, clean lines and keeps the raw bytes', async () => {
    const stream = new PassThrough();
    const serial = new SerialConsole(stream, join(dir, 'console.log'));
    const lines: string[] = [];
    serial.onLine((line) => lines.push(line));
    for (const chunk of ['\x1bc\x1b[?7lSea', 'BIOS\r\r\nLinux \xc3', '\xa9\r\nlast'])
      stream.write(Buffer.from(chunk, 'latin1'));
    stream.end();
    await serial.ended;
    expect(lines).toEqual(['SeaBIOS', 'Linux é', 'last']);
    expect(readFileSync(serial.file, 'latin1')).toBe('\x1bc\x1b[?7lSeaBIOS\r\r\nLinux \xc3\xa9\r\nlast');
  });

  it('finds a line that has passed and one that is to come', async () => {
    const stream = new PassThrough();
    const serial = new SerialConsole(stream, join(dir, 'console.log'));
    const coming = serial.line(/two/);
    stream.write('one\ntwo\n');
    expect(await coming).toBe('two');
    expect(await serial.line(/one/)).toBe('one');
    expect(serial.tail(1)).toEqual(['two']);
    stream.end();
    await serial.ended;
  });

  it('says so when the file cannot be written, and ends all the same', async () => {
    const stream = new PassThrough();
    const serial = new SerialConsole(stream, '/dev/full');
    stream.write('lost\n');
    expect((await serial.broken).message).toContain('ENOSPC');
    stream.end();
    await serial.ended;
  });
});
