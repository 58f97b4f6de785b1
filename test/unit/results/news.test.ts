import { describe, expect, it } from 'vitest';
import { NIGHT_SCHEMA, type Night, type NightStage, type Verdict } from '../../../src/model/index.js';
import { nightLines, nightMarkdown, styleFor } from '../../../src/report/index.js';
import { type News, newsOf } from '../../../src/results/index.js';

let minute = 0;

function night(verdicts: Record<string, Verdict>, change: Partial<NightStage> = {}, ended = true): Night {
  const at = new Date(Date.UTC(2026, 10, 21, 0, minute++)).toISOString();
  const outcomes = Object.entries(verdicts).map(([cell, verdict]) => ({
    cell,
    verdict,
    reason: `why ${cell}`,
    again: false,
  }));
  return {
    schema: NIGHT_SCHEMA,
    id: `n${minute}`,
    started: at,
    ...(ended && { ended: at }),
    seed: 1,
    stages: [{ name: 'suites', words: ['smoke'], kernel: '7.3', images: `i${minute}`, outcomes, ...change }],
  };
}

const cells = (items: News['fixed']) => items.map(({ cell }) => cell);

describe('what is new', () => {
  it('is told against the night before', () => {
    const before = night({ a: 'pass', b: 'fail', c: 'fail', d: 'pass' });
    const news = newsOf(
      night({ a: 'fail', b: 'fail', c: 'pass', d: 'lost', e: 'fail', f: 'inconclusive', g: 'pass' }),
      [before],
    );
    expect(cells(news.newFailures)).toEqual(['a', 'e']);
    expect(cells(news.stillFailing)).toEqual(['b']);
    expect(cells(news.fixed)).toEqual(['c']);
    expect(cells(news.lost)).toEqual(['d']);
    expect(cells(news.inconclusive)).toEqual(['f']);
    expect(cells(news.flaky)).toEqual([]);
    expect(news.counts).toEqual({ pass: 2, caught: 0, xfail: 0, fail: 3, lost: 1, inconclusive: 1, skip: 0 });
  });

  it('takes a known failure of the kernel for what it says of what is under test', () => {
    const news = newsOf(night({ a: 'xfail', b: 'xfail', c: 'fail' }), [night({ a: 'pass', b: 'fail', c: 'xfail' })]);
    expect([cells(news.fixed), cells(news.newFailures), cells(news.flaky)]).toEqual([['b'], ['c'], []]);
    expect(news.counts.xfail).toBe(2);
  });

  it('looks behind nights that could not say', () => {
    const nights = [
      night({ a: 'fail', b: 'pass' }),
      night({ a: 'lost', b: 'inconclusive' }),
      night({ a: 'pass' }, {}, false),
    ];
    const news = newsOf(night({ a: 'fail', b: 'fail' }), nights);
    expect([cells(news.stillFailing), cells(news.newFailures)]).toEqual([['a'], ['b']]);
  });

  it('is flaky, and not fixed, if nothing changed but the verdict', () => {
    const images = { images: 'the same' };
    const news = newsOf(night({ a: 'pass', b: 'fail' }, images), [night({ a: 'fail', b: 'pass' }, images)]);
    expect([cells(news.flaky), cells(news.fixed)]).toEqual([['a', 'b'], []]);
    expect(news.newFailures).toMatchObject([{ cell: 'b', sameImages: true }]);
  });

  it('is flaky what went to and fro within a week, and no longer than that', () => {
    const fro = [night({ a: 'pass' }), night({ a: 'fail' })];
    expect(cells(newsOf(night({ a: 'pass' }), fro).flaky)).toEqual(['a']);
    const calm = Array.from({ length: 6 }, () => night({ a: 'pass' }));
    expect(cells(newsOf(night({ a: 'pass' }), [...fro, ...calm]).flaky)).toEqual([]);
  });

  it('keeps the same cell on another kernel apart', () => {
    const before = night({ a: 'fail' }, { name: 'debug' });
    expect(cells(newsOf(night({ a: 'fail' }), [before]).newFailures)).toEqual(['a']);
  });

  it('is said most urgent first, or that there is none', () => {
    const tonight = night({ a: 'fail', b: 'pass' }, { regressions: ['x map: 3.00 %'] });
    const news = newsOf(tonight, [night({ a: 'pass', b: 'fail' })]);
    const plain = styleFor({ isTTY: false } as NodeJS.WriteStream);
    expect(nightLines(tonight, news, plain).slice(1)).toEqual([
      expect.stringMatching(/: 1 pass, 1 fail$/),
      'new failures: 1',
      '  a (suites): why a',
      'regressions: 1',
      '  x map: 3.00 %',
      'fixed: 1',
      '  b (suites): why b',
    ]);
    const quiet = night({ a: 'pass' });
    expect(nightLines(quiet, newsOf(quiet, []), plain)).toContain('nothing new');
  });

  it('is Markdown in which a guest writes nothing of its own', () => {
    const tonight = night({});
    tonight.stages[0]?.outcomes?.push({ cell: 'a', verdict: 'fail', reason: '<b>|`\n# x', again: false });
    const text = nightMarkdown(tonight, newsOf(tonight, []));
    expect(text).not.toMatch(/<b>|`|^# x/m);
    expect(text).toContain('### new failures: 1');
  });
});
