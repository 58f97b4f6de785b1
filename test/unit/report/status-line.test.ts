import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressReporter, StatusLine } from '../../../src/report/index.js';
import { stepText } from '../../../src/report/progress.js';
import { statusText } from '../../../src/report/status-line.js';

const lead = '7/27, 1:02, about 3 min left';
const doing = [
  'vtd-strict/switch/fio-verify/phyr8: reading data back',
  'modules-plants: 12 s of about 60 s',
  'rootfs: 3 of 9 packages, 1 s',
];

describe('the status in one line', () => {
  it.each([10, 20, 30, 40, 60, 80, 100, 160])('of %i columns', (width) => {
    const text = statusText(lead, doing, width);
    expect(text.length).toBeLessThanOrEqual(width);
    expect(text.startsWith(lead.slice(0, width))).toBe(true);
  });

  it('leaves out what has no room, and says how many', () => {
    expect(statusText(lead, doing, 200)).toBe([lead, ...doing].join(' | '));
    expect(statusText(lead, doing, 130)).toBe([lead, ...doing.slice(0, 2), '+1'].join(' | '));
    expect(statusText(lead, doing, 90)).toBe([lead, doing[0], '+2'].join(' | '));
    expect(statusText(lead, doing.slice(0, 1), 79)).toMatch(/ \| …\S*fio-verify\/phyr8: reading data back$/);
    expect(statusText(undefined, [], 79)).toBe('');
  });
});

describe('over time', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const streamOf = (isTTY: boolean, columns = 80) => {
    const stream = Object.assign(new PassThrough(), { isTTY, columns });
    const out = stream as unknown as NodeJS.WriteStream & { columns: number };
    return { out, read: () => String(stream.read() ?? '') };
  };

  it('a log that would look dead gets a plain line every 10 s, and none without need', () => {
    const { out, read } = streamOf(false);
    using status = new StatusLine(out);
    const progress = progressReporter(status);
    progress({ type: 'step-start', id: 'm-1', step: 'modules', usual_ms: 60_000 });
    vi.advanceTimersByTime(9_000);
    expect(read()).toBe('');
    vi.advanceTimersByTime(12_000);
    expect(read()).toBe('modules: 10 s of about 60 s\nmodules: 20 s of about 60 s\n');
    status.print('something else');
    vi.advanceTimersByTime(9_000);
    expect(read()).toBe('something else\n');
    progress({ type: 'step-end', id: 'm-1', step: 'modules', ms: 30_000, cached: false });
    vi.advanceTimersByTime(60_000);
    expect(read()).toBe('modules: 30.0 s\n');
  });

  it('a terminal gets one line, anew each second and as wide as it is then', () => {
    const { out, read } = streamOf(true);
    using status = new StatusLine(out);
    const started = performance.now();
    status.now('a', () => `${'x'.repeat(60)}: ${Math.round((performance.now() - started) / 1000)} s`);
    read();
    vi.advanceTimersByTime(1_000);
    expect(read()).toBe(`\r\x1b[K${'x'.repeat(60)}: 1 s`);
    out.columns = 40;
    vi.advanceTimersByTime(1_000);
    expect(read()).toBe(`\r\x1b[K…${'x'.repeat(33)}: 2 s`);
    expect(read()).not.toContain('\n');
  });

  it('what ended or failed goes on no more; the same name may be made twice at a time', () => {
    const { out, read } = streamOf(false);
    using status = new StatusLine(out);
    const progress = progressReporter(status);
    for (const id of ['m-1', 'm-2', 'q-1']) progress({ type: 'step-start', id, step: id.slice(0, 1) });
    progress({ type: 'step-failed', id: 'q-1' });
    progress({ type: 'step-end', id: 'm-1', step: 'm', ms: 0, cached: true });
    progress({ type: 'step-progress', id: 'm-2', done: 3, total: 9, unit: 'files' });
    vi.advanceTimersByTime(10_000);
    expect(read()).toBe('m: 3 of 9 files, 10 s\n');
  });

  it('nothing is said any more once it is disposed of', () => {
    const { out, read } = streamOf(true);
    {
      using status = new StatusLine(out);
      status.lead('1/2');
    }
    expect(read().endsWith('\r\x1b[K')).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect([read(), vi.getTimerCount()]).toEqual(['', 0]);
  });
});

it('says how long a step takes as far as that is known, and not what is proved wrong', () => {
  expect(stepText('modules', 12_000, undefined, undefined)).toBe('modules: 12 s');
  expect(stepText('modules', 12_000, undefined, 40_000)).toBe('modules: 12 s of about 40 s');
  expect(stepText('modules', 50_000, undefined, 40_000)).toBe('modules: 50 s');
  expect(stepText('qemu', 3_000, '3 of 9 packages', undefined)).toBe('qemu: 3 of 9 packages, 3 s');
});
