import { describe, expect, it } from 'vitest';
import { withInvocation } from '../../../src/model/index.js';
import { judgePairs, type Pair } from '../../../src/perf/index.js';
import { comparisonLines } from '../../../src/report/index.js';

const plain = (text: string) => text;
const style = { good: plain, bad: plain, doubtful: plain, dim: plain };

const pair = (name: string, before: number[], after: number[], kind: Pair['kind'] = 'exact'): Pair => ({
  cell: 'c',
  name,
  kind,
  better: 'lower',
  unit: 'insn',
  before,
  after,
});
const lines = (pairs: Pair[], options = {}) => comparisonLines(judgePairs(pairs), style, options);

describe('a comparison', () => {
  it('shows what changed, and counts the rest', () => {
    const same = pair('a/b/c/sg map', [5], [5]);
    expect(lines([same, pair('a/b/c/phyr8 map', [1000], [1010]), pair('a/b/c/phyr8 unmap', [1000], [900])])).toEqual([
      'worse!    +1.00 %  a/b/c/phyr8 map  1,000 -> 1,010 insn',
      'better   -10.00 %  a/b/c/phyr8 unmap  1,000 -> 900 insn',
      '3 series: 1 worse, 1 better, 1 same; ! fails the gate',
    ]);
    expect(lines([same])).toEqual(['1 series: 1 same']);
  });

  it('puts below a row what does not fit', () => {
    const [row, below] = lines([pair('a/b/c/phyr8 map', [1000], [1010])], { width: 40 });
    expect([row, below]).toEqual(['worse!   +1.00 %  a/b/c/phyr8 map', '         1,000 -> 1,010 insn']);
  });

  it('says of what could not be told why, each reason once, and how to make it tell', () => {
    const once = Array.from({ length: 49 }, (_, i) => pair(`a/b/c${i}/sg fio`, [100], [90], 'noisy'));
    const moving = pair('a/b/d/sg map', [1, 2], [1]);
    expect(lines([...once, moving], { again: 'phyrlab run fio' })).toEqual([
      '50 series: 50 inconclusive',
      'inconclusive: 49 with too few samples (1 before, 1 after; 5 per side are needed); 1 with counts that differ between the runs of one side',
      withInvocation('For a result, take 5 samples per side on a quiet host (repeat: phyrlab run fio),'),
      withInvocation('then compare all runs of each side: phyrlab perf compare RUN,RUN,... RUN,RUN,...'),
      withInvocation('To see which counts differ: phyrlab bench --check-determinism PATTERN'),
    ]);
  });

  it('and does as it says: so many samples do tell', () => {
    const told = lines([pair('a/b/c/sg fio', [100, 101, 102, 103, 104], [90, 91, 92, 93, 94], 'noisy')]);
    expect(told[0]).toMatch(/^better +-9.80 % \(-13.46 % to -6.00 %\) {2}a\/b\/c\/sg fio/);
  });

  it('says what scatters, and how much more would do', () => {
    const noisy = (at: number) => [at, at * 1.3, at * 0.8, at * 1.1, at * 0.9];
    expect(lines([pair('a/b/c/sg fio', noisy(100), noisy(104), 'noisy')])).toEqual([
      '1 series: 1 inconclusive',
      'inconclusive: 1 with too much scatter for their number of samples',
      withInvocation('For a result, take 50 samples per side on a quiet host (repeat: phyrlab run CELLS),'),
      withInvocation('then compare all runs of each side: phyrlab perf compare RUN,RUN,... RUN,RUN,...'),
    ]);
  });

  it('with nothing in it says why', () => {
    expect(lines([], { unpaired: [{ why: 'Linux 7.2 before, 7.3.4 now', count: 40 }] })).toEqual([
      'nothing to compare',
      'not compared: 40 Linux 7.2 before, 7.3.4 now',
      'To compare runs, measure the same cells on both sides, with the same kernel, QEMU and accelerator.',
    ]);
  });

  it('holds against nothing what was 0', () => {
    const zeros = Array.from({ length: 8 }, () => 0);
    const text = lines([
      pair('a/b/c/sg bounced', [0], [12]),
      pair('a/b/c/sg gone', [12], [0]),
      pair('a/b/c/sg none', [0], [0]),
      pair('a/b/noisy/sg it', zeros, [5, 6, 7, 8, 9, 10, 11, 12], 'noisy'),
      pair('a/b/quiet/sg it', zeros, zeros, 'noisy'),
      pair('a/b/some/sg it', zeros, [0, 0, 0, 0, 0, 0, 0, 1], 'noisy'),
      pair('a/b/one/sg it', [0], [1], 'noisy'),
    ]).join('\n');
    expect(text).not.toMatch(/NaN|Infinity|∞/);
    expect(text).toMatch(/^worse! +from 0 {2}a\/b\/c\/sg bounced {2}0 -> 12 insn$/m);
    expect(text).toMatch(/^worse! +from 0 {2}a\/b\/noisy\/sg it {2}0 -> 8.5 insn$/m);
    expect(text).toMatch(/^better +-100.00 % {2}a\/b\/c\/sg gone/m);
    expect(text).toMatch(/^7 series: 2 worse, 1 better, 2 inconclusive, 2 same/m);
  });
});
