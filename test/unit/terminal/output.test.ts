import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type CellRecord, harmless, measureOfName, partsOfId } from '../../../src/model/index.js';
import {
  annotations,
  causesOf,
  FORMATS,
  findingLines,
  findingsOf,
  htmlReport,
  nightLines,
  nightMarkdown,
  progressReporter,
  StatusLine,
  styleFor,
  summary,
  TerminalReport,
} from '../../../src/report/index.js';
import { annotate, painted, print, safe, widthOf } from '../../../src/terminal/index.js';
import type { RunEvent } from '../../../src/workloads/index.js';
import { reportOf, resultOf, someRun } from '../run-result.js';
import { actsIn, HOSTILE } from './hostile.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const ALL = HOSTILE.join('');

const record = (changes: Partial<CellRecord> = {}): CellRecord => ({
  ...partsOfId(`vtd-strict/switch/${ALL}/phyr8`),
  workload: ALL,
  verdict: 'fail',
  reason: ALL,
  oracles: [reportOf('kernel-log', 'fail', ALL), reportOf('workload', 'inconclusive', ALL)],
  findings: [{ oracle: 'device', code: 'never-mapped', detail: ALL }],
  metrics: [{ ...measureOfName(ALL), unit: ALL, value: 1, better: 'lower' }],
  duration_ms: 1,
  repro: `npx phyrlab repro ${ALL}`,
  evidence: ALL,
  earlier: [{ reason: ALL, duration_ms: 1, evidence: ALL }],
  ...changes,
});

const records = (['fail', 'lost', 'inconclusive', 'skip', 'xfail', 'pass'] as const).map((verdict) =>
  record({ verdict }),
);
const run = { ...someRun, kernel: { release: ALL, key: ALL }, drift: [ALL] };
const result = { ...resultOf(records), run: { ...resultOf(records).run, kernel: run.kernel } };
const declared = new Map();

function printed(tty: boolean, use: (stream: NodeJS.WriteStream) => void): string {
  const stream = Object.assign(new PassThrough(), { isTTY: tty, columns: 80 }) as unknown as NodeJS.WriteStream;
  use(stream);
  return String(stream.read());
}

const EVENTS: RunEvent[] = [
  { type: 'run-start', at: '', run, cells: [], pruned: [], elsewhere: [partsOfId(ALL)] },
  { type: 'boot-start', at: '', boot: 0, machine: ALL, topology: ALL, cells: [ALL] },
  { type: 'cell-start', at: '', cell: ALL, boot: 0 },
  { type: 'cell-step', at: '', cell: ALL, step: ALL },
  { type: 'notice', at: '', level: 'warning', text: ALL },
  { type: 'notice', at: '', level: 'info', text: ALL },
  { type: 'cell-retry', at: '', record: record({ verdict: 'lost' }) },
  ...records.map((one): RunEvent => ({ type: 'cell-end', at: '', record: one })),
];

describe.each([true, false])('on a terminal: %s', (tty) => {
  const colours = { colours: tty };

  it('the table of a run', () => {
    const text = printed(tty, (stream) => {
      const report = new TerminalReport(new StatusLine(stream), styleFor(stream, {}));
      for (const event of EVENTS) report.consume(event);
      report.table([ALL]);
      report.totals(records, 1, ALL);
    });
    expect(text).toContain('gotcha');
    expect(actsIn(text, colours)).toEqual([]);
  });

  it('progress, in each state', () => {
    const text = printed(tty, (stream) => {
      const progress = progressReporter(new StatusLine(stream));
      progress({ type: 'step-start', id: 'x', step: ALL });
      progress({ type: 'step-progress', id: 'x', done: 1, total: 2, unit: 'files' });
      progress({ type: 'warning', text: ALL });
      progress({ type: 'step-end', id: 'x', step: ALL, ms: 1, cached: false });
    });
    expect(actsIn(text, colours)).toEqual([]);
  });

  it('lines, painted and not', () => {
    const text = printed(tty, (stream) => {
      const style = styleFor(stream, {});
      for (const line of HOSTILE) {
        print(stream, line);
        print(stream, `${style.bad(line)} ${style.dim('x')}`);
      }
      print(
        stream,
        nightLines(
          { id: ALL } as never,
          {
            counts: {},
            again: 0,
            newFailures: [{ cell: ALL, stage: ALL, reason: ALL, sameImages: false }],
            regressions: [ALL],
            stillFailing: [],
            lost: [],
            trouble: [ALL],
            flaky: [],
            inconclusive: [],
            fixed: [],
          } as never,
          style,
        ).join('\n'),
      );
      print(stream, findingLines(findingsOf({ run, cells: records, declared })).join('\n'));
    });
    expect(text.includes('\x1b[31m')).toBe(tty);
    expect(actsIn(text, colours)).toEqual([]);
  });
});

describe('what goes into files', () => {
  it.each(Object.keys(FORMATS) as (keyof typeof FORMATS)[])('%s', (format) => {
    const text = FORMATS[format](result);
    expect(text).toContain('gotcha');
    expect(actsIn(text).filter((line) => line.startsWith('U+'))).toEqual([]);
    if (format === 'json') expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it('the summary and the news of a night, in Markdown', () => {
    const news = { counts: {}, again: 0, newFailures: [], regressions: [ALL], stillFailing: [], lost: [], trouble: [] };
    const night = nightMarkdown({ id: 'n' } as never, { ...news, flaky: [], inconclusive: [], fixed: [] } as never);
    expect(actsIn(summary(result) + night)).toEqual([]);
    expect(summary(result) + night).not.toContain('<script>');
  });

  it('the page', () => {
    const html = htmlReport({
      recorded: {
        folder: '/runs/r',
        run,
        end: { duration_ms: 1, interrupted: false },
        cells: records,
        declared,
        elsewhere: 0,
        notices: [ALL],
      },
      causes: causesOf(records),
      excerpts: new Map(records.map(({ id }) => [id, { file: ALL, from: 1, lines: HOSTILE, left: 0 }])),
      history: ALL,
      assets: join(ROOT, 'src/report/html/page'),
    });
    expect(actsIn(html).filter((line) => line.startsWith('U+'))).toEqual([]);
    expect(html).not.toContain('<script>alert');
    // On its way to standard output it stays what it is: hashes hold its script together.
    const script = (page: string) => page.match(/<(style|script)>.*?<\/\1>/gs);
    expect(script(html)).toHaveLength(2);
    expect(script(safe(html))).toEqual(script(html));
  });
});

it('an annotation is one line, and the only one that is obeyed', () => {
  for (const line of annotations(result)) {
    const text = printed(false, (stream) => annotate(stream, line));
    expect(text.match(/\n/g)).toHaveLength(1);
    expect(text).toMatch(/^::(?:error|warning) title=[^:,]*::/);
    expect(actsIn(text.slice(2))).toEqual([]);
  }
});

describe('our own colours', () => {
  it('come out, and are no width', () => {
    expect(safe(painted('ok', 32))).toBe('\x1b[32mok\x1b[0m');
    expect(widthOf(`${painted('ok', 32)} ${painted('no', 31)}`)).toBe(5);
  });

  it('cannot be had by writing what the terminal gets', () => {
    expect(safe('\x1b[32mok\x1b[0m')).toBe('\\u001b[32mok\\u001b[0m');
  });
});

it('ordinary text, of any language, stays as it is', () => {
  const text = '├─ naïve\tΩ ▁█ 日本語 😀\n  a::b std::vector # 5 ## heading';
  expect(safe(text)).toBe(text);
  expect(harmless(harmless('\x1b'))).toBe(harmless('\x1b'));
});

describe('there is no other way out', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== join('terminal', 'output.ts'))
    .map((name) => ({ name, text: readFileSync(join(ROOT, 'src', name), 'utf8') }));

  const WAYS = [
    /process\s*\.\s*std(?:out|err)\s*\??\.\s*(?:write|end|_write|cork)\b/,
    /\bconsole\s*\.\s*(?:log|error|warn|info|debug|dir|table|trace)\s*\(/,
    /\/dev\/(?:tty|stdout|stderr)|process\.emitWarning|writeSync\(\s*[12]\b|writeFileSync\(\s*[12]\b/,
  ];

  it('in any source', () => {
    expect(sources.length).toBeGreaterThan(200);
    const found = sources.filter(({ text }) => WAYS.some((way) => way.test(text)));
    expect(found.map(({ name }) => name)).toEqual([]);
  });

  it('in those that are given a stream', () => {
    const found = sources.filter(({ name, text }) => /^(?:cli|report)\b/.test(name) && /\.(?:write|pipe)\(/.test(text));
    expect(found.map(({ name }) => name)).toEqual([]);
  });
});
