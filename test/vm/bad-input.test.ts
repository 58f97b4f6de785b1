/** Each kind of bad input: exit code 64, one clear line with what to do, at once. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI, Sandbox } from './support/phyrlab.js';

let box: Sandbox;
beforeAll(async () => {
  box = await Sandbox.create();
});
afterAll(() => box[Symbol.asyncDispose]());

async function refused(args: string[], words: RegExp, env?: Record<string, string>) {
  const { code, out, err } = await box.run(args, env ? { env } : {});
  expect(`${out}${err}`).toMatch(words);
  expect(code).toBe(64);
  expect(out).toBe('');
  // One line, and at most one more that says what to do.
  expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  expect(err).not.toMatch(/^\s+at /m);
}

async function scenario(name: string, text: string): Promise<string> {
  const folder = join(box.folder, name);
  await mkdir(folder);
  await writeFile(join(folder, 'mine.ts'), text);
  return folder;
}

describe('bad input', () => {
  it('unknown suite: names the near ones', () => refused(['run', 'smokee'], /'smokee'.*\n.*did you mean smoke\b/));
  it('unknown pattern', () => refused(['list', 'vtd-strct/*'], /did you mean .*vtd-strict/));
  it('a cell to show that is not there', () =>
    refused(
      ['show', 'vtd-strct/switch/p2p-far/phyr8'],
      /no cell is called.*\n.*did you mean vtd-strict\/switch\/p2p-far/,
    ));
  it('more than one cell to show', () => refused(['show', 'p2p-far'], /matches \d+ cells.*\n.*name one/));
  it('a run to report that is not there', async () => {
    await refused(
      ['report', '--runs', join(box.folder, 'none')],
      /there is no run in .*\n.*phyrlab\.mjs run makes one/,
    );
    await mkdir(join(box.folder, 'some', '20261121-000000-aaaa'), { recursive: true });
    await writeFile(join(box.folder, 'some', '20261121-000000-aaaa', 'events.jsonl'), '');
    await refused(['report', '2027', '--runs', join(box.folder, 'some')], /is called '2027'.*\n.*newest is 20261121/);
    await refused(['report', '--runs', join(box.folder, 'some')], /holds no run/);
  });
  it('unknown option', () => refused(['run', '--sede', '1'], /--sede.*\n?.*--seed/));
  it('unknown command', () => refused(['rnu'], /rnu/));
  it('seed out of range', () => refused(['run', '--seed', '-1'], /--seed.*-1/s));
  it('no jobs at all', () => refused(['run', '--jobs', '0'], /--jobs.*whole number from 1/s));
  it('a result file in a folder that is not there', () =>
    refused(['run', '--json', join(box.folder, 'none', 'x.json')], /json report: cannot write/));
  it('a report of no known format: names those that there are', () =>
    refused(['run', '--report', 'yaml=x'], /Expected one of json=FILE, junit=FILE/));
  it('a folder for runs that is a file', async () => {
    await writeFile(join(box.folder, 'file'), '');
    await refused(['run', 'no-iommu/switch/p2p-far/phyr8', '--runs', join(box.folder, 'file')], /--runs DIR/);
  });

  it('a kernel that is not there', () => refused(['run', '--kernel', '/nonexistent/linux'], /\/nonexistent\/linux/));
  it('a kernel release that no lock has', () => refused(['run', '--kernel', '5.4'], /5\.4/));
  it('a folder that is no built kernel', () => refused(['run', '--kernel', '/etc'], /\/etc/));
  it('a file that is no kernel', () => refused(['run', '--kernel', '/etc/passwd'], /\/etc\/passwd/));
  it('a QEMU that is none', () => refused(['run', '--qemu', '/etc/passwd'], /\/etc\/passwd/));

  it('a scenario folder that is not there', () => refused(['list', '--scenarios', '/nonexistent'], /scenario folder/));
  it('an empty scenario folder', async () => {
    const folder = join(box.folder, 'empty');
    await mkdir(folder);
    await refused(['list', '--scenarios', folder], /no scenario files/);
  });
  it('a scenario that is no TypeScript', async () => {
    const folder = await scenario('syntax', "export default {\n  id: 'x',\n  oh no\n};\n");
    await refused(['list', '--scenarios', folder], /syntax\/mine\.ts:3 does not load: ParseError/);
  });
  it('a scenario that throws', async () => {
    const folder = await scenario('throws', "\n\nthrow new Error('broken');\n");
    await refused(['list', '--scenarios', folder], /throws\/mine\.ts:3 does not load: broken$/);
  });
  it('a scenario of the wrong shape: names the field', async () => {
    const folder = await scenario(
      'shape',
      "export default { id: 'mine', describe: 'd', blocks: [{ machines: [] }] };\n",
    );
    await refused(['list', '--scenarios', folder], /shape\/mine\.ts:1, blocks\[0\]\.machines: Too small/);
  });
  it('a scenario with the name of another suite', async () => {
    const folder = await scenario(
      'twice',
      "import { suites } from '" +
        join(import.meta.dirname, '../../harness/index.ts') +
        "';\nexport default suites[0];\n",
    );
    await refused(['list', '--scenarios', folder], /two suites are called 'smoke'/);
  });
});

describe('a full disk where runs are kept', () => {
  it('is told before anything boots', async () => {
    const runs = join(box.folder, 'small');
    await mkdir(runs);
    const script = 'mount -t tmpfs -o size=64m none "$0" && exec "$@"';
    const { exitCode, stderr } = await execa(
      'unshare',
      [
        '--user',
        '--map-root-user',
        '--mount',
        'sh',
        '-c',
        script,
        runs,
        process.execPath,
        CLI,
        'run',
        'p2p-far',
        '--runs',
        runs,
      ],
      { reject: false },
    );
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/only 6\d MiB are free in the folder for runs \(.*small.*\n.*--runs DIR/);
  });
});

describe('a mirror that does not answer', () => {
  it('is named, with what to do', async () => {
    const { code, out, err } = await box.run(['run', '--mirror', 'http://127.0.0.1:9/debian'], {
      env: { PHYRLAB_CACHE: join(box.folder, 'cold') },
    });
    expect(code).toBe(64);
    expect(`${out}${err}`).toMatch(/127\.0\.0\.1:9/);
    expect(`${out}${err}`).toMatch(/--mirror|PHYRLAB_MIRROR/);
  });
});
