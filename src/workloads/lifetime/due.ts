/** What becomes of I/O with memory to which something happens. */

import type { IoPath } from '../shared/io-paths.js';
import type { Lifetime } from './declaration.js';

export interface LifetimeDue {
  /** With which both I/Os after the event must be refused. */
  refused?: 'EFAULT';
  /** What gets to the disk: what the memory held before the event, or what it holds after. */
  written: 'stamps' | 'zeroes' | 'nothing';
  /** What the process has in the end: what was read, or pages of its own that no device knows. */
  seen: 'read' | 'zeroes';
  /** Must the pages be huge after the event? */
  huge?: boolean;
  /** Must some, or none, be in the swap after it? */
  swapped?: boolean;
}

/**
 * Pins keep pages, not addresses: memory that was pinned before the event (registered) is the device's to use as it was, whatever the
 * process has there afterwards; and the kernel may neither split, collapse nor swap it. What is pinned for each I/O goes by the address.
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
