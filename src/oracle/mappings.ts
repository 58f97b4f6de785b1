/**
 * What was mapped when, page by page, from the guest's record. Times are positions in the record.
 */
import type { Story } from './story.js';

const PAGE = 4096;

/** One mapping of one page. */
export interface Mapped {
  page: number;
  from: number;
  /** `Infinity` while it exists. */
  to: number;
  /** Physical address of the page. */
  phys: number;
  prot: number;
  unmappedAt: number;
  /** ns between the unmapping and the flush of its translation, if that was seen. */
  window: number | undefined;
}

export class Mappings {
  readonly #pages = new Map<number, Mapped[]>();
  /** Pages that were mapped again while their previous translation could still be cached. */
  readonly reused: Mapped[] = [];
  readonly #unflushed = new Map<number, Mapped>();

  constructor(story: Story) {
    for (const [at, event] of story.events.entries()) {
      if (event.kind === 'map') {
        for (let offset = 0; offset < event.len; offset += PAGE) {
          this.#map(at, pageOf(event.addr + offset), event.phys + offset, event.prot);
        }
      } else if (event.kind === 'unmap') {
        for (let offset = 0; offset < event.len; offset += PAGE)
          this.#unmap(at, pageOf(event.addr + offset), event.time);
      } else if (event.kind === 'flush') {
        this.#flush(event.addr, event.len, event.time);
      }
    }
  }

  /** All mappings of the page, in order. */
  of(addr: number): readonly Mapped[] {
    return this.#pages.get(pageOf(addr)) ?? [];
  }

  /** How long a device could still use a page after it was unmapped: the longest time, and how many flushes were not seen. */
  windows(): { longest: number; flushed: number; unflushed: number } {
    let longest = 0;
    let flushed = 0;
    for (const mappings of this.#pages.values()) {
      for (const { window } of mappings) {
        if (window === undefined) continue;
        flushed++;
        longest = Math.max(longest, window);
      }
    }
    return { longest, flushed, unflushed: this.#unflushed.size };
  }

  #map(at: number, page: number, phys: number, prot: number): void {
    const mapped: Mapped = { page, from: at, to: Infinity, phys, prot, unmappedAt: 0, window: undefined };
    if (this.#unflushed.has(page)) this.reused.push(mapped);
    const earlier = this.#pages.get(page);
    if (!earlier) {
      this.#pages.set(page, [mapped]);
      return;
    }
    const last = earlier.at(-1);
    if (last?.to === Infinity) last.to = at;
    earlier.push(mapped);
  }

  #unmap(at: number, page: number, time: number): void {
    const last = this.#pages.get(page)?.at(-1);
    if (last?.to !== Infinity) return;
    last.to = at;
    last.unmappedAt = time;
    this.#unflushed.set(page, last);
  }

  #flush(addr: number, len: number, time: number): void {
    for (const [page, mapped] of this.#unflushed) {
      if (len !== 0 && (page < pageOf(addr) || page > pageOf(addr + len - 1))) continue;
      mapped.window = time - mapped.unmappedAt;
      this.#unflushed.delete(page);
    }
  }
}

export function pageOf(addr: number): number {
  return Math.floor(addr / PAGE);
}
