import { describe, expect, it } from 'vitest';
import { glob, matcher } from '../../../src/model/index.js';

describe('a pattern', () => {
  it('is a part of a name without *, and the whole of it with one', () => {
    expect(matcher('b/c')('a/b/c/d')).toBe(true);
    expect(matcher('b/c*')('a/b/c/d')).toBe(false);
    expect(matcher('*b/c*')('a/b/c/d')).toBe(true);
  });

  it('takes everything but * literally', () => {
    expect(glob('a.c*')('abc')).toBe(false);
    expect(glob('a.c*')('a.c/d')).toBe(true);
    expect(glob('[ab]')('a')).toBe(false);
    expect(glob('a.c')('a.c')).toBe(true);
  });

  it.each([
    ['*', '', true],
    ['a*', 'a', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['*a*b*', 'xaxbx', true],
    ['*b*a*', 'xaxbx', false],
    ['a**c', 'abc', true],
    ['*ab', 'aab', true],
    ['*aab*aab', 'aaab', false],
  ])('%j of %j: %j', (pattern, text, fits) => expect(glob(pattern)(text)).toBe(fits));

  it('never goes back: stars without end do not hang', () => {
    const text = 'a'.repeat(50_000);
    expect(glob(`${'*a'.repeat(25)}*b`)(text)).toBe(false);
    expect(glob(`${'a*'.repeat(1000)}b`)(text)).toBe(false);
    expect(matcher('*'.repeat(100_000))(text)).toBe(true);
  });
});
