/**
 * What a device's address space must look like when memory is mapped into it: which address leads where, with IOMMU pages of which size. Pure. The
 * rule holds for any IOMMU driver that uses the largest pages.
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

/** Parses `1a2b+3 ...`: the first page frame of each run in hexadecimal, and its number of pages. */
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

/** The IOMMU pages that the memory should be mapped with at `iova`: at each place the largest that fits and for which both addresses are aligned. */
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

/** The objection to the pages found in an IOMMU's page tables, if there is one. */
export function judgePages(found: readonly Page[], due: readonly Page[]): ObjectionOf<'translation'> | undefined {
  const [first] = due;
  if (first === undefined)
    return found.length === 0
      ? undefined
      : { code: 'mapped-beyond', detail: `${found.length} pages are mapped where none is expected` };
  const [reached, wanted] = [reach(found), reach(due)];
  const wrong = reached.find(([iova, phys], i) => {
    const want = wanted[i];
    return want === undefined || want[0] !== iova || want[1] !== phys;
  });
  if (wrong !== undefined) {
    const detail = `0x${wrong[0].toString(16)} leads to 0x${wrong[1].toString(16)}, which is the wrong address`;
    return { code: 'leads-elsewhere', detail };
  }
  const missing = wanted[reached.length];
  if (missing !== undefined)
    return { code: 'not-translated', detail: `nothing is mapped at 0x${missing[0].toString(16)}` };
  const small = found.find((page, i) => page.bytes !== due[i]?.bytes);
  if (small !== undefined) {
    const detail = `mapped with pages of ${sizesOf(found)}, but ${sizesOf(due)} are possible (first at 0x${small.iova.toString(16)})`;
    return { code: 'small-pages', detail };
  }
  return undefined;
}

/** The target of each 4 KiB, whatever the size of the IOMMU page. */
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

/** The number of pages of each size that occurs. */
export function countSizes(pages: readonly Page[]): Map<PageSize, number> {
  const counts = new Map<PageSize, number>();
  for (const [size, name] of NAMES) {
    const count = pages.filter(({ bytes }) => bytes === size).length;
    if (count > 0) counts.set(name, count);
  }
  return counts;
}
