/** guest/lab/lab, as far as it can be run by this host's sh. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const LAB = fileURLToPath(new URL('../../../guest/lab/lab', import.meta.url));

it('says of each step what it does, to who asks for one that it does not have', () => {
  const { status, stdout, stderr } = spawnSync('sh', [LAB, 'nonsense'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([64, '']);
  const steps = [...readFileSync(LAB, 'utf8').matchAll(/^\t\t([a-z0-9-]+)\) /gm)].map(([, step]) => step);
  expect(steps.length).toBeGreaterThan(30);
  const told = stderr.split('\n').flatMap((line) => /^lab .*/.exec(line)?.[0].split(' | ') ?? []);
  const named = told.map((words) => words.replace(/^lab /, '').split(' ')[0]);
  expect(steps.filter((step) => !named.includes(step))).toEqual([]);
});
