import { expect, it } from 'vitest';
import { fromConsole, isStandstill, judge, judgeKernelLog, withoutTime } from '../../../src/oracle/index.js';
import { reportOf } from '../run-result.js';

const kept = 'the host kept the guest from running for 40 s';
const report = reportOf;
/** What the kernel-log oracle says of these lines. */
const logOf = (...lines: string[]) =>
  judgeKernelLog({ before: [], cell: fromConsole(lines), lost: 0 }, { before: 0, after: 0 });
const LOCKUP = 'watchdog: BUG: soft lockup - CPU#1 stuck for 38s! [fio:211]';

it.each([
  LOCKUP,
  '[  40.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
  'rcu: INFO: rcu_sched self-detected stall on CPU',
  'INFO: task kworker/0:1:9 blocked for more than 120 seconds.',
  'BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 39s!',
])('%s is a standstill', (line) => {
  expect(isStandstill(line)).toBe(true);
});

it('what a booting kernel says of its watches is none', () => {
  expect(isStandstill('NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.')).toBe(false);
  expect(isStandstill('rcu: RCU calculated value of scheduler-enlistment delay is 25 jiffies.')).toBe(false);
});

it('a kernel and steps that complain of time show nothing when the host gave none', () => {
  const late = [report('workload', 'fail', 'fio ended with 1'), report('data', 'pass'), logOf(LOCKUP)];
  expect(judge({ kind: 'works', how: 'iova' }, late).verdict).toBe('fail');
  const judged = judge({ kind: 'works', how: 'iova' }, withoutTime(late, kept));
  expect(judged.verdict).toBe('inconclusive');
  expect(judged.reason).toMatch(/kept the guest from running for 40 s; fio ended with 1/);
  const timeout = [logOf('nvme nvme0: I/O tag 3 QID 1 timeout, aborting')];
  expect(withoutTime(timeout, kept)[0]?.verdict).toBe('inconclusive');
});

it('wrong data, and a kernel that complains of anything else, show what they always do', () => {
  const wrong = [report('workload', 'fail'), report('data', 'fail', 'sector 7')];
  expect(judge({ kind: 'works', how: 'iova' }, withoutTime(wrong, kept)).verdict).toBe('fail');
  const kasan = [logOf('BUG: KASAN: use-after-free in phyr_map')];
  expect(withoutTime(kasan, kept)).toEqual(kasan);
  // Not excused by what else went wrong.
  const both = [logOf(LOCKUP, 'BUG: KASAN: use-after-free in phyr_map')];
  expect(withoutTime(both, kept)).toEqual(both);
  const clean = [report('workload', 'pass'), report('kernel-log', 'pass')];
  expect(withoutTime(clean, kept)).toEqual(clean);
});

it('a planted defect is not caught by the host', () => {
  const rang = [report('workload', 'fail', 'too slow'), report('data', 'pass')];
  expect(judge({ kind: 'caught', by: ['workload'] }, rang).verdict).toBe('caught');
  expect(judge({ kind: 'caught', by: ['workload'] }, withoutTime(rang, kept)).verdict).toBe('inconclusive');
});

it('a planted defect that the oracles named for it have caught stays caught, whatever a step said of the time', () => {
  const rang = [report('workload', 'fail', 'fio ended with 1'), report('data', 'fail'), report('leaks', 'pass')];
  expect(judge({ kind: 'caught', by: ['data'] }, withoutTime(rang, kept)).verdict).toBe('caught');
  expect(judge({ kind: 'caught', by: ['data', 'workload'] }, withoutTime(rang, kept)).verdict).toBe('inconclusive');
  // One that has gone blind is doubt as ever.
  const blind = [...rang, report('faults', 'inconclusive')];
  expect(judge({ kind: 'caught', by: ['data'] }, withoutTime(blind, kept)).verdict).toBe('inconclusive');
});
