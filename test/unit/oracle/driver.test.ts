import { describe, expect, it } from 'vitest';
import { cleanBuffers, otherBackend, structureCounts, unusedInput } from '../../../src/oracle/index.js';

describe("the driver's account", () => {
  const bound = (backend: string, mapped: number, sgls = 0) => ({
    stats: { backend, mapped, pieces: 2 * mapped, meta_bytes: 64, list_pages: 0, sgls },
  });
  const works = { kind: 'works', how: 'iova' } as const;

  it('objects when another backend mapped, or none', () => {
    expect(otherBackend([bound('phyr8', 3), bound('phyr8', 0)], 'phyr8', works)).toBeUndefined();
    expect(otherBackend([bound('phyr8', 3), bound('sg', 3)], 'phyr8', works)?.detail).toMatch(/backend sg, not phyr8/);
    expect(otherBackend([bound('phyr8', 0)], 'phyr8', works)?.detail).toMatch(/does not report/);
    expect(otherBackend([], 'phyr8', works)?.detail).toMatch(/does not report/);
    expect(otherBackend([], 'phyr8', { kind: 'refused', errno: 'EINVAL' })).toBeUndefined();
  });

  it('says what the driver never did', () => {
    expect(unusedInput([bound('sg', 3)], [])).toBeUndefined();
    expect(unusedInput([bound('sg', 3), bound('sg', 3, 1)], ['sgls'])).toBeUndefined();
    expect(unusedInput([bound('sg', 3, 1)], ['list_pages', 'sgls'])?.detail).toBe('the driver counted no list_pages');
    expect(unusedInput([], ['list_pages', 'sgls'])?.code).toBe('input-unused');
  });

  it('objects to bounce buffers that hold nothing', () => {
    const bounced = { bounce: 'force', clock: 'wall' } as const;
    expect(cleanBuffers(bounced, 4096)).toBeUndefined();
    expect(cleanBuffers({ clock: 'wall' }, 0)).toBeUndefined();
    expect(cleanBuffers({ ...bounced, clock: 'icount' }, undefined)).toBeUndefined();
    expect(cleanBuffers(bounced, 0)?.code).toBe('input-unused');
    expect(cleanBuffers(bounced, undefined)?.code).toBe('input-unused');
  });

  it('adds up over the bindings of a cell', () => {
    const values = structureCounts([bound('sg', 3), bound('sg', 4)]).map(({ what, value }) => [what, value]);
    expect(values).toEqual([
      ['mapped', 7],
      ['pieces', 14],
      ['metadata', 128],
    ]);
  });
});
