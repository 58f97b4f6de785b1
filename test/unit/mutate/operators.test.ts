import { describe, expect, it } from 'vitest';
import { mutantsOf, mutated, OPERATORS } from '../../../src/mutate/index.js';

/** All that an operator makes of the body of a function: the lines that differ, each mutant joined by ' / '. */
function made(operator: string, body: string): string[] {
  const source = `int f(struct device *dev, u64 len)\n{\n${body}\n}\n`;
  const lines = source.split('\n');
  return mutantsOf('a.c', source)
    .filter((mutant) => mutant.operator === operator)
    .map(({ edits }) => {
      const after = mutated(source, edits).split('\n');
      expect(after).toHaveLength(lines.length);
      return after.filter((line, at) => line !== lines[at]).join(' / ');
    });
}

describe('an operator', () => {
  it.each([
    ['comparison', 'if (a <= b && c == 0)', ['if (a < b && c == 0)', 'if (a <= b && c != 0)']],
    ['logic', 'return a && b;', ['return a || b;']],
    ['off-by-one', 'x = y + 1;', ['x = y + 2;']],
    ['off-by-one', 'memcpy(a, b, map->len);', ['memcpy(a, b, map->len - 1);']],
    ['off-by-one', 'x = 1 << 3;', []],
    ['arithmetic', 'return -a + b;', ['return -a - b;']],
    ['arithmetic', 'x |= ~mask & b;', ['x &= ~mask & b;', 'x |= mask & b;', 'x |= ~mask | b;']],
    ['dropped-release', 'dma_unmap_phys(dev, a);', ['{}']],
    ['dropped-release', 'x = put_page(a);', []],
    ['dropped-release', 'output(dev);', []],
    ['dropped-call', 'phyr_tell(dev);', ['{}']],
    ['dropped-call', 'pr_info("x");', []],
    ['dropped-assignment', 'a->b[1] = x;', ['{}']],
    ['dropped-assignment', 'u64 x = 1;', []],
    ['dropped-check', 'if (a)', ['if (0 && (a))', 'if (1 || (a))']],
    ['swapped-arguments', 'f(a, g(b, b), c);', ['f(g(b, b), a, c);', 'f(a, c, g(b, b));']],
    ['direction', 'f(DMA_TO_DEVICE);', ['f(DMA_FROM_DEVICE);']],
    ['constant', 'x = PAGE_SIZE;', ['x = (PAGE_SIZE / 2);']],
    ['error-code', 'return -EIO;', ['return -EAGAIN;']],
    ['lost-error', 'err = -ENOMEM;', ['err = 0;']],
    ['lost-error', 'err = a - EIO;', []],
    ['lock', 'spin_lock(&a);\nb();\nspin_unlock(&a);', ['{} / {}']],
    ['lock', 'spin_lock(&a);\nspin_unlock(&b);', []],
    ['lock', 'guard(mutex)(&a);', ['{}']],
    ['order', 'a(x);\nb = 1;', ['b = 1; / a(x);']],
    ['order', 'a = 2;\nb = 1;', []],
    ['truncation', 'u64 x;', ['u32 x;']],
    ['truncation', 'dma_addr_t *x;', []],
    ['truncation', 'map->addr = a + b;', ['map->addr = (u32)(a + b);']],
    ['truncation', 'map->flag = a;', []],
  ])('%s: %s', (operator, body, becomes) => {
    expect(made(operator, body)).toEqual(becomes);
  });

  it('has a name of its own, and says what it does', () => {
    expect(new Set(OPERATORS.map(({ name }) => name)).size).toBe(OPERATORS.length);
    expect(OPERATORS.filter(({ does }) => does === '')).toEqual([]);
  });

  it('keeps the number of every line', () => {
    expect(made('dropped-release', 'dma_unmap_phys(dev,\n\ta,\n\tb);\nx();')).toEqual(['{} /  / ']);
  });
});

describe('nothing is changed', () => {
  it.each([
    ['in comments', '/* a == b */ // c == d'],
    ['in texts', 'f("a == b", \'=\');'],
    ['in directives', '#if A == 1 && \\\n  B == 2\n#endif'],
    ['in what only tells', 'pr_err("%d", a == b); WARN_ON(a == b);'],
    ['in labels', 'switch (x) {\ncase A == B:\n\tbreak;\n}'],
    ['in declarators', 'u64 x[2 == 2];'],
  ])('%s', (_where, body) => {
    expect(made('comparison', body)).toEqual([]);
  });

  it('outside functions', () => {
    const source = [
      'struct a { int b[1 == 1]; };',
      'static const int c = 1 == 1;',
      'static struct ops o = { .f = 1 == 1, .g = -EIO };',
      'MODULE_PARM(a == b);',
      'int g(int a);',
      '',
    ].join('\n');
    expect(mutantsOf('a.c', source)).toEqual([]);
  });
});
