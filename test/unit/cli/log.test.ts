import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { logCommand } from '../../../src/cli/log.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-log-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

async function judged(text: string, ...words: string[]) {
  const file = join(folder, 'dmesg');
  await writeFile(file, text);
  const said: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((each) => said.push(String(each)) > 0);
  await logCommand().parseAsync([file, ...words], { from: 'user' });
  vi.restoreAllMocks();
  return { code: process.exitCode, out: said.join('').replaceAll(file, 'dmesg') };
}

it('says where, what and how often, and ends with the exit code of the verdict', async () => {
  const wrong = await judged('<6>one\n<3>DMAR: \x1b[2Jqueue broke 1\n<3>DMAR: \x1b[2Jqueue broke 2\n');
  expect(wrong.code).toBe(1);
  expect(wrong.out).toMatch(
    /^dmesg:2: error: DMAR: \\u001b\[2Jqueue broke 1 \(2 times\)\nfail: 1 objection in 3 lines/,
  );
  expect((await judged('<6>one\n')).code).toBe(0);
  expect((await judged('')).code).toBe(2);
  expect(await judged('[    1.0] one\n')).toMatchObject({ code: 0, out: expect.stringMatching(/only known phrases/) });
});

it('allows what a pattern covers, and gives all of it as JSON', async () => {
  const log = '<6>one\n<4>nouveau: bad 12\n';
  expect((await judged(log, '--allow', 'nouveau: bad *')).code).toBe(0);
  expect(JSON.parse((await judged(log, '--json')).out)).toEqual({
    schema: 1,
    file: 'dmesg',
    format: 'dmesg -r',
    levels: true,
    lost: 0,
    verdict: 'fail',
    objections: [
      { code: 'log-warning', detail: 'warning: nouveau: bad 12', line: 2, count: 1, text: ['nouveau: bad 12'] },
    ],
    lines: 2,
    allowed: 0,
  });
});

it('shows the beginning of a report, and all of it if asked', async () => {
  const log = `<4>WARNING: a.c:1 at f+0x1/0x2\n${'<4> g+0x1/0x2\n'.repeat(30)}`;
  expect((await judged(log)).out).toMatch(/ \(19 lines more: --whole\)\n/);
  expect((await judged(log, '--whole')).out.match(/g\+0x1/g)).toHaveLength(30);
});

it('says what it cannot read', async () => {
  await expect(logCommand().parseAsync([join(folder, 'none')], { from: 'user' })).rejects.toThrow(
    /cannot read .*ENOENT/,
  );
});
