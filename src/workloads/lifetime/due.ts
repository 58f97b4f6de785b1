/** The expected result of I/O on memory to which something happens. */

import type { IoPath } from '../shared/io-paths.js';
import type { Lifetime } from './declaration.js';

export interface LifetimeDue {
  /** The errno of both I/Os after the event. */
  refused?: 'EFAULT';
  /** What is written to the disk: the memory's content before the event, or after it. */
  written: 'stamps' | 'zeroes' | 'nothing';
  /** What the process sees in the end: the data that was read, or new pages that no device uses. */
  seen: 'read' | 'zeroes';
  /** Must the pages be huge after the event? */
  huge?: boolean;
  /** Must some of the pages, or none, be swapped out after it? */
  swapped?: boolean;
}

/**
 * A pin holds pages, not addresses. If memory was pinned (registered) before the event, the device keeps using its
 * pages, whatever the process has at that address afterwards, and the kernel may not split, collapse or swap them.
 * Memory that is pinned for each I/O is found by its address.
 */
export function lifetimeDue({ event }: Lifetime, { via }: Pick<IoPath, 'via'>): LifetimeDue {
  const pinned = via === 'registered';
  switch (event) {
    case 'fork':
    case 'mremap':
      return { written: 'stamps', seen: 'read' };
    case 'dontneed':
      return pinned ? { written: 'stamps', seen: 'zeroes' } : { written: 'zeroes', seen: 'read' };
    case 'truncate':
      return pinned ? { written: 'stamps', seen: 'zeroes' } : { refused: 'EFAULT', written: 'nothing', seen: 'zeroes' };
    case 'thp-split':
      return { written: 'stamps', seen: 'read', huge: pinned };
    case 'thp-collapse':
      return { written: 'stamps', seen: 'read', huge: !pinned };
    case 'swap':
      return { written: 'stamps', seen: 'read', swapped: !pinned };
  }
}
