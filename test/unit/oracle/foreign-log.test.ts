import { describe, expect, it } from 'vitest';
import { judgeForeignLog, readLog } from '../../../src/oracle/index.js';
import { COMPLAINTS } from './kernel-complaints.js';

const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
/** What a message of the kernel's becomes in each form. */
const FORMS = {
  '/dev/kmsg': (level: number, text: string, at: number) => `${level},${at},${at * 1000},-;${text}`,
  'journalctl -o json': (level: number, text: string) =>
    JSON.stringify({ _TRANSPORT: 'kernel', PRIORITY: String(level), MESSAGE: text, _BOOT_ID: 'x' }),
  'dmesg -r': (level: number, text: string, at: number) => `<${level}>[ ${at}.123456] ${text}`,
  'dmesg -x': (level: number, text: string, at: number) =>
    `kern  :${SEVERITIES[level]?.padEnd(6)}: [ ${at}.123456][    T1] ${text}`,
  syslog: (level: number, text: string, at: number) => `<${level}>Nov 29 10:00:00 host kernel: [ ${at}.123456] ${text}`,
};

const sound = [6, 5, 7].map((level, at) => ({ level, text: `something sound ${at}` }));
const judged = (lines: readonly string[], allow: RegExp[] = []) => judgeForeignLog(readLog(lines), allow);

describe.each(Object.entries(FORMS))("a kernel's log as %s has it", (format, form) => {
  const write = (messages: { level: number; text: string }[]) =>
    messages.map(({ level, text }, at) => form(level, text, at));

  it('is known by its form, passes if sound, and each complaint of a kernel is objected to at its place', () => {
    expect(readLog(write(sound)).format).toBe(format);
    expect(judged(write(sound))).toMatchObject({ verdict: 'pass', lines: 3 });
    const alone = COMPLAINTS.map(({ level = 6, text }) => judged(write([...sound, { level, text }])));
    expect(alone.filter(({ verdict }) => verdict !== 'fail')).toEqual([]);
    expect(alone.map(({ objections: [one] }) => one?.line)).toEqual(COMPLAINTS.map(() => 4));
  });

  it('is judged by severity where no phrase is known', () => {
    const verdicts = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (level) => judged(write([...sound, { level, text: 'something that nobody knows' }])).verdict,
    );
    expect(verdicts).toEqual(['fail', 'fail', 'fail', 'fail', 'fail', 'pass', 'pass', 'pass']);
  });
});

describe("a kernel's log without severities", () => {
  it.each([
    ['dmesg', '[    1.234567] '],
    ['dmesg -T', '[Sun Nov 29 10:00:00 2026] '],
    ['a console with callers', '[    1.234567][    T1] '],
    ['kern.log', 'Nov 29 10:00:00 host kernel: [    1.234567] '],
    ['kern.log with the time of RFC 3339', '2026-11-29T10:00:00.123456+00:00 host kernel: '],
    ['nothing before a line', ''],
  ])('is judged by words: %s', (_, before) => {
    const { verdict, objections } = judged(
      ['something sound', '[Hardware Error]: something', 'something sound'].map((text) => before + text),
    );
    expect([verdict, objections]).toMatchObject(['fail', [{ code: 'log-hardware-error', line: 2, count: 1 }]]);
    expect(readLog([before, `${before}x`]).levels).toBe(false);
  });
});

describe('what is no word of the kernel', () => {
  it('is not judged: other programs, in a syslog and in a journal', () => {
    const program = [
      'Nov 29 10:00:00 host sshd[12]: BUG: mine',
      'Nov 29 10:00:00 host kernel: something',
      'Nov 29 10:00:00 host systemd[1]: Oops',
    ];
    expect(judged(program)).toMatchObject({ verdict: 'pass', lines: 1 });
    const journal = [{ _TRANSPORT: 'kernel' }, { _TRANSPORT: 'stdout' }].map((who) =>
      JSON.stringify({ ...who, PRIORITY: '6', MESSAGE: who._TRANSPORT === 'kernel' ? 'fine' : 'BUG: mine' }),
    );
    expect(judged(journal)).toMatchObject({ verdict: 'pass', lines: 1 });
    expect(judged(journal.slice(1))).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(/no line/),
    });
  });

  it('does not pass where nothing was seen, or messages are missing', () => {
    expect(judged([])).toMatchObject({ verdict: 'inconclusive' });
    expect(judged(['6,7,1,-;one', '6,10,1,-;two'])).toMatchObject({ verdict: 'inconclusive', reason: /2 messages/ });
    expect(judged(['6,7,1,-;one', ' SUBSYSTEM=pci', '6,8,1,-;two'])).toMatchObject({ verdict: 'pass', lines: 2 });
  });
});

it('folds what is said again, and keeps what stands below a report', () => {
  const report = (at: number) =>
    [
      '4,------------[ cut here ]------------',
      `4,WARNING: drivers/iommu/iova.c:9${''} at free_iova+0x${at}1/0x20, CPU#1: fio/${at}`,
      '4,Call Trace:',
      '4, <TASK>',
      '4, free_iova+0x11/0x20',
      '4,---[ end trace 0000000000000000 ]---',
    ].map((line) => `<${line.split(',')[0]}>${line.slice(2)}`);
  const { objections } = judged(['<6>one', ...report(1), '<6>two', ...report(2)]);
  expect(objections).toMatchObject([{ code: 'log-warn', line: 2, count: 2 }]);
  expect(objections[0]?.text).toHaveLength(6);
});

it('does not object to what the user allows, or to what every sound guest prints', () => {
  const lines = ['<6>one', '<4>nouveau: something of 12', '<4>hpet: Lost 3 RTC interrupts'];
  expect(judged(lines)).toMatchObject({ verdict: 'fail', objections: [{ line: 2 }] });
  expect(judged(lines, [/^nouveau/])).toMatchObject({ verdict: 'pass', allowed: 1 });
});

it('does not object to what stands above and below a warning that the user allows, and does to the next one', () => {
  const warning = (where: string) => [
    '<4>------------[ cut here ]------------',
    `<4>WARNING: ${where}:1 at f+0x1/0x2`,
    '<4>Call Trace:',
    '<4> g+0x1/0x2',
    '<4>---[ end trace 0000000000000000 ]---',
  ];
  const lines = [...warning('a.c'), '<6>one', ...warning('b.c')];
  expect(judged(lines).objections).toMatchObject([{ line: 1 }, { line: 7 }]);
  expect(judged(lines, [/a\.c/]).objections).toMatchObject([{ line: 7 }]);
});

it('says whether severities were there to go by, also in a syslog, which may have them', () => {
  const at = 'Nov 29 10:00:00 host kernel: something';
  expect([readLog([at]).levels, readLog([`<6>${at}`]).levels]).toEqual([false, true]);
});
