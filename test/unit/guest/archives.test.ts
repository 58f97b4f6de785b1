import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { makeRunKeys, runArchive } from '../../../src/guest/index.js';
import { tarArchive } from '../../../src/guest/tar.js';

describe('tarArchive', () => {
  it('is what tar unpacks', () => {
    const dir = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
    try {
      const odd = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 255));
      const archive = tarArchive([
        { path: '/lab/run/a.ko', mode: 0o644, data: odd },
        { path: '/lab/run/go', mode: 0o755, data: '#!/bin/sh\n' },
        { path: '/empty', mode: 0o600, data: '' },
      ]);
      execFileSync('tar', ['-x', '-f', '-', '-C', dir], { input: archive });
      expect(readFileSync(join(dir, 'lab/run/a.ko'))).toEqual(odd);
      expect(statSync(join(dir, 'lab/run/go')).mode & 0o777).toBe(0o755);
      expect(statSync(join(dir, 'empty')).size).toBe(0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('refuses a path that does not fit', () => {
    expect(() => tarArchive([{ path: `/${'x'.repeat(101)}`, mode: 0o644, data: '' }])).toThrow('longer than 100 bytes');
  });
});

describe('run keys', () => {
  it('are new each time and fit together', () => {
    const [a, b] = [makeRunKeys(), makeRunKeys()];
    expect(a.client.authorizedKey).not.toBe(b.client.authorizedKey);
    expect(a.host.publicBlob).not.toEqual(b.host.publicBlob);
    for (let i = 0; i < 300; i++) {
      const { client } = makeRunKeys();
      const [inner, outer] = [ssh2.utils.parseKey(client.privateKey), ssh2.utils.parseKey(client.authorizedKey)];
      if (inner instanceof Error) throw inner;
      if (outer instanceof Error) throw outer;
      expect(inner.getPublicSSH()).toEqual(outer.getPublicSSH());
      expect(outer.verify('text', inner.sign('text'))).toBe(true);
    }
    // dropbear: the name, then seed and point as one string; the point is what the client expects to see.
    expect(a.host.dropbear.length).toBe(4 + 11 + 4 + 64);
    expect(a.host.dropbear.subarray(-32)).toEqual(a.host.publicBlob.subarray(-32));
  });

  it('keeps secrets unreadable and ours alone authorized', () => {
    const keys = makeRunKeys();
    const entries = readNewc(runArchive(keys));
    const named = (name: string) => entries.find((entry) => entry.name === name);
    expect(named('etc/dropbear/host_key')?.mode).toBe('100600');
    expect(named('root/.ssh/authorized_keys')).toMatchObject({
      mode: '100600',
      data: `${keys.client.authorizedKey}\n`,
    });
  });
});

function readNewc(archive: Buffer): { name: string; mode: string; data: string }[] {
  const entries = [];
  for (let at = 0; at < archive.length; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = archive.toString('latin1', at + 110, at + 110 + nameSize - 1);
    const data = (at + 110 + nameSize + 3) & ~3;
    entries.push({ name, mode: mode.toString(8), data: archive.toString('latin1', data, data + size) });
    at = (data + size + 3) & ~3;
  }
  return entries;
}
