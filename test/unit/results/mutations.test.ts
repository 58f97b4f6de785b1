import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Trial } from '../../../src/mutate/index.js';
import { type MutationSession, Mutations } from '../../../src/results/index.js';

let runs: string;
beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'phyrlab-mutations-'));
});
afterEach(() => rmSync(runs, { recursive: true }));

const session = (id: string): MutationSession => ({
  schema: 1,
  id,
  started: '2026-11-29T00:00:00Z',
  seed: 1,
  count: 2,
  files: ['guest/a.c'],
  sources: 'k',
  run: '1',
});
const trial = (id: string): Trial => ({
  id,
  file: 'guest/a.c',
  line: 1,
  function: 'f',
  operator: 'order',
  exact: true,
  diff: [],
  ms: 1,
  outcome: { kind: 'unreached' },
});

it('a session is read as it was written, the newest first', async () => {
  const mutations = new Mutations(runs);
  expect(await mutations.newest()).toBeUndefined();
  await mutations.begin(session('1'));
  await mutations.begin(session('2'));
  await mutations.add(session('2'), trial('a'));
  expect(await mutations.newest()).toEqual({ session: session('2'), trials: [trial('a')] });
});

it('a line that was cut off when its writer was killed costs that mutant alone', async () => {
  const mutations = new Mutations(runs);
  await mutations.begin(session('1'));
  await mutations.add(session('1'), trial('a'));
  appendFileSync(join(mutations.folder, '1', 'trials.jsonl'), '{"id":"b","file":"gue');
  await mutations.add(session('1'), trial('c'));
  expect((await mutations.newest())?.trials.map(({ id }) => id)).toEqual(['a', 'c']);
});

it("another version's session, or a damaged one, is none", async () => {
  const mutations = new Mutations(runs);
  await mutations.begin(session('1'));
  await mutations.begin(session('2'));
  writeFileSync(join(mutations.folder, '2', 'session.json'), '{"schema":99}');
  expect((await mutations.newest())?.session.id).toBe('1');
});

it('old sessions go', async () => {
  const mutations = new Mutations(runs);
  for (let number = 100; number < 155; number++) await mutations.begin(session(`${number}`));
  expect(readdirSync(mutations.folder).sort()).toEqual(Array.from({ length: 50 }, (_, at) => `${105 + at}`));
});
