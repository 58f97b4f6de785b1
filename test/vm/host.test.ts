/** A host as it is for an ordinary user of Debian: no administrator's programs in PATH, and folders that belong to somebody else. */
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI } from './support/phyrlab.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const NOT_A_MIRROR = ['--mirror', 'http://127.0.0.1:9/debian'];

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'phyrlab-test-'));
  if (isRoot) await chown(home, NOBODY, NOBODY);
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function phyrlab(args: string[], env: Record<string, string> = {}) {
  const become = isRoot ? ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--'] : [];
  const own = Object.entries({ HOME: home, PATH: '/usr/local/bin:/usr/bin:/bin', ...env }).map((pair) =>
    pair.join('='),
  );
  const command = [...become, 'env', '-i', ...own, process.execPath, CLI, ...args];
  const [file = '', ...rest] = command;
  const { exitCode, stdout, stderr } = await execa(file, rest, { reject: false, cwd: '/' });
  return { code: exitCode, out: stdout, err: stderr };
}

/** A folder, with what is in it, that the user of the test may only read. */
async function strangers(name: string, ...within: string[]): Promise<string> {
  const folder = join(home, name);
  for (const part of ['', ...within]) await mkdir(join(folder, part), { recursive: true });
  for (const part of [...within, '']) await chmod(join(folder, part), 0o555);
  return folder;
}

describe('the doctor, as an ordinary user with Debian’s PATH', () => {
  it('enters a build root, and tries the mirror', async () => {
    const { code, out } = await phyrlab(['doctor', ...NOT_A_MIRROR]);
    expect(out).toMatch(/^good +tools + all \d+ start/m);
    expect(out).toMatch(/^good +namespaces +.*as an ordinary user$/m);
    expect(out).toMatch(/^note +mirror +\S+ does not serve its package indexes: .*127\.0\.0\.1/m);
    expect(out).toMatch(/^bad +images +not all are in the cache yet; the mirror cannot provide the rest: /m);
    expect(out).not.toContain('--offline');
    expect(code).toBe(1);
  });

  it('does not try the mirror where it may not', async () => {
    const { code, out } = await phyrlab(['doctor', '--offline', ...NOT_A_MIRROR]);
    expect(out).toMatch(/^note +mirror +\S+, not tried: --offline$/m);
    expect(code).toBe(0);
  });

  it('says which folders belong to somebody else', async () => {
    const cache = await strangers('their-cache', 'entries', 'work', 'work/x-1', 'locks', 'users');
    const { code, out, err } = await phyrlab(['doctor', '--offline'], { PHYRLAB_CACHE: cache });
    expect(out).toMatch(/^bad +cache +cannot use .*their-cache.*: permission denied/m);
    expect(err).toBe('');
    expect(code).toBe(1);
  });
});

describe('somebody else’s', () => {
  async function refused(args: string[], env: Record<string, string>) {
    const { code, err } = await phyrlab(args, env);
    expect(err).toMatch(/^phyrlab: cannot use .*: permission denied.*\n.*PHYRLAB_CACHE|--runs DIR/);
    expect(err.split('\n').length).toBe(2);
    expect(code).toBe(64);
  }

  it('cache', async () => {
    const all = ['entries', 'work', 'work/x-1', 'locks', 'users', 'builds', 'packages', 'substitutes'];
    await refused(['images', 'build', 'qemu', '--offline'], { PHYRLAB_CACHE: await strangers('whole-cache', ...all) });
    await refused(['images', 'list'], { PHYRLAB_CACHE: await strangers('empty-cache') });
  });

  it('runs', async () => {
    const runs = await strangers('their-runs');
    await refused(['nightly', '--suite', 'smoke', '--offline'], { PHYRLAB_RUNS: runs });
    const unreadable = await strangers('unreadable-runs');
    await chmod(unreadable, 0);
    await refused(['report', '--runs', unreadable], {});
    await refused(['perf', 'gate', '--runs', unreadable], {});
  });
});
