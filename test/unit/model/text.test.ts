import { describe, expect, it } from 'vitest';
import { CellRecord, LONGEST_DETAIL, shortLine, withKernelFindings } from '../../../src/model/index.js';
import { RunEvent } from '../../../src/workloads/index.js';
import { cellRecord, reportOf } from '../run-result.js';

const LONG = `begins\n${'x '.repeat(1 << 20)}`;

describe('a detail', () => {
  it('is told whole if it is short, in one line', () => {
    expect(shortLine(' a\r\n\tb\x1b ')).toBe('a b\\u001b');
  });

  it('is cut if it is long, says how much is missing, and is not cut again', () => {
    const once = shortLine(LONG);
    expect(once.length).toBeLessThanOrEqual(LONGEST_DETAIL);
    expect(once).toMatch(/^begins x .* \.\.\. \(\d{7} characters more\)$/);
    expect(shortLine(once)).toBe(once);
    for (let more = 0; more < 40; more++)
      expect(shortLine('x'.repeat(LONGEST_DETAIL + more)).length).toBeLessThanOrEqual(600);
  });

  it('cannot be long in anything that is recorded of a run', () => {
    const record = cellRecord({
      verdict: 'fail',
      reason: LONG,
      oracles: [withKernelFindings(reportOf('workload', 'fail', LONG), [{ code: 'io-failed', detail: LONG }])],
      findings: [{ oracle: 'device', code: 'never-mapped', detail: LONG }],
      earlier: [{ reason: LONG, duration_ms: 1 }],
    });
    expect(JSON.stringify(CellRecord.parse(record)).length).toBeLessThan(6 * LONGEST_DETAIL + 1000);
    const at = '';
    for (const event of [
      { type: 'cell-end', at, record },
      { type: 'cell-retry', at, record },
      { type: 'notice', at, level: 'info', text: LONG },
      { type: 'boot-end', at, boot: 0, reason: LONG },
    ])
      expect(JSON.stringify(RunEvent.parse(event)).length).toBeLessThan(6 * LONGEST_DETAIL + 1000);
  });
});
