/**
 * What a device's address space must look like when memory is entered into it: which address leads where, by pages of which size. Pure;
 * the rule is that of any IOMMU driver that does its best, whoever asks it.
 */
import type { ObjectionOf } from '../model/index.js';

/** Physically contiguous memory. Bytes. */
export interface Run {
  phys: number;
  bytes: number;
}

export interface Page {
  iova: number;
  phys: number;
  bytes: number;
}

const PAGE = 4096;

/** `1a2b+3 ...`: the first frame of each run, in hexadecimal, and its pages. */
export function parseRuns(text: string): Run[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [, frame, pages] = /^([0-9a-f]+)\+(\d+)$/.exec(word) ?? [];
      if (frame === undefined) throw new TypeError(`'${word}' is no run of frames`);
      return { phys: Number.parseInt(frame, 16) * PAGE, bytes: Number(pages) * PAGE };
    });
}

const SIZES = [2 ** 30, 2 ** 21, PAGE];

/** The pages that memory should be entered by at `iova`: at each place the largest at which both addresses are aligned and that fits. */
export function pagesDue(runs: readonly Run[], iova: number): Page[] {
  const pages: Page[] = [];
  let at = iova;
  for (const run of runs) {
    for (let done = 0; done < run.bytes; ) {
      const phys = run.phys + done;
      const bytes = SIZES.find((size) => at % size === 0 && phys % size === 0 && run.bytes - done >= size) ?? PAGE;
      pages.push({ iova: at, phys, bytes });
      at += bytes;
      done += bytes;
    }
  }
  return pages;
}

/** What is wrong with pages that were found in an IOMMU's tables, if anything is. */
export function judgePages(found: readonly Page[], due: readonly Page[]): ObjectionOf<'translation'> | undefined {
  const [first] = due;
  if (first === undefined)
    return found.length === 0
      ? undefined
      : { code: 'mapped-beyond', detail: `${found.length} pages where none is due` };
  const [reached, wanted] = [reach(found), reach(due)];
  const wrong = reached.find(([iova, phys], i) => {
    const want = wanted[i];
    return want === undefined || want[0] !== iova || want[1] !== phys;
  });
  if (wrong !== undefined) {
    const detail = `0x${wrong[0].toString(16)} leads to 0x${wrong[1].toString(16)}, which is wrong`;
    return { code: 'leads-elsewhere', detail };
  }
  const missing = wanted[reached.length];
  if (missing !== undefined) return { code: 'not-translated', detail: `nothing at 0x${missing[0].toString(16)}` };
  const small = found.find((page, i) => page.bytes !== due[i]?.bytes);
  if (small !== undefined) {
    const detail = `pages of ${sizesOf(found)}, and ${sizesOf(due)} are possible (first at 0x${small.iova.toString(16)})`;
    return { code: 'small-pages', detail };
  }
  return undefined;
}

/** Where each 4 KiB lead, whatever the size of the page that they are in. */
function reach(pages: readonly Page[]): [iova: number, phys: number][] {
  return pages.flatMap(({ iova, phys, bytes }) =>
    Array.from({ length: bytes / PAGE }, (_, i): [number, number] => [iova + i * PAGE, phys + i * PAGE]),
  );
}

/** `2 x 2 MiB, 3 x 4 KiB` */
export function sizesOf(pages: readonly Page[]): string {
  return [...countSizes(pages)].map(([size, count]) => `${count} x ${size}`).join(', ') || 'none';
}

const NAMES = new Map<number, PageSize>([
  [2 ** 30, '1 GiB'],
  [2 ** 21, '2 MiB'],
  [PAGE, '4 KiB'],
]);

type PageSize = '1 GiB' | '2 MiB' | '4 KiB';

/** How many pages there are of each size that there is. */
export function countSizes(pages: readonly Page[]): Map<PageSize, number> {
  const counts = new Map<PageSize, number>();
  for (const [size, name] of NAMES) {
    const count = pages.filter(({ bytes }) => bytes === size).length;
    if (count > 0) counts.set(name, count);
  }
  return counts;
}
