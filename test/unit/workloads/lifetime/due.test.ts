import { describe, expect, it } from 'vitest';
import type { Lifetime } from '../../../../src/workloads/lifetime/declaration.js';
import { lifetimeDue } from '../../../../src/workloads/lifetime/due.js';

const of = (event: Lifetime['event']): Lifetime => ({ id: event, kind: 'lifetime', event, sizeKiB: 512 });
const due = (event: Lifetime['event'], via: 'odirect' | 'direct' | 'registered') => lifetimeDue(of(event), { via });

describe('memory under I/O', () => {
  it('goes by its address for the kernel and for us alike, if it is pinned for each I/O', () => {
    for (const event of ['fork', 'mremap', 'dontneed', 'truncate', 'thp-split', 'thp-collapse', 'swap'] as const)
      expect(due(event, 'direct')).toEqual(due(event, 'odirect'));
    expect(due('truncate', 'direct')).toMatchObject({ refused: 'EFAULT', written: 'nothing' });
    expect(due('dontneed', 'odirect')).toEqual({ written: 'zeroes', seen: 'read' });
  });

  it('goes by its pages if it was pinned before', () => {
    expect(due('truncate', 'registered')).toEqual({ written: 'stamps', seen: 'zeroes' });
    expect(due('dontneed', 'registered')).toEqual({ written: 'stamps', seen: 'zeroes' });
    expect(due('mremap', 'registered')).toEqual({ written: 'stamps', seen: 'read' });
    expect(due('thp-split', 'registered').huge).toBe(true);
    expect(due('thp-collapse', 'registered').huge).toBe(false);
    expect(due('swap', 'registered').swapped).toBe(false);
  });
});
