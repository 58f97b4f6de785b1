/** The points at which mapping and I/O are measured, and the names of their figures. */
import { z } from 'zod';
import { Id, sizeName } from '../../model/index.js';

/**
 * A physical layout that the probe arranges on purpose, so that counts are the same in every run: chunks of one size,
 * each followed by a hole of that size; or chunks of the listed numbers of pages in turn, each followed by a hole of
 * one page.
 */
export const Layout = z.strictObject({
  id: Id,
  chunks: z.union([z.enum(['4k', '64k', '2m']), z.array(z.int().min(1).max(512)).min(1).max(1024)]),
});
export type Layout = z.infer<typeof Layout>;

/** The sizes of a layout's chunks in pages of 4 KiB; several if they differ. */
export function chunkPages({ chunks }: Layout): readonly number[] {
  return typeof chunks === 'string' ? [{ '4k': 1, '64k': 16, '2m': 512 }[chunks]] : chunks;
}

/** A point of measurement: this much memory of this layout, at most 2 GiB. */
export const CostPoint = z
  .strictObject({
    layout: Layout,
    kib: z
      .int()
      .min(4)
      .max(2 << 20),
  })
  .superRefine(({ layout, kib }, ctx) => {
    const unit = typeof layout.chunks === 'string' ? 4 * (chunkPages(layout)[0] ?? 1) : 4;
    if (kib % unit !== 0)
      ctx.addIssue({
        code: 'custom',
        message: `${kib} KiB of layout '${layout.id}' must be a multiple of ${unit} KiB`,
      });
  });
export type CostPoint = z.infer<typeof CostPoint>;

/** For people: `4k 1 MiB`. */
export function pointName({ layout, kib }: CostPoint): string {
  return `${layout.id} ${sizeName(kib)}`;
}
