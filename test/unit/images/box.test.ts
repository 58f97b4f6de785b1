import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BoxOptions, boxDirs, inBox } from '../../../src/images/box.js';
import { buildError } from '../../../src/images/programs.js';
import { hostPath, InfraError, UsageError } from '../../../src/model/index.js';

const { signal } = new AbortController();
const DEBIANS = '/usr/local/bin:/usr/bin:/bin';

let box: BoxOptions;
let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'phyrlab-test-'));
  box = { ...boxDirs(scratch), toolbox: '/', signal };
  mkdirSync(box.work);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

describe('a step in a box', () => {
  it('runs with the PATH that Debian gives an ordinary user, which has no chroot', async () => {
    vi.stubEnv('PATH', DEBIANS);
    const result = await inBox(['sh', '-c', 'pwd; echo complaint >&2'], box);
    expect(result).toEqual({
      ok: true,
      stdout: '/box',
      all: expect.stringMatching(/^(\/box\ncomplaint|complaint\n\/box)$/),
    });
  });

  it('that fails is not a box that fails, whatever it says', async () => {
    const said = ['mount: no', 'unshare: no', 'chroot: no', 'box: 17: exec: chroot: not found'];
    const result = await inBox(
      ['sh', '-c', `printf '%s\\n' ${said.map((line) => `'${line}'`).join(' ')} >&2; exit 127`],
      box,
    );
    expect(result).toEqual({ ok: false, stdout: '', all: said.join('\n') });
  });

  it('shows each line but our own as it comes', async () => {
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    await inBox(['sh', '-c', 'echo one; echo two'], { ...box, onLine: onLine as () => undefined });
    expect(lines).toEqual(['one', 'two']);
  });

  it('cannot begin: a fault of the host', async () => {
    await expect(inBox(['true'], { ...box, toolbox: path.join(scratch, 'none') })).rejects.toSatisfy(
      (error) => error instanceof InfraError && /cannot set up the build root: mount: /.test(error.message),
    );
    mkdirSync(path.join(scratch, 'empty/usr/bin'), { recursive: true });
    await expect(inBox(['true'], { ...box, toolbox: path.join(scratch, 'empty') })).rejects.toThrow(
      /cannot set up the build root: chroot: /,
    );
    await expect(inBox(['no-such-program'], box)).rejects.toThrow(/build root: the toolbox has no no-such-program/);
  });
});

it("programs of the host are found where an ordinary PATH does not look, after the user's own", () => {
  expect(hostPath(DEBIANS)).toBe(`${DEBIANS}:/usr/local/sbin:/usr/sbin:/sbin`);
  expect(hostPath('/sbin:/opt')).toBe('/sbin:/opt:/usr/local/sbin:/usr/sbin');
});

describe('a build that fails', () => {
  const sources = [
    'phyr/map.c:12:3: error: \'x\' undeclared (first use in this function)\n   12 | pr_err("Killed\\n", x);',
    'phyr/map.c:1:10: fatal error: nothing.h: No such file or directory',
    'phyr/Kbuild:3: *** missing separator.  Stop.',
    'ERROR: modpost: "phyr_nothing" [/box/phyr/phyr.ko] undefined!',
    "tools/a.c:(.text+0x5): undefined reference to `nothing'",
    "make[2]: *** No rule to make target 'phyr/gone.o', needed by 'phyr/phyr.o'.  Stop.",
  ];
  it.each(sources)('for its sources is theirs to correct: %s', (said) => {
    const error = buildError('guest/', `  CC [M] x.o\n${said}\nmake: *** [Makefile:1: all] Error 2`);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(said.split('\n')[0]);
  });

  const hosts = [
    'box: 17: exec: chroot: not found',
    'gcc-14: fatal error: Killed signal terminated program cc1\nphyr/map.c:1:1: error: nothing',
    'cc1: out of memory allocating 65536 bytes after a total of 1 bytes',
    'phyr/map.c: internal compiler error: Segmentation fault',
    'make: error while loading shared libraries: libc.so.6: cannot open shared object file',
    '',
  ];
  it.each(hosts)('for the host is not: %s', (said) => {
    expect(buildError('guest/', said)).toBeInstanceOf(InfraError);
  });
});
