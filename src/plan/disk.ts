/** What goes when room is wanted. Pure, so that what is announced is what is done. */

export interface KeptRun {
  folder: string;
  bytes: number;
  /** At work, or of this very night: never removed. */
  needed: boolean;
}

/**
 * @param runs newest first
 * @param keep how many runs stay at most
 * @param room bytes that they may take together
 */
export function runsToRemove(runs: readonly KeptRun[], keep: number, room: number): KeptRun[] {
  let kept = runs.filter(({ needed }) => needed).length;
  let bytes = runs.reduce((sum, run) => sum + (run.needed ? run.bytes : 0), 0);
  return runs.filter((run) => {
    if (run.needed) return false;
    if (kept >= keep || bytes + run.bytes > room) {
      // An older, smaller one does not outlive it.
      kept = keep;
      return true;
    }
    kept++;
    bytes += run.bytes;
    return false;
  });
}

/** An image, or what images are made of, that nobody uses. */
export interface Unused {
  bytes: number;
  used: Date;
  /** The state of a guest, which a boot brings again. */
  state: boolean;
}

export interface Disk<Image extends Unused> {
  /** Newest first. */
  runs: readonly KeptRun[];
  unused: readonly Image[];
  /** Bytes of all images, used or not. */
  inCache: number;
}

/** What was not used for so many days goes from the cache in any case; if there is no room, before and after old runs. */
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

export function notUsedFor<Image extends Pick<Unused, 'used'>>(
  days: number,
  images: readonly Image[],
  now: Date,
): Image[] {
  const before = now.getTime() - days * 86_400_000;
  return images.filter(({ used }) => used.getTime() < before);
}
