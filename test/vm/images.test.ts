/** Building images when things go wrong: real processes, a cache of their own. No guest is booted. */
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../src/images/index.js';
import { Sandbox, until } from './support/phyrlab.js';

const CLI = path.join(import.meta.dirname, '../../src/cli/phyrlab.mjs');

let sandbox: Sandbox;
let cache: string;

beforeEach(async () => {
  sandbox = await Sandbox.create();
  cache = path.join(sandbox.folder, 'cache');
  await mkdir(cache);
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** So that a build needs no network: the packages that the images of the other tests came from. */
async function sharePackages(): Promise<void> {
  await symlink(
    path.join(path.resolve(cacheDirectory(undefined, process.env)), 'packages'),
    path.join(cache, 'packages'),
  );
}

const work = () => readdir(path.join(cache, 'work')).catch(() => []);

/** Starts `phyrlab images ...`, below a shell script that changes what it finds: the command line is in its "$@". */
function images(args: string[], options: { around?: string; env?: Record<string, string> } = {}) {
  const namespaces = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-ec'];
  const around = options.around === undefined ? [] : [...namespaces, options.around, 'sh'];
  const [file = '', ...words] = [...around, process.execPath, CLI, 'images', ...args];
  return execa(file, words, { env: { PHYRLAB_CACHE: cache, CACHE: cache, ...options.env }, reject: false });
}

describe('a build of images ends with one clear line', () => {
  it.each(['http://127.0.0.1:9/debian', 'http://mirror.invalid/debian'])(
    'when the mirror is dead: %s',
    async (mirror) => {
      const started = performance.now();
      const { exitCode, stderr } = await images(['build', '--mirror', mirror]);
      expect(exitCode).toBe(64);
      expect(stderr).toContain(`the Debian mirror ${mirror} cannot be used`);
      expect(stderr).toContain('--mirror or PHYRLAB_MIRROR');
      expect(performance.now() - started).toBeLessThan(20_000);
      expect(await work()).toEqual([]);
    },
  );

  it('when the cache is empty and the network forbidden', async () => {
    const { exitCode, stderr } = await images(['build', 'qemu', '--offline']);
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/packages are not in the cache .*\n.*--offline/);
  });

  it('when the disk is full', async () => {
    const around =
      'mount -t tmpfs -o size=30m small "$CACHE"; ln -s "$PACKAGES" "$CACHE/packages"; "$@"; ls "$CACHE/work"';
    const packages = path.join(path.resolve(cacheDirectory(undefined, process.env)), 'packages');
    const { exitCode, stdout, stderr } = await images(['build', 'qemu'], { around, env: { PACKAGES: packages } });
    expect(stderr).toContain(`no space left in the cache directory ${cache}`);
    expect([exitCode, stdout]).toEqual([64, '']);
  });

  it('when there are no namespaces, before anything is downloaded', async () => {
    const around = 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"';
    const { exitCode, stderr } = await images(['build', 'toolbox'], { around });
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/namespaces .*unshare.*\n.*sysctl user\.max_user_namespaces/);
    expect(await readdir(path.join(cache, 'packages'))).toEqual([]);
  });
});

describe('a build of images', () => {
  it('that is interrupted leaves nothing', async () => {
    await sharePackages();
    const building = images(['build', 'toolbox']);
    await until('the build has begun', 20_000, async () => (await work()).length > 0);
    const started = performance.now();
    building.kill('SIGINT');
    expect((await building).exitCode).toBe(130);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect([await sandbox.processes(), await work()]).toEqual([[], []]);
    expect(await readdir(path.join(cache, 'entries'))).toEqual([]);
  });

  it('that is killed is finished by whoever waited for it, and is not seen half-made', async () => {
    await sharePackages();
    const killed = images(['build', 'qemu']);
    await until('the build has begun', 20_000, async () => (await work()).length > 0);
    const waiting = images(['build', 'qemu']);
    let said = '';
    waiting.stderr.on('data', (chunk) => {
      said += chunk;
    });
    await until('the second one waits', 20_000, () => said.includes('waiting for another phyrlab'));
    killed.kill('SIGKILL');
    expect((await waiting).exitCode).toBe(0);
    expect([await sandbox.processes(), await work()]).toEqual([[], []]);
    expect(await readdir(path.join(cache, 'entries'))).toHaveLength(1);
  });

  it('that was damaged is done again, without the network', async () => {
    await sharePackages();
    expect((await images(['build', 'qemu'])).exitCode).toBe(0);
    const [entry = ''] = await readdir(path.join(cache, 'entries'));
    await rm(path.join(cache, 'entries', entry, 'usr/share/seabios/vgabios-stdvga.bin'));
    const { exitCode, stderr } = await images(['build', 'qemu', '--offline']);
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/is damaged \(.*vgabios-stdvga.bin is gone\)/)]);
    expect((await images(['build', 'qemu', '--offline'])).stderr).toBe('');
  });
});
