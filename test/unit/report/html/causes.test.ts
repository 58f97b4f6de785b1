import { describe, expect, it } from 'vitest';
import { INTERRUPTED } from '../../../../src/model/index.js';
import { causesOf, likeness } from '../../../../src/report/html/causes.js';
import { cellRecord as record } from '../../run-result.js';

const bounced = (id: string, address: string) =>
  record({
    id,
    verdict: 'fail',
    reason: 'r',
    oracles: [
      { name: 'workload', verdict: 'fail', detail: 'EIO' },
      { name: 'device', verdict: 'fail', detail: `${address} was used: never mapped (and 12 more)` },
      { name: 'leaks', verdict: 'pass', detail: 'all back' },
      { name: 'data', verdict: 'inconclusive', detail: 'no claim' },
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
      oracles: [{ name: 'faults', verdict: 'inconclusive', detail: 'off' }],
    });
    const gone = record({ id: 'a/b/c/iova', verdict: 'lost', reason: 'QEMU ended', oracles: [] });
    const causes = causesOf([doubt, gone, bounced('a/b/c/phyr8', '0x1'), record({ ...gone, id: 'a/b/d/sg' })]);
    expect(causes.map(({ verdict, oracle, cells }) => [verdict, oracle, cells.length])).toEqual([
      ['fail', 'device', 1],
      ['lost', undefined, 2],
      ['inconclusive', 'faults', 1],
    ]);
  });

  it('of a planted defect are its reason: its oracles object as they should', () => {
    const planted = { ...bounced('a/b/c/sg!short-map', '0x1'), reason: 'planted defect not seen by faults' };
    expect(causesOf([planted])[0]).toMatchObject({ oracle: undefined, finding: 'planted defect not seen by faults' });
  });

  it('are none for what passed, was skipped, or was interrupted', () => {
    expect(
      causesOf([
        record({}),
        record({ verdict: 'skip', reason: 'not modelled' }),
        record({ verdict: 'lost', reason: INTERRUPTED }),
      ]),
    ).toEqual([]);
  });
});

describe('likeness', () => {
  it.each([
    ['read at 0xfff0', 'read at 0x1234'],
    ['phyr_nvme 0000:03:00.0: BUG', 'phyr_nvme 0000:04:00.1: BUG'],
    ['edu by phyr16: wrong', 'edu by sg: wrong'],
    ['2 of 8 sectors differ', '100 of 2048 sectors differ'],
    ['[ffff8881deadbeef]', '[ffff8881cafebabe]'],
  ])('%s ~ %s', (a, b) => expect(likeness(a)).toBe(likeness(b)));

  it('keeps apart what says something else', () => {
    expect(likeness('at dma-iommu.c:1001')).not.toBe(likeness('at dma-iommu.c:1002'));
    expect(likeness('1 references left')).not.toBe(likeness('1 pages left'));
  });
});
