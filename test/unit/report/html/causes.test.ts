import { describe, expect, it } from 'vitest';
import { type OracleReport, signature } from '../../../../src/model/index.js';
import { causesOf } from '../../../../src/report/html/causes.js';
import { INTERRUPTED, cellRecord as record, reportOf } from '../../run-result.js';

const bounced = (id: string, address: string) =>
  record({
    id,
    verdict: 'fail',
    reason: 'r',
    oracles: [
      reportOf('workload', 'fail', 'EIO', { code: 'io-failed' }),
      reportOf('device', 'fail', `${address} was used: never mapped`, { code: 'never-mapped', count: 13 }),
      reportOf('leaks', 'pass', 'all back'),
      reportOf('data', 'inconclusive', 'no claim', { code: 'no-claim' }),
    ],
  });

describe('causes', () => {
  it('are told by the oracle that says most, and shared by cells that differ in addresses and counts', () => {
    const [cause, ...others] = causesOf([
      bounced('narrow/switch/ctl/phyr8', '0xfffff040'),
      bounced('narrow/acs/ctl/phyr16', '0xffffe080'),
      record({ id: 'narrow/switch/ctl/sg' }),
      record({ id: 'vtd/switch/ctl/phyr8' }),
    ]);
    expect(others).toEqual([]);
    expect(cause).toMatchObject({
      verdict: 'fail',
      oracle: 'device',
      finding: '0xfffff040 was used: never mapped (and 12 more)',
    });
    expect(cause?.cells).toEqual(['narrow/switch/ctl/phyr8', 'narrow/acs/ctl/phyr16']);
    expect(cause?.also.map(({ name }) => name)).toEqual(['workload', 'data']);
  });

  it('say what passes that is otherwise alike', () => {
    const [cause] = causesOf([
      bounced('narrow/switch/ctl/phyr8', '0x1'),
      record({ id: 'narrow/switch/ctl/sg' }),
      record({ id: 'vtd/switch/ctl/phyr8' }),
      record({ id: 'vtd/acs/stress/phyr8' }),
      record({ id: 'amd/switch/ctl/phyr8', verdict: 'skip', reason: 'x' }),
    ]);
    expect(cause?.where).toEqual([
      { part: 'machine', all: false, values: ['narrow'], passesWith: ['vtd'] },
      { part: 'topology', all: false, values: ['switch'], passesWith: [] },
      { part: 'workload', all: false, values: ['ctl'], passesWith: [] },
      { part: 'backend', all: false, values: ['phyr8'], passesWith: ['sg'] },
    ]);
  });

  it('say that a part has no say, if every value of it is among them', () => {
    const [cause] = causesOf([
      bounced('narrow/switch/ctl/phyr8', '0x1'),
      bounced('narrow/switch/ctl/sg', '0x1'),
      record({ id: 'vtd/switch/ctl/phyr8' }),
    ]);
    expect(cause?.where.filter(({ all }) => all).map(({ part }) => part)).toEqual(['backend']);
  });

  it('come with failures first, then what was lost, then doubt; the commoner before the rare', () => {
    const doubt = record({
      id: 'a/b/c/sg',
      verdict: 'inconclusive',
      oracles: [reportOf('faults', 'inconclusive', 'off', { code: 'faults-untraced' })],
    });
    const gone = record({ id: 'a/b/c/iova', verdict: 'lost', reason: 'QEMU ended', oracles: [] });
    const causes = causesOf([doubt, gone, bounced('a/b/c/phyr8', '0x1'), record({ ...gone, id: 'a/b/d/sg' })]);
    expect(causes.map(({ verdict, oracle, cells }) => [verdict, oracle, cells.length])).toEqual([
      ['fail', 'device', 1],
      ['lost', undefined, 2],
      ['inconclusive', 'faults', 1],
    ]);
  });

  it('are one where an oracle says alone what a more telling one explains elsewhere', () => {
    const fault = reportOf('faults', 'fail', '3 x read fault, e.g. 0x1000', { code: 'iommu-fault-undue' });
    const splat = (line: string) => reportOf('kernel-log', 'fail', line, { code: 'log-warn', where: { line } });
    const cell = (backend: string, ...oracles: OracleReport[]) =>
      record({ id: `a/b/c/${backend}`, verdict: 'fail', oracles });
    const [cause, ...others] = causesOf([
      cell('sg', fault),
      cell('phyr8', splat('WARN: f()'), fault),
      cell('iova', fault),
    ]);
    expect(others).toEqual([]);
    expect(cause).toMatchObject({ oracle: 'kernel-log', cells: ['a/b/c/sg', 'a/b/c/phyr8', 'a/b/c/iova'] });
    // Two explanations: nobody knows which.
    const two = [cell('sg', fault), cell('phyr8', splat('WARN: f()'), fault), cell('iova', splat('BUG: g()'), fault)];
    expect(causesOf(two)).toHaveLength(3);
    // That a step failed is no cause that others share.
    const eio = reportOf('workload', 'fail', 'EIO', { code: 'io-failed' });
    const general = [
      { ...cell('sg'), oracles: [eio] },
      { ...cell('phyr8'), oracles: [splat('WARN: f()'), eio] },
    ];
    expect(causesOf(general)).toHaveLength(2);
  });

  it('of an oracle that is not known here come under its name, after all that is', () => {
    const news = reportOf('soothsayer' as 'data', 'fail', 'doom');
    const both = record({
      id: 'a/b/c/sg',
      verdict: 'fail',
      oracles: [news, reportOf('leaks', 'fail', '1 page left', { code: 'pins-left' })],
    });
    expect(causesOf([both])[0]).toMatchObject({ oracle: 'leaks', also: [{ name: 'soothsayer' }] });
    expect(causesOf([{ ...both, oracles: [news] }])[0]).toMatchObject({ oracle: 'soothsayer', finding: 'doom' });
  });

  it('of a planted defect are its reason: its oracles object as they should', () => {
    const planted = { ...bounced('a/b/c/sg!short-map', '0x1'), reason: 'planted defect not seen by faults' };
    expect(causesOf([planted])[0]).toMatchObject({ oracle: undefined, finding: 'planted defect not seen by faults' });
  });

  it('are none for what passed, was skipped, or was interrupted', () => {
    expect(causesOf([record({}), record({ verdict: 'skip', reason: 'not modelled' }), record(INTERRUPTED)])).toEqual(
      [],
    );
  });
});

describe('the signature of a line', () => {
  it.each([
    ['read at 0xfff0', 'read at 0x1234'],
    ['phyr_nvme 0000:03:00.0: BUG', 'phyr_nvme 0000:04:00.1: BUG'],
    ['edu by phyr16: wrong', 'edu by sg: wrong'],
    ['2 of 8 sectors differ', '100 of 2048 sectors differ'],
    ['[ffff8881deadbeef]', '[ffff8881cafebabe]'],
    ['fff0 was used', '1e000 was used'],
    ['1 page left', '12 pages left'],
    ['at least 3 x read fault', '1,024 x read fault'],
    ['DMA debug: device driver leaks', 'DMA debug: device driver leaks (and 1 more)'],
    ['[   12.345678] BUG: bad page', '[ 1234.5] BUG: bad page'],
    ['WARNING: a.c:12 at f+0x1/0x2, CPU#0: fio/123', 'WARNING: a.c:12 at f+0x1/0x2, CPU#3: kworker/u9:2/44'],
    ['WARNING: CPU: 0 PID: 12 at a.c:12 f+0x1/0x2', 'WARNING: CPU: 11 PID: 1234 Comm: fio at a.c:12 f+0x1/0x2'],
    ['read by task fio/12', 'read by task phyrio/345'],
  ])('%s ~ %s', (a, b) => expect(signature(a)).toBe(signature(b)));

  it('keeps apart what says something else', () => {
    expect(signature('at dma-iommu.c:1001')).not.toBe(signature('at dma-iommu.c:1002'));
    expect(signature('1 references left')).not.toBe(signature('1 pages left'));
    expect(signature('read fault')).not.toBe(signature('write fault'));
  });
});
