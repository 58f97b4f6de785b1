import { expect, it } from 'vitest';
import { gdbLacks, gdbScript } from '../../../src/cli/gdb.js';
import type { Kernel } from '../../../src/model/index.js';

const kernel: Kernel = { release: '7.3', arch: 'x86_64', image: '', bootModules: '', patience: 1, args: [], key: '' };
const scene = {
  modules: { dir: '/cache/modules-1', plants: false, key: '1' },
  sections: [{ module: 'phyr', sections: { '.text': '0x10', '.bss': '0x30', '.orc_unwind': '0x40', '.data': '0x20' } }],
  socket: '/run/gdb',
  guest: '/src/guest',
};

it('gdb is told where code and data of each module are, and by which file', () => {
  const lines = gdbScript({ kernel, ...scene }).split('\n');
  expect(lines).toContain('add-symbol-file /cache/modules-1/debug/phyr.ko 0x10 -s .bss 0x30 -s .data 0x20');
  expect(lines).toContain('set substitute-path /box /src/guest');
  expect(lines.at(-2)).toBe('target remote /run/gdb');
  expect(gdbLacks(kernel)).toContain('has no symbols here');
});

it('a kernel with symbols is named first', () => {
  const own = { ...kernel, symbols: '/linux/vmlinux' };
  expect(gdbScript({ kernel: own, ...scene })).toMatch(/symbol-file \/linux\/vmlinux\nadd-symbol-file/);
  expect(gdbLacks(own)).toBeUndefined();
});
