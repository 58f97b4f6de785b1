import { describe, expect, it } from 'vitest';
import { knownDefects } from '../../../harness/findings.js';
import {
  type Expectation,
  type KnownDefect,
  matchesDefect,
  type Objection,
  type ObjectionCode,
  type OracleReport,
  withKernelFindings,
} from '../../../src/model/index.js';
import { acrossPowerCycle, fromConsole, judge, judgeKernelLog, knownOn } from '../../../src/oracle/index.js';
import { reportOf } from '../run-result.js';

const report = reportOf;

describe('the verdict', () => {
  const works = { kind: 'works', how: 'iova' } as const;
  const caught: Expectation = { kind: 'caught', by: ['faults', 'data'] };

  it('fails over doubt, doubts over pass, and doubts when nobody looked', () => {
    expect(judge(works, [report('data', 'pass'), report('faults', 'pass')])).toEqual({ verdict: 'pass', reason: '' });
    expect(judge(works, [report('data', 'inconclusive'), report('faults', 'fail')]).verdict).toBe('fail');
    expect(judge(works, [report('data', 'inconclusive'), report('faults', 'pass')]).verdict).toBe('inconclusive');
    expect(judge(works, []).verdict).toBe('inconclusive');
  });

  it('of a planted defect is caught only if all named oracles rang, and all others could look', () => {
    const by: OracleReport['name'][] = ['faults', 'data'];
    const alarm = (reports: OracleReport[]) => judge({ kind: 'caught', by }, reports).verdict;
    expect(alarm([report('faults', 'fail'), report('data', 'fail')])).toBe('caught');
    expect(alarm([report('faults', 'fail'), report('data', 'fail'), report('leaks', 'fail')])).toBe('caught');
    expect(alarm([report('faults', 'fail'), report('data', 'pass')])).toBe('fail');
    expect(alarm([report('faults', 'pass'), report('data', 'pass')])).toBe('fail');
    expect(alarm([report('faults', 'fail'), report('data', 'inconclusive')])).toBe('inconclusive');
    expect(alarm([])).toBe('inconclusive');
    const blind = [report('faults', 'fail'), report('data', 'fail'), report('leaks', 'inconclusive')];
    expect(judge(caught, blind)).toEqual({
      verdict: 'inconclusive',
      code: 'could-not-look',
      reason: 'planted defect caught by faults, data, but could not look: leaks: d',
    });
    const declared = (...blinds: OracleReport['name'][]) => judge({ kind: 'caught', by, blinds }, blind).verdict;
    expect([declared('leaks'), declared('device')]).toEqual(['caught', 'inconclusive']);
    // What it is known to blind must still have been seen by those who are named.
    expect(
      judge({ kind: 'caught', by, blinds: ['data'] }, [report('faults', 'fail'), report('data', 'inconclusive')])
        .verdict,
    ).toBe('inconclusive');
  });
});

describe("findings in the kernel's own path", () => {
  const works = { kind: 'works', how: 'iova' } as const;
  const known: KnownDefect = {
    id: 'no-mmio',
    what: 'maps BARs as RAM',
    oracle: 'device',
    code: 'bar-mapped-as-ram',
    kernels: ['7.2.*', '7.3.*'],
    reason: 'the source',
  };
  const ours = report('data', 'pass');
  const kernel = (code: ObjectionCode, detail = 'wrong data'): OracleReport =>
    withKernelFindings(report('device', 'pass'), [{ code, detail }]);

  it('fail a cell, since nobody has recorded them', () => {
    expect(judge(works, [ours, kernel('never-mapped')])).toMatchObject({
      verdict: 'fail',
      reason: "finding in the kernel's own code: device: wrong data",
    });
    expect(judge(works, [ours, kernel('never-mapped')], [known]).verdict).toBe('fail');
  });

  it('are expected where they are known, and missed where they do not show', () => {
    expect(judge(works, [ours, kernel('bar-mapped-as-ram')], [known])).toEqual({
      verdict: 'xfail',
      reason: 'known defect no-mmio: maps BARs as RAM',
    });
    const mended = judge(works, [ours, report('device', 'pass')], [known]);
    expect(mended.verdict).toBe('fail');
    expect(mended.reason).toMatch(/the known defect no-mmio does not show/);
  });

  it('excuse nothing of what is under test, and no blindness', () => {
    const found = kernel('bar-mapped-as-ram');
    expect(judge(works, [report('data', 'fail'), found], [known]).verdict).toBe('fail');
    expect(judge(works, [report('data', 'inconclusive'), found], [known]).verdict).toBe('inconclusive');
    expect(judge(works, [report('device', 'inconclusive')], [known]).verdict).toBe('inconclusive');
    // By another oracle it is another defect.
    expect(judge(works, [{ ...found, name: 'data' }], [known]).verdict).toBe('fail');
  });

  it('are due on the kernels that are claimed', () => {
    expect(knownOn('7.3.4+deb13-cloud-amd64', { known: [known] })).toEqual([known]);
    expect(knownOn('7.4.0', { known: [known] })).toEqual([]);
    expect(knownOn('17.3.1', { known: [known] })).toEqual([]);
  });

  const inLog = (lines: string[]) => ({ before: [], cell: fromConsole(lines), lost: 0 });
  const defectOf = (defect: string) => knownDefects.find(({ id }) => id === defect) as KnownDefect;

  it('of leaks are told by the trace of the allocation, each by its own', () => {
    const leak = (...by: string[]) => [
      'kmemleak: unreferenced object 0xffff888004b3c2a0 (size 32):',
      'kmemleak:   backtrace (crc 1):',
      ...by.map((one) => `kmemleak:     ${one}+0x41/0x60`),
    ];
    const theirs = leak('__sg_alloc_table', 'sg_alloc_table', 'dma_buf_phys_vec_to_sgt');
    const judgeLog = (lines: string[]) =>
      judgeKernelLog(inLog(lines), { before: 0, after: 0 }, { known: [defectOf('dma-buf-sgt-leak')] });
    const { kernel, verdict } = judgeLog([...theirs, ...theirs]);
    expect([verdict, kernel]).toEqual([
      'pass',
      [
        {
          code: 'log-kmemleak',
          detail: 'unreferenced object ... sg_alloc_table ... dma_buf_phys_vec_to_sgt',
          where: { calls: ['sg_alloc_table', 'dma_buf_phys_vec_to_sgt'] },
        },
      ],
    ]);
    expect(matchesDefect(defectOf('dma-buf-sgt-leak'), (kernel as Objection[])[0] as Objection)).toBe(true);
    const counted = (count: number) => [
      `kmemleak: ${count} new suspected memory leaks (see /sys/kernel/debug/kmemleak)`,
      ...theirs,
      ...theirs,
    ];
    expect(judgeLog(counted(2)).verdict).toBe('pass');
    // One that is not in the log may be anybody's.
    expect(judgeLog(counted(3)).verdict).toBe('fail');
    expect(judgeLog([...theirs, ...leak('phyr_list_append')])).toMatchObject({ verdict: 'fail', kernel });
    expect(judgeLog(leak('phyr_list_append')).kernel).toBeUndefined();
    // The table itself is freed by its exporter, or not.
    expect(judgeLog(leak('dma_buf_phys_vec_to_sgt', 'store_map')).verdict).toBe('fail');
  });

  it('that are warnings are told by their place and by whose call it was, from cut to end', () => {
    const warning = (caller: string, at = 'vtdss_map_range') => [
      '[   33.984224] ------------[ cut here ]------------',
      `[   33.984377] WARNING: drivers/iommu/generic_pt/fmt/../iommu_pt.h:933 at ${at}+0x680/0xae0, CPU#1: iospace/84`,
      '[   34.024598] Call Trace:',
      '[   34.027766]  iommu_map+0x1b/0xb0',
      `[   34.029653]  ${caller}+0x5d3/0x9a0`,
      '[   34.032699] ---[ end trace 0000000000000000 ]---',
    ];
    const theirs = warning('iommufd_vfio_ioctl');
    const judgeLog = (lines: string[]) =>
      judgeKernelLog(inLog(lines), { before: 4096, after: 4608 }, { known: [defectOf('vfio-compat-no-access')] });
    const { kernel, verdict } = judgeLog([...theirs, ...theirs]);
    expect(verdict).toBe('pass');
    expect(kernel).toEqual([
      {
        code: 'log-warn',
        detail: 'WARNING: drivers/iommu/generic_pt/fmt/../iommu_pt.h:933 at vtdss_map_range ... iommufd_vfio_ioctl',
        where: {
          file: 'drivers/iommu/generic_pt/fmt/../iommu_pt.h',
          function: 'vtdss_map_range',
          calls: ['iommufd_vfio_ioctl'],
        },
      },
    ]);
    expect(matchesDefect(defectOf('vfio-compat-no-access'), (kernel as Objection[])[0] as Objection)).toBe(true);
    expect(judgeLog([...theirs, ...warning('space_map')])).toMatchObject({ verdict: 'fail', kernel });
    expect(judgeLog(warning('iommufd_vfio_ioctl', 'vtdss_unmap_range')).verdict).toBe('fail');
    // One that did not end, or that another came into, may be anything.
    expect(judgeLog(theirs.slice(0, 5)).verdict).toBe('fail');
    expect(judgeLog([...theirs.slice(0, 2), ...theirs]).verdict).toBe('fail');
    // Without the report nobody knows what tainted the kernel.
    expect(judgeLog(['quiet']).detail).toMatch(/tainted: warning/);
  });
});

it('what is worse of two lives of a cell is what counts, and is said', () => {
  const [good, bad] = [report('data', 'pass'), report('data', 'fail', 'lost', { code: 'data-stale' })];
  expect(acrossPowerCycle(good, good).detail).toBe('d; after the power cycle: d');
  const lost = { code: 'data-stale', detail: 'after the power cycle: lost' };
  expect(acrossPowerCycle(good, bad)).toEqual({
    name: 'data',
    verdict: 'fail',
    detail: lost.detail,
    objections: [lost],
  });
  expect(acrossPowerCycle(bad, report('data', 'inconclusive'))).toMatchObject({ verdict: 'fail', detail: 'lost' });
  const finding = (detail: string) => withKernelFindings(good, [{ code: 'data-mismatch', detail }]);
  expect(acrossPowerCycle(finding('a'), finding('b')).kernel?.map(({ detail }) => detail)).toEqual([
    'a',
    'after the power cycle: b',
  ]);
});
