import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CellRecord, projectRoot, UNJUDGED, whyUnfinished } from '../../../src/model/index.js';
import { cellRecord } from '../run-result.js';

const { code: _, ...older } = cellRecord({ verdict: 'lost', reason: 'r' });

describe('why a cell is lost or inconclusive', () => {
  it('is a code that something gives', () => {
    const text = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && file !== 'model/unjudged-codes.ts')
      .map((file) => readFileSync(join(projectRoot, 'src', file), 'utf8'))
      .join('\n');
    const given = Object.keys(UNJUDGED).filter((code) => code !== 'unclassified');
    expect(given.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });

  it('is said of no other cell', () => {
    const parsed = (record: Partial<CellRecord>) => CellRecord.safeParse(cellRecord(record)).success;
    expect(parsed({ verdict: 'lost', code: 'interrupted', reason: 'r' })).toBe(true);
    expect(parsed({ verdict: 'fail', code: 'interrupted', reason: 'r' })).toBe(false);
    expect(parsed({ verdict: 'lost', code: 'nobody-knows' as 'interrupted', reason: 'r' })).toBe(false);
  });

  it.each([
    ['not run to its end: interrupted', 'interrupted', 'interrupted'],
    ['not run to its end: --max-time 3m was over', 'time-limit', '--max-time 3m was over'],
    ['not run to its end: --fail-fast, and m/t/w/sg failed', 'fail-fast', '--fail-fast, and m/t/w/sg failed'],
    ['the guest never became ready: panic', 'unclassified', 'the guest never became ready: panic'],
  ])('up to schema 3 was in its words: %s', (reason, code, now) => {
    const read = CellRecord.parse({ ...older, reason });
    expect(read).toMatchObject({ code, reason: now });
    expect(whyUnfinished(read)).toBe(code === 'unclassified' ? undefined : now);
  });
});
