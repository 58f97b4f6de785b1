import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { linesOf, StepFailed } from '../../../src/guest/index.js';
import { projectRoot } from '../../../src/model/index.js';
import { storyIn } from '../../../src/oracle/index.js';

const Watch = z.object({ watch: z.object({ bytes: z.number() }) });
const Digest = z.object({ sha256: z.string() });
const lines = [{ watch: { bytes: 1 } }, { sha256: 'a' }, { events: '' }, { watch: { bytes: 2 } }, 7, null];

describe('lines of the guest', () => {
  it('are told by the kind that they bear', () => {
    expect(linesOf(Watch, 'lab end', lines).map(({ watch }) => watch.bytes)).toEqual([1, 2]);
    expect(linesOf(Digest, 'lab end', lines)).toEqual([{ sha256: 'a' }]);
    expect(linesOf(Digest, 'lab end', [])).toEqual([]);
  });

  it('that bear a kind and say something else are no lines that are not there', () => {
    const other = () => linesOf(Watch, 'lab end', [...lines, { watch: { bytes: 'many' } }]);
    expect(other).toThrow(StepFailed);
    expect(other).toThrow("lab end: unexpected answer at 'watch.bytes'");
    expect(() => storyIn([{ story: { by: 'magic' } }])).toThrow('in a way that this host does not know');
  });

  it('are not tried with one schema after another', () => {
    const sources = ['guest', 'oracle', 'run', 'workloads'].flatMap((folder) =>
      readdirSync(join(projectRoot, 'src', folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(folder, file)),
    );
    const tried = /\.safeParse\(\s*line\w*(?:\[\d\])?\s*\)\.(?:success|data)|flatMap\(\(line\)[^;]*\.safeParse/;
    const found = sources.filter((file) => tried.test(readFileSync(join(projectRoot, 'src', file), 'utf8')));
    expect(found).toEqual([]);
    expect('!Counters.safeParse(line).success').toMatch(tried);
    expect('lines.flatMap((line) => Failure.safeParse(line).data ?? [])').toMatch(tried);
  });
});
