import { describe, expect, it } from 'vitest';
import { DmaPath } from '../../../src/model/index.js';
import { judgeTranslate, judgeWatch, type Translate, type Watch } from '../../../src/oracle/index.js';

describe('the translation oracle', () => {
  const first = { iova: '0xfffff000', want: '0x1000', got: '0x0' };
  const watch = (change: Partial<Watch['watch']>): Watch => ({
    watch: {
      active: false,
      commands: 10,
      bytes: 40960,
      unchecked: 0,
      mismatches: 0,
      bounced: 0,
      by: 'dma',
      p2p: { bytes: 0, bus: 0, bounced: 0 },
      asked: { bytes: 0, bounced: 0 },
      first: { ...first, opcode: 1, offset: 0 },
      ...change,
    },
  });
  const translate = (change: Partial<Translate['translate']>): Translate => ({
    translate: {
      backend: 'phyr8',
      by: 'dma',
      shape: 'single',
      checked: 256,
      wrong: 0,
      missing: 0,
      stale: 0,
      prot_checked: 1,
      prot_wrong: 0,
      first,
      ...change,
    },
  });

  const of = (pages: number, change: Partial<Translate['translate']>) => ({ ...translate(change), pages });

  it('needs commands that were walked', () => {
    const works = { kind: 'works', how: 'iova' } as const;
    expect(judgeWatch(watch({}), works, 0).verdict).toBe('pass');
    expect(judgeWatch(watch({ mismatches: 1 }), works, 0).verdict).toBe('fail');
    expect(judgeWatch(watch({ unchecked: 1 }), works, 0).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({ commands: 0 }), works, 0).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({ commands: 0 }), { kind: 'refused', errno: 'EINVAL' }, 0).verdict).toBe('pass');
    expect(judgeWatch(undefined, works, 0).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({}), works, 40960).verdict).toBe('pass');
    expect(judgeWatch(watch({}), works, 40961).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({ unchecked: 1, mismatches: 1 }), works, 0).verdict).toBe('fail');
  });

  it.each([
    ['iova', {}],
    ['direct', { by: 'none' }],
    ['direct', { by: 'identity' }],
    ['bounce', { by: 'none', bounced: 4096 }],
    ['direct', { by: 'none', bounced: 4096, asked: { bytes: 36864, bounced: 0 } }],
    ['bounce', { by: 'none', bounced: 36864, asked: { bytes: 36864, bounced: 36864 } }],
    ['bus-address', { by: 'identity', p2p: { bytes: 40960, bus: 40960, bounced: 0 } }],
    ['host-bridge', { by: 'none', p2p: { bytes: 40960, bus: 0, bounced: 0 } }],
    ['iova', { p2p: { bytes: 40960, bus: 0, bounced: 0 } }],
    ['bounce', { by: 'none', bounced: 40960, p2p: { bytes: 40960, bus: 0, bounced: 40960 } }],
  ] as const)('objects when data due by another way went by %s (%#)', (how, seen) => {
    for (const due of DmaPath.options) {
      const { verdict, detail } = judgeWatch(watch(seen), { kind: 'works', how: due }, 40960);
      expect(verdict).toBe(due === how ? 'pass' : 'fail');
      expect(detail).toContain(due === how ? how : `went by ${how}, expected ${due}`);
    }
  });

  it('objects when some of the data took another way', () => {
    const mixed = watch({ by: 'none', bounced: 4096, p2p: { bytes: 40960, bus: 0, bounced: 4096 } });
    expect(judgeWatch(mixed, { kind: 'works', how: 'host-bridge' }, 40960).verdict).toBe('fail');
  });

  it.each([{ wrong: 1 }, { missing: 1 }, { stale: 1 }, { prot_wrong: 1 }])('fails on %j', (change) => {
    expect(judgeTranslate([of(256, {}), of(256, change)]).verdict).toBe('fail');
  });

  it('needs each list to have been checked whole', () => {
    expect(judgeTranslate([of(256, {})]).verdict).toBe('pass');
    expect(judgeTranslate([of(256, { checked: 255 })]).verdict).toBe('inconclusive');
    expect(judgeTranslate([of(16, { checked: 16 }), of(1024, { checked: 256 })]).verdict).toBe('inconclusive');
    expect(judgeTranslate([]).verdict).toBe('inconclusive');
    expect(judgeTranslate([of(256, { prot_checked: 0 })]).verdict).toBe('inconclusive');
    expect(judgeTranslate([of(256, { by: 'identity', prot_checked: 0 })]).detail).toBe('256 pages by identity');
  });
});
