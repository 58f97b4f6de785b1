import { describe, expect, it } from 'vitest';
import { branchesIn } from '../../../src/coverage/disassembly.js';
import { codeOf, rangesOf } from '../../../src/coverage/index.js';
import { disassembly, object, twoCode } from './object.js';

describe('the code of an object', () => {
  it('is the lines that its debug information calls statements, by file, with those of inlined functions', () => {
    const { files } = twoCode();
    expect(files.map(({ path, lines }) => [path, [...lines].sort((a, b) => a - b)])).toEqual([
      ['guest/two/two.c', [11, 12, 16, 17, 18, 19]],
      ['guest/two/two.h', [4, 6]],
    ]);
    expect(files[0]?.functions.map(({ name, line }) => [name, line])).toEqual([
      ['reached', 16],
      ['init_module', 11],
    ]);
  });

  it('knows sections apart that all begin at 0, and where a module begins', () => {
    const sections = twoCode().sections.map(({ name, entry, lines }) => [name, entry, lines.map(({ line }) => line)]);
    expect(sections).toEqual([
      ['.text', undefined, [16, 17, 19, 4, 6, 18]],
      ['.init.text', 0, [11, 12]],
    ]);
  });

  it('has each conditional branch where it ends, with the line of its condition', () => {
    const code = twoCode();
    expect(code.files[0]?.branches).toEqual([{ line: 17, column: 5 }]);
    expect(code.sections[0]?.branches).toEqual([{ at: 5, file: 0, index: 0 }]);
  });

  it('does not count files that are nobody of interest', () => {
    const code = codeOf('k', [{ module: 'two', elf: object(), disassembly: disassembly() }], (path) =>
      path.endsWith('.h') ? path : undefined,
    );
    expect(code.files.map(({ path }) => path)).toEqual(['/box/two/two.h']);
  });

  it('says which bytes a loader fills in', () => {
    const [text] = twoCode().sections;
    // jmp unlikely_one: its opcode may be patched as well.
    expect([...(text?.fixed.slice(0x0e, 0x15) ?? [])]).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect(text?.fixed[0]).toBe(1);
  });

  it('is looked for where modules are', () => {
    const modules = { from: 0x1000n, to: 0x2000n };
    expect(rangesOf(twoCode(), modules)).toEqual([modules]);
  });
});

describe('conditional branches', () => {
  it('are found in what objdump says of either architecture', () => {
    const text = [
      'Disassembly of section .text:',
      '0000000000000000 <f>:',
      '   0:\tjmp    9 <f+0x9>',
      '   2:\tjne    9 <f+0x9>',
      '   4:\tcbz\tx0, 20 <f+0x20>',
      '   8:\tb.ne\t20 <f+0x20>  // b.any',
      '   c:\tb\t20 <f+0x20>',
      '  10:\tret',
      '',
      'Disassembly of section .init.text:',
      '   0:\tje     9 <g+0x9>',
      '   6:\tret',
    ].join('\n');
    expect(branchesIn(text).map(({ section, at, next }) => [section, Number(at), Number(next)])).toEqual([
      ['.text', 2, 4],
      ['.text', 4, 8],
      ['.text', 8, 12],
      ['.init.text', 0, 6],
    ]);
  });
});
