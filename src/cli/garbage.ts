/**
 * Decides what to remove when disk space is short: old images first, then old runs, then newer images. Pure, so that a dry run announces
 * exactly what would be done.
 */
import { notUsedFor, type Unused } from '../images/index.js';
import { type KeptRun, runsToRemove } from '../results/index.js';

export interface Disk<Image extends Unused> {
  /** Newest first. */
  runs: readonly KeptRun[];
  unused: readonly Image[];
  /** Bytes of all images, used or not. */
  inCache: number;
}

/**
 * Images that were not used for `always` days go in any case. If space is short, so do those unused for `before` days, then old runs, then
 * those unused for `after` days.
 */
const UNUSED_DAYS = { always: 30, before: [7], after: [1, 0] };

/** @param room bytes that runs and images may take together */
export function garbage<Image extends Unused>(
  { runs, unused, inCache }: Disk<Image>,
  { keep, room, now }: { keep: number; room: number; now: Date },
): { runs: KeptRun[]; images: Image[] } {
  const images = new Set<Image>();
  let taken = inCache + runs.reduce((sum, { bytes }) => sum + bytes, 0);
  let left = inCache;
  const remove = (those: readonly Image[]) => {
    for (const image of those) {
      if (images.has(image)) continue;
      images.add(image);
      taken -= image.bytes;
      left -= image.bytes;
    }
  };
  const whileFull = (steps: readonly number[]) => {
    for (const days of steps) if (taken > room) remove(notUsedFor(days, unused, now));
  };
  remove(notUsedFor(UNUSED_DAYS.always, unused, now));
  if (taken > room) remove(unused.filter(({ state }) => state));
  whileFull(UNUSED_DAYS.before);
  const going = runsToRemove(runs, keep, Math.max(0, room - left));
  taken -= going.reduce((sum, { bytes }) => sum + bytes, 0);
  whileFull(UNUSED_DAYS.after);
  return { runs: going, images: [...images] };
}
