import { describe, expect, it } from 'vitest';
import type { Coverage } from '../../../../src/coverage/index.js';
import { coverageSection } from '../../../../src/report/html/coverage-section.js';

const coverage: Coverage = {
  cells: ['m/t/w/sg', 'm/t/w/phyr8'],
  files: [
    {
      path: 'guest/phyr/dma/map.c',
      lines: new Map([
        [1, [0, 1]],
        [3, [1]],
        [4, []],
      ]),
      functions: [
        { name: 'phyr_map', line: 1, cells: [0] },
        { name: 'phyr_idle', line: 4, cells: [] },
      ],
      branches: [{ line: 3, column: 5, ways: 1 }],
    },
  ],
  unread: [{ cell: 'm/t/w/iter', why: 'the guest <panicked>' }],
  planted: { cells: [], files: [] },
};
const text = ['int phyr_map(void)', '', '\tif (a < b)', '\t\treturn 1;'];
const section = coverageSection({ coverage, texts: new Map([['guest/phyr/dma/map.c', text]]) }).text;

describe('coverage in the report', () => {
  it('is not there where nothing was measured', () => {
    expect(coverageSection(undefined).text).toBe('');
  });

  it('says why it cannot be shown', () => {
    expect(coverageSection('not <read>').text).toContain('<p>not &#60;read&#62;</p>');
  });

  it('shows each line with the number of cells that reach it, and marks what none reaches and what went one way', () => {
    expect(section).toContain('<span>    1    2  int phyr_map(void)\n</span>');
    expect(section).toContain('<span class="no-code">    2       \n</span>');
    expect(section).toContain('<span class="half">    3    1  \tif (a &#60; b)\n</span>');
    expect(section).toContain('<span class="unreached">    4    0  \t\treturn 1;\n</span>');
  });

  it('says which cells reach which lines, by numbers that it explains', () => {
    expect(section).toContain('<li>m/t/w/sg</li><li>m/t/w/phyr8</li>');
    expect(section).toContain('<tr><td>1</td><td class="num">2</td><td>1-2</td></tr>');
    expect(section).toContain('<tr><td>3</td><td class="num">1</td><td>2</td></tr>');
    expect(section).toContain('Functions that no cell reaches: <span class="id">phyr_idle</span>');
    expect(section).toContain('Lines that no cell reaches: 4<');
  });

  it('names cells that were not read, as text', () => {
    expect(section).toContain('m/t/w/iter: the guest &#60;panicked&#62;');
  });

  it('shows no text that is not what was compiled', () => {
    const without = coverageSection({ coverage, texts: new Map() }).text;
    expect(without).toContain('Its text is not at hand');
    expect(without).not.toContain('<pre');
  });
});
