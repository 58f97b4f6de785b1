import { describe, expect, it } from 'vitest';
import { countSizes, judgePages, pagesDue, parseRuns, sizesOf } from '../../../src/oracle/index.js';

const MIB = 2 ** 20;
const PAGE = 4096;

describe('the pages that memory is entered by', () => {
  it('are as large as both addresses and the run allow', () => {
    const [run] = [{ phys: 4 * MIB - PAGE, bytes: PAGE + 2 * MIB + PAGE }];
    expect(pagesDue([run], 6 * MIB - PAGE)).toEqual([
      { iova: 6 * MIB - PAGE, phys: 4 * MIB - PAGE, bytes: PAGE },
      { iova: 6 * MIB, phys: 4 * MIB, bytes: 2 * MIB },
      { iova: 8 * MIB, phys: 6 * MIB, bytes: PAGE },
    ]);
    expect(sizesOf(pagesDue([run], 6 * MIB))).toBe('514 x 4 KiB');
  });

  it('are those of 1 GiB where those fit', () => {
    expect([...countSizes(pagesDue([{ phys: 2 ** 31, bytes: 2 ** 30 + 2 ** 21 }], 2 ** 30))]).toEqual([
      ['1 GiB', 1],
      ['2 MiB', 1],
    ]);
  });
});

describe('runs of frames', () => {
  it('are read', () => {
    expect(parseRuns('1a+2 30+1')).toEqual([
      { phys: 0x1a000, bytes: 2 * PAGE },
      { phys: 0x30000, bytes: PAGE },
    ]);
    expect(parseRuns('')).toEqual([]);
    expect(() => parseRuns('1a')).toThrow("'1a'");
  });
});

describe("an IOMMU's tables", () => {
  const due = pagesDue([{ phys: 2 * MIB, bytes: 2 * MIB + PAGE }], 8 * MIB);
  const small = pagesDue([{ phys: 2 * MIB, bytes: 2 * MIB + PAGE }], 8 * MIB + PAGE).map((page) => ({
    ...page,
    iova: page.iova - PAGE,
  }));

  it('are right as they are due', () => expect(judgePages(due, due)).toBeUndefined());
  it('may be right and in smaller pages than possible', () =>
    expect(judgePages(small, due)?.detail).toMatch(
      /^mapped with pages of 513 x 4 KiB, but 1 x 2 MiB, 1 x 4 KiB are possible/,
    ));
  it('lead elsewhere', () => {
    const wrong = due.map((page, i) => (i === 1 ? { ...page, phys: 0x1000 } : page));
    expect(judgePages(wrong, due)).toEqual({
      code: 'leads-elsewhere',
      detail: '0xa00000 leads to 0x1000, which is the wrong address',
    });
  });
  it('come late', () => {
    const late = due.map((page, i) => (i === 1 ? { ...page, iova: page.iova + PAGE } : page));
    expect(judgePages(late, due)?.detail).toBe('0xa01000 leads to 0x400000, which is the wrong address');
  });
  it('lack something', () => expect(judgePages(due.slice(0, 1), due)?.detail).toBe('nothing is mapped at 0xa00000'));
  it('hold what is not due', () => {
    expect(judgePages(due, [])?.detail).toBe('2 pages are mapped where none is expected');
    expect(judgePages(due, due.slice(0, 1))?.detail).toMatch(/0xa00000 leads to 0x400000/);
  });
});
