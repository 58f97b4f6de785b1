import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownDefects } from '../../../harness/findings.js';
import {
  CODES,
  inWords,
  MOST_OBJECTIONS,
  matchesDefect,
  Objection,
  type ObjectionCode,
  OracleReport,
  objects,
  oraclesFor,
} from '../../../src/model/index.js';

const SRC = join(import.meta.dirname, '../../../src');
const codes = Object.keys(CODES) as ObjectionCode[];

describe('the codes of objections', () => {
  const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== join('model', 'objection-codes.ts'))
    .map((file) => readFileSync(join(SRC, file), 'utf8'))
    .join('\n');

  it.each(codes)('%s is used, and explained', (code) => {
    expect(sources.includes(`'${code}'`)).toBe(true);
    const { means, causes, look } = CODES[code];
    for (const text of [means, causes, look]) expect(text).toMatch(/^\S.{8,180}\.$/);
    expect(oraclesFor(code).length).toBeGreaterThan(0);
  });

  it('are a closed list', () => {
    expect(Objection.safeParse({ code: 'never-mapped', detail: 'd' }).success).toBe(true);
    expect(Objection.safeParse({ code: 'sort-of-wrong', detail: 'd' }).success).toBe(false);
    expect(Objection.safeParse({ code: 'never-mapped', detail: 'd', where: { mood: 'bad' } }).success).toBe(false);
    // @ts-expect-error A code that is not on the list does not compile.
    objects('device', [{ code: 'sort-of-wrong', detail: 'd' }]);
    // @ts-expect-error Nor does another oracle's.
    objects('device', [{ code: 'slab-grew', detail: 'd' }]);
    objects('device', [{ code: 'never-mapped', detail: 'd' }]);
  });

  it('that known defects name are those of their oracle', () => {
    for (const { oracle, code } of knownDefects) expect(oraclesFor(code)).toContain(oracle);
  });
});

describe('a report', () => {
  const wrong = Array.from({ length: 100 }, (_, i) => ({ code: 'never-mapped' as const, detail: `${i} is wrong` }));

  it('is bounded, and tells the first of its objections', () => {
    const report = objects('device', wrong);
    expect(report.verdict !== 'pass' && report.objections.length).toBe(MOST_OBJECTIONS);
    expect(report.detail).toBe('0 is wrong; 1 is wrong; 2 is wrong; and 97 more');
    expect(inWords([{ code: 'never-mapped', detail: 'once', count: 3 }])).toBe('once (and 2 more)');
    const long = { name: 'device', verdict: 'fail', detail: 'd', objections: wrong };
    expect(OracleReport.safeParse(long).success).toBe(false);
  });

  it('that objects says to what', () => {
    const { objections: _, ...bare } = objects('device', wrong.slice(0, 1)) as { objections?: unknown };
    expect(OracleReport.parse(bare)).toMatchObject({ objections: [{ code: 'unclassified', detail: '0 is wrong' }] });
    expect(OracleReport.safeParse({ ...bare, objections: [] }).success).toBe(false);
  });
});

describe('what a defect shows', () => {
  const said = { code: 'log-warn', where: { file: 'a/iommu_pt.h', calls: ['f', 'g', 'h'] } } as const;

  it.each([
    [true, {}],
    [true, { file: '*iommu_pt.h' }],
    [true, { calls: ['f', 'h'] }],
    [false, { calls: ['h', 'f'] }],
    [false, { calls: ['i'] }],
    [false, { file: 'b/*' }],
    [false, { function: 'f' }],
  ])('%s: %j', (is, where) => {
    expect(
      matchesDefect({ code: 'log-warn', where }, { ...said, where: { ...said.where, calls: [...said.where.calls] } }),
    ).toBe(is);
    expect(
      matchesDefect({ code: 'log-bug', where }, { ...said, where: { ...said.where, calls: [...said.where.calls] } }),
    ).toBe(false);
  });
});
