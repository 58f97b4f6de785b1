/** Unused images by age. Pure. */

/** An unused image, or something that images are made of. */
export interface Unused {
  bytes: number;
  used: Date;
  /** A snapshot of a guest, which a boot makes again. */
  state: boolean;
}

export function notUsedFor<Image extends Pick<Unused, 'used'>>(
  days: number,
  images: readonly Image[],
  now: Date,
): Image[] {
  const before = now.getTime() - days * 86_400_000;
  return images.filter(({ used }) => used.getTime() < before);
}
