/** What CI prints at its end: every failure with its error, then the counts. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('knows of a run of vitest what failed and why, also in a hook', () => {
  writeFileSync(
    join(folder, 'some.test.js'),
    `it('holds', () => {});
     it('differs', () => expect({ a: 1 }).toEqual({ a: 2 }));
     describe('group', () => { beforeAll(() => { throw new Error('no set-up') }); it('is left out', () => {}); });`,
  );
  const out = join(folder, 'out.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporter = join(root, '.ci', 'reporter.mjs');
  const args = [vitest, 'run', '--root', folder, '--globals', `--reporter=${reporter}`];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, CI_TESTS_OUT: out };
  expect(spawnSync(process.execPath, args, { env }).status).toBe(1);
  const { passed, skipped, failures } = JSON.parse(readFileSync(out, 'utf8'));
  expect([passed, skipped]).toEqual([1, 1]);
  const told = failures.map(({ name, error }: { name: string; error: string[] }) => `${name}: ${error.join(' ')}`);
  expect(told.sort()).toEqual([
    expect.stringMatching(/some\.test\.js > differs: .*"a": 2/),
    expect.stringMatching(/some\.test\.js > group: .*no set-up/),
  ]);
});

it('counts them, and ends with what the tests and checks before it said', () => {
  const standIn = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const result = (failures: object[]) => JSON.stringify({ passed: 3, skipped: 1, failures });
  standIn('npm', `case "$*" in test*) echo '${result([])}' > $CI_TESTS_OUT;; *) exit 0;; esac`);
  const failure = { name: 'b > breaks', error: ['expected 1 to be 2'] };
  standIn(
    'npx',
    `case "$*" in
      *list*) echo '[{"file":"/a.test.ts"},{"file":"/b.test.ts"}]';;
      *a.test.ts*) echo '${result([])}' > $CI_TESTS_OUT;;
      *) echo '${result([failure])}' > $CI_TESTS_OUT; exit 1;;
    esac`,
  );
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const began = String(Math.floor(Date.now() / 1000) - 77);
  const { status, stdout } = spawnSync(process.execPath, [join(root, '.ci', 'tests.mjs'), began], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  expect(stdout.trimEnd().split('\n').slice(-4)).toEqual([
    'FAILED b > breaks',
    '    expected 1 to be 2',
    '',
    '9 passed, 1 failed, 3 skipped',
  ]);
  expect(status).toBe(1);
  expect(execFileSync('tail', ['-n', '1', join(root, '.ci', 'run')], { encoding: 'utf8' })).toContain('.ci/tests.mjs');
});
