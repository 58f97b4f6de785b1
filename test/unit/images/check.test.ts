import { describe, expect, it } from 'vitest';
import { complaintsOf, isAccepted } from '../../../src/images/check.js';

describe('what a build says', () => {
  it('is searched for what compiler, sparse and modpost object to, each once', () => {
    const said = [
      '  CC [M]  phyr/map.o',
      '  CHECK   phyr/map.c',
      'phyr/map.c:12:5: warning: unused variable ‘x’ [-Wunused-variable]',
      '   12 | int x;',
      'phyr/map.c:40:9: warning: incorrect type in argument 1 (different address spaces)',
      'phyr/map.c:40:9:    expected void *',
      'phyr/map.c:40:9: warning: incorrect type in argument 1 (different address spaces)',
      'phyr/node.c:7:1: error: expected ‘;’',
      'phyr/node.c:1:10: fatal error: nothing.h: No such file or directory',
      'WARNING: modpost: missing MODULE_DESCRIPTION() in phyr/phyr.o',
      'phyr/module.c:91:1: error: bad constant expression',
      'make[2]: *** [phyr/node.o] Error 1',
    ].join('\n');
    expect(complaintsOf(said).map((line) => line.slice(0, 24))).toEqual([
      'phyr/map.c:12:5: warning',
      'phyr/map.c:40:9: warning',
      'phyr/node.c:7:1: error: ',
      'phyr/node.c:1:10: fatal ',
      'WARNING: modpost: missin',
    ]);
  });

  it('is no word of what sparse did not look at', () => {
    const said = ['CC [M]  phyr/lib/list.o', 'CC [M]  phyr/lib/node.o', 'CHECK   phyr/lib/list.c'];
    const made = ['CC [M]  phyr/phyr.mod.o', 'CC [M]  .module-common.o', 'LD [M]  phyr/phyr.ko'];
    const all = [...said, ...made].map((line) => `  ${line}`).join('\n');
    expect(complaintsOf(all)).toEqual(['phyr/lib/node.c: sparse did not check it']);
  });
});

describe('what checkpatch says', () => {
  it('is a complaint unless it is accepted for that file', () => {
    const line = (file: string, type: string) => `${file}:13: CHECK:${type}: words`;
    expect(isAccepted(line('phyr_nvme/trace.h', 'OPEN_ENDED_LINE'))).toBe(true);
    expect(isAccepted(line('phyr_nvme/queue.c', 'OPEN_ENDED_LINE'))).toBe(false);
    expect(isAccepted(line('phyr_nvme/trace.h', 'LONG_LINE'))).toBe(false);
    expect(isAccepted('nonsense')).toBe(false);
  });
});
