import { describe, expect, it } from 'vitest';
import { applyEdits, editsOf, parsePatch } from '../../../src/images/patch.js';

const TEXT = ['one', 'two', '', 'three', 'four', 'five'];

/** A patch of `a.c`, by the lines of its hunk. */
function patch(...lines: string[]): string {
  const count = (sign: string) => lines.filter((line) => line[0] !== sign).length;
  return `what it is for\n\n--- a/dir/a.c\n+++ b/dir/a.c\n@@ -1,${count('+')} +1,${count('-')} @@ f()\n${lines.join('\n')}\n`;
}

function patched(...patches: string[]): string[] {
  const edits = patches.flatMap((text, i) => parsePatch(text, `p${i}`).flatMap((file) => editsOf(file, TEXT, `p${i}`)));
  return applyEdits(TEXT, edits, 'dir/a.c');
}

describe('a patch', () => {
  it('changes the lines that it names, wherever they are', () => {
    expect(patched(patch(' three', '-four', '+4', '+4 and a half', ' five'))).toEqual([
      ...['one', 'two', '', 'three', '4', '4 and a half', 'five'],
    ]);
    // Editors take the space of an empty line of context away.
    expect(patched(patch(' two', '', '-three'))).toEqual(['one', 'two', '', 'four', 'five']);
    expect(parsePatch(patch(' one', '+1'), 'p')[0]?.path).toBe('dir/a.c');
  });

  it('is refused if a line of its context differs in anything', () => {
    expect(() => patched(patch(' Two', '+2'))).toThrow(/^p0 does not apply to dir\/a\.c: .*@@ -1,1 \+1,2 @@/);
    expect(() => patched(patch(' two ', '+2'))).toThrow(/does not apply/);
  });

  it('is refused where it fits more than once', () => {
    const twice = ['x', 'y', 'x', 'z'];
    const [file] = parsePatch(patch(' x', '+new'), 'p');
    expect(() => file && editsOf(file, twice, 'p')).toThrow(/applies to dir\/a\.c in 2 places/);
  });

  it('is refused if it is damaged, or adds a file', () => {
    expect(() => parsePatch('@@ -1,1 +1,1 @@\n-a\n+b\n', 'p')).toThrow(/a hunk without a file/);
    expect(() => parsePatch(patch(' one', '+1').replace('+1,2', '+1,3'), 'p')).toThrow(/does not have as many lines/);
    expect(() => parsePatch('--- a/x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n', 'p')).toThrow(/names no file/);
    expect(() => parsePatch('nothing\n', 'p')).toThrow(/not a patch/);
  });
});

describe('several patches of one file', () => {
  it('are each made against the file as it is', () => {
    const first = patch(' two', '+2a', ' ');
    const second = patch(' one', ' two', '+2b', ' ', '-three', '+3');
    expect(patched(first, second)).toEqual(['one', 'two', '2a', '2b', '', '3', 'four', 'five']);
    expect(patched(second, first)).toEqual(['one', 'two', '2b', '2a', '', '3', 'four', 'five']);
  });

  it('do not change the same line', () => {
    expect(() => patched(patch('-two', '+2'), patch('-two', '-', '+II'))).toThrow(
      /^p\d and p\d change the same line of dir\/a\.c: line 2/,
    );
  });
});
