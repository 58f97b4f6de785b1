/** guest/lab/lab, as far as it can be run by this host's sh. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../../guest/lab/', import.meta.url));
const FILES = ['lab', ...readdirSync(`${FOLDER}steps`).map((file) => `steps/${file}`)];
const STEPS = FILES.flatMap((file) => [
  ...readFileSync(FOLDER + file, 'utf8').matchAll(/^lab_([a-z0-9_]+)\(\) /gm),
]).map(([, name = '']) => name.replaceAll('_', '-'));

const lab = (...args: string[]) => spawnSync('sh', [`${FOLDER}lab`, ...args], { encoding: 'utf8' });

describe('lab', () => {
  it.each([[[]], [['nonsense']], [['serve; echo hello']], [['-']]])(
    'answers %j, which is none of its steps, with what each step does',
    (args) => {
      const { status, stdout, stderr } = lab(...args);
      expect([status, stdout]).toEqual([64, '']);
      expect(STEPS.length).toBeGreaterThan(30);
      const told = stderr.split('\n').flatMap((line) => /^lab .*/.exec(line)?.[0].split(' | ') ?? []);
      const named = told.map((words) => words.replace(/^lab /, '').split(' ')[0]);
      expect(STEPS.filter((step) => !named.includes(step))).toEqual([]);
    },
  );

  it('calls the function of the step that is asked for, whose hyphens are underscores there', () => {
    const { status, stderr } = lab('group-type', 'no-such-function', 'DMA');
    expect([status, stderr]).toEqual([4, 'lab: no-such-function is in no IOMMU group\n']);
  });
});
