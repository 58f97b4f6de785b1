import { describe, expect, it } from 'vitest';
import { annotate, linesIn, placeOf, referencesIn, symbolsIn } from '../../../src/images/symbols.js';

describe('references in a kernel log', () => {
  it('are found with module, offset and size', () => {
    expect(referencesIn('[   62.376880]  phyr_reg_begin+0x33b/0x420 [phyr]')).toEqual([
      { name: 'phyr_reg_begin', offset: 0x33b, size: 0x420, module: 'phyr', returns: true },
    ]);
    expect(referencesIn('[ 1.0] RIP: 0010:dma_map+0x10/0x20')).toMatchObject([{ module: undefined, returns: false }]);
    expect(referencesIn('[ 1.0]  ? pnvme_ctl_io.isra.0+0x2c0/0x2d0 [phyr_nvme 0a1b2c3d]')).toMatchObject([
      { name: 'pnvme_ctl_io.isra.0', module: 'phyr_nvme' },
    ]);
    expect(referencesIn('nothing at 0x12/0x34')).toEqual([]);
  });

  it('get their source lines behind them', () => {
    const line = ' a+0x1/0x2 [m] called b+0x3/0x4';
    expect(annotate(line, ({ name }) => (name === 'a' ? 'guest/m/a.c:7' : undefined))).toBe(
      ' a+0x1/0x2 [m] (guest/m/a.c:7) called b+0x3/0x4',
    );
  });
});

const NM = `
Symbols from phyr.ko:

Name                  Value           Class        Type         Size             Line  Section

helper              |0000000000000010|   t  |              FUNC|0000000000000020|     |.text
helper              |0000000000000100|   t  |              FUNC|0000000000000200|     |.text
setup               |0000000000000000|   t  |              FUNC|0000000000000030|     |.init.text
table               |0000000000000000|   d  |            OBJECT|0000000000000030|     |.data
`;

describe('a place', () => {
  const symbols = symbolsIn(NM);
  const reference = { name: 'setup', offset: 8, size: 0x30, module: 'phyr', returns: true };

  it('is in the section of its function; a return address means the call before it', () => {
    expect(symbols.map(({ name }) => name)).toEqual(['helper', 'helper', 'setup']);
    expect(placeOf(reference, symbols)).toEqual({ section: '.init.text', address: 7 });
    expect(placeOf({ ...reference, returns: false }, symbols)).toEqual({ section: '.init.text', address: 8 });
  });

  it('of one of two functions with the same name is told by the size, else not at all', () => {
    const helper = { ...reference, name: 'helper', offset: 4, returns: false };
    expect(placeOf({ ...helper, size: 0x20 }, symbols)?.address).toBe(0x14);
    expect(placeOf({ ...helper, size: 0x200 }, symbols)?.address).toBe(0x104);
    expect(placeOf({ ...helper, size: 0x400 }, symbols)).toBeUndefined();
    expect(placeOf({ ...reference, name: 'other' }, symbols)).toBeUndefined();
  });
});

it('addr2line is read with what was inlined, paths as they are in this repository', () => {
  const said = `0x0000000000000120
inner
/box/include/phyr.h:83 (discriminator 2)
outer
/box/phyr_nvme/main.c:120
0x0000000000000240
dma_map
/linux/kernel/dma/mapping.c:9
0x0000000000000250
??
??:0
`;
  expect(linesIn(said)).toEqual([
    'guest/include/phyr.h:83, inlined at guest/phyr_nvme/main.c:120',
    'linux/kernel/dma/mapping.c:9',
    '??:0',
  ]);
});
