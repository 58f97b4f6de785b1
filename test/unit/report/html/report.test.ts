import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { suites } from '../../../../harness/index.js';
import type { CellRecord } from '../../../../src/model/index.js';
import { expand } from '../../../../src/plan/index.js';
import { causesOf, type HistoryLine, htmlReport } from '../../../../src/report/index.js';
import type { RecordedRun } from '../../../../src/results/index.js';
import { cellRecord, someRun } from '../../run-result.js';

const ASSETS = join(import.meta.dirname, '../../../../src/report/html/page');
const cells = suites.filter(({ id }) => id === 'p2p').flatMap((suite) => expand(suite, 1).cells);

function page(
  records: CellRecord[],
  { history = [], ...recorded }: Partial<RecordedRun> & { history?: HistoryLine[] | string } = {},
): string {
  return htmlReport({
    recorded: {
      folder: '/runs/r',
      run: someRun,
      end: { duration_ms: 1000, interrupted: false },
      cells: records,
      declared: new Map(cells.map((cell) => [cell.id, cell])),
      elsewhere: 0,
      notices: [],
      ...recorded,
    },
    causes: causesOf(records),
    excerpts: new Map(),
    history,
    assets: ASSETS,
  });
}

const data = (html: string) =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '');

describe('the page', () => {
  const html = page(cells.map(({ id }) => cellRecord({ id })));

  it('allows the script and the style that are in it, by their hashes, and nothing else', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const [style = '', script = ''] = [/<style>(.*?)<\/style>/s, /<script>(.*?)<\/script>/s].map(
      (one) => one.exec(html)?.[1],
    );
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
  });

  it('names nothing outside of it', () => {
    const named = [...html.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, target]) => target);
    expect(named.filter((target) => !target?.startsWith('#') && !target?.startsWith('data:'))).toEqual([]);
    expect(html).not.toMatch(/@import|url\(|style="/);
  });

  it('says every text once', () => {
    const { texts, cells: packed, command } = data(html);
    expect(new Set(texts).size).toBe(texts.length);
    expect(packed).toHaveLength(cells.length);
    expect(texts.filter((text: string) => text.startsWith('npx phyrlab'))).toEqual([]);
    expect(command.replaceAll('\u0001', 'CELL')).toBe("npx phyrlab run 'CELL' --seed 1");
  });

  it('writes out a command that is not like the others', () => {
    const odd = cellRecord({ id: cells[1]?.id ?? '', repro: 'npx phyrlab repro RUN/CELL' });
    const { texts, cells: packed } = data(page([cellRecord({ id: cells[0]?.id ?? '' }), odd]));
    expect(packed.map(({ repro }: { repro?: number }) => repro !== undefined && texts[repro])).toEqual([
      false,
      odd.repro,
    ]);
  });
});

describe('what a reader must know first', () => {
  const [first] = cells;
  const record = cellRecord({ id: first?.id ?? '' });
  it.each([
    [{ end: undefined }, /has not ended.*\d+ cells have no verdict/],
    [
      { cells: [{ ...record, verdict: 'lost' as const, code: 'time-limit' as const, reason: '--max-time' }] },
      /did not finish.*--max-time/,
    ],
    [
      { run: { ...someRun, shard: { index: 2, count: 3, plan: 'p' } }, elsewhere: 7 },
      /shard 2 of 3. The other shards have 7 cells/,
    ],
    [{ run: { ...someRun, drift: ['gcc 1 -&gt; 2'] } }, /Differs from the lock files: gcc/],
    [{ notices: ['<b>the kernel complained</b>'] }, /&#60;b&#62;the kernel complained/],
  ])('%#', (change, words) => {
    const html = page([record], change);
    expect(/<ul class="notices">.*<\/ul>/s.exec(html)?.[0]).toMatch(words);
  });
});

it('what was not run is said by its reasons; what never was a cell is no part of the matrix', () => {
  const [planned] = cells;
  const skip = (id: string, reason: string) => cellRecord({ id, verdict: 'skip', reason, oracles: [] });
  const html = page([
    skip(planned?.id ?? '', 'not modelled: why'),
    skip('x/y/z/sg', 'no icount'),
    skip('x/y/z/iter', 'no icount'),
  ]);
  expect(data(html).cells).toHaveLength(1);
  expect(html).toMatch(/Skipped, because QEMU cannot model them: 1.*not modelled: why/s);
  expect(html).toMatch(
    /Pruned, because such a cell would make no sense: 2.*<td class="num">2<\/td><td>no icount<\/td>/s,
  );
});

describe('history', () => {
  const line = (metric: string, values: number[], changes: HistoryLine['changes'] = []): HistoryLine => ({
    key: metric,
    series: {
      cell: 'a/b/c/phyr8',
      what: metric,
      unit: 'insn',
      better: 'lower',
      kind: 'exact',
      declared: 'd',
      kernel: '7.3',
      kernel_key: 'k',
      qemu: '11',
      qemu_key: 'q',
      accelerator: 'tcg',
    },
    samples: values.map((value, at) => ({ run: `run-${at}`, at: '', modules: `modules-${at}`, values: [value] })),
    changes,
  });
  const shown = (history: HistoryLine[] | string) =>
    /<section id="history".*?<\/section>/s.exec(page([], { history }))?.[0] ?? '';

  it('shows what changed, the newest change first, says where and between which modules', () => {
    const text = shown([
      line('same', [5, 5]),
      line('old', [5, 4, 4, 4], [{ at: 1, before: 5, after: 4, p: 0 }]),
      line('new', [4, 4, 4, 5], [{ at: 3, before: 4, after: 5, p: 0 }]),
      line('once', [5]),
    ]);
    expect(text).toContain('4 series measured by this run: 2 changed in some run, 1 did not, 1 have no other run');
    expect(text.indexOf('<b>new</b>')).toBeLessThan(text.indexOf('<b>old</b>'));
    expect(text).toContain('▲ worse +25.00 %</span> at run-3, modules modules- → modules-');
    expect(text).toContain('▼ better -20.00 %');
    expect(text).toMatch(/<details.*<b>same<\/b>.*<\/details>/s);
    expect(text).not.toContain('<b>once</b>');
  });

  it('says why there is none', () => {
    expect(shown('The history cannot be read: <locked>')).toContain('cannot be read: &#60;locked&#62;');
  });

  it('draws what a person would look at, and counts the rest', () => {
    const many = Array.from({ length: 60 }, (_, i) => line(`m${i}`, [1, 2], [{ at: 1, before: 1, after: 2, p: 0 }]));
    expect(shown(many).match(/<figure/g)).toHaveLength(48);
    expect(shown(many)).toContain('12 more:');
  });
});
