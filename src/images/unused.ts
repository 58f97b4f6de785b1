/** Images that nobody uses, by age. Pure. */

/** An image, or what images are made of, that nobody uses. */
export interface Unused {
  bytes: number;
  used: Date;
  /** A saved guest, which a boot makes again. */
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
