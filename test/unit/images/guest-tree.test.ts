import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namesGuestTree, openGuestTree } from '../../../src/images/index.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const { signal } = new AbortController();
let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'phyrlab-tree-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function tree(...at: string[]): string {
  const dir = join(scratch, ...at);
  mkdirSync(join(dir, 'phyr'), { recursive: true });
  mkdirSync(join(dir, 'phyr_probe'));
  writeFileSync(join(dir, 'phyr', 'Kbuild'), 'theirs');
  writeFileSync(join(dir, 'phyr_probe', 'Kbuild'), 'theirs');
  return dir;
}
const read = (...at: string[]) => readFileSync(join(...at), 'utf8');

describe("somebody's own sources of the modules", () => {
  it('are a folder or its guest/, measured by our own probe', async () => {
    for (const word of [tree('guest'), scratch]) {
      let dir: string;
      {
        await using opened = await openGuestTree(word, signal);
        dir = opened.dir;
        expect(read(dir, 'phyr', 'Kbuild')).toBe('theirs');
        expect(read(dir, 'phyr_probe', 'Kbuild')).toBe(read(ROOT, 'guest', 'phyr_probe', 'Kbuild'));
      }
      expect(existsSync(dir)).toBe(false);
    }
  });

  it('are a revision of this repository', async () => {
    const commit = execFileSync('git', ['-C', ROOT, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
    await using opened = await openGuestTree('HEAD', signal);
    expect(opened.name).toBe(`HEAD (${commit.slice(0, 12)})`);
    expect(existsSync(join(opened.dir, 'phyr', 'dma', 'map.c'))).toBe(true);
  });

  it('are refused in one line where there are none', async () => {
    await expect(openGuestTree('no-such-thing', signal)).rejects.toThrow(
      /'no-such-thing' is neither a folder.*nor a revision/,
    );
    await expect(openGuestTree('--help', signal)).rejects.toThrow(/nor a revision/);
    const first = execFileSync('git', ['-C', ROOT, 'rev-list', '--max-parents=0', 'HEAD'], { encoding: 'utf8' });
    await expect(openGuestTree(first.split('\n')[0] ?? '', signal)).rejects.toThrow(/no guest/);
    expect(namesGuestTree(join(scratch, 'no'))).toBe(false);
  });
});
