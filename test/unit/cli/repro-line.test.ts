import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reproLine, withLocalRepro } from '../../../src/cli/repro-line.js';
import { invocation, projectRoot, withInvocation } from '../../../src/model/index.js';
import { cellRecord } from '../run-result.js';

const LAUNCHER = join(projectRoot, 'src/cli/phyrlab.mjs');
const HERE = { HOME: '/home/me', PHYRLAB_RUNS: '/elsewhere' };
const record = cellRecord({ id: 'm/t/w/phyr8!plant', repro: reproLine('20261121-1-a', 'm/t/w/phyr8!plant') });
const shown = (folder: string, env: NodeJS.ProcessEnv = HERE, repro = record.repro) =>
  withLocalRepro({ ...record, repro }, { run: '20261121-1-a', folder }, env).repro;

describe('the command that runs a cell again', () => {
  it('is kept by its name, which is good on any machine', () => {
    expect(record.repro).toBe("phyrlab repro '20261121-1-a/m/t/w/phyr8!plant'");
  });

  it('is shown with the launcher of this clone', () => {
    const usual = '/home/me/.local/state/phyrlab/runs/20261121-1-a';
    expect(shown(usual)).toBe(`${LAUNCHER} repro '20261121-1-a/m/t/w/phyr8!plant'`);
    // As an earlier version kept it.
    expect(shown(usual, HERE, `npx ${record.repro} --runs /there`)).toBe(shown(usual));
  });

  it('names the folder of a run that is not where runs are kept, or was renamed', () => {
    for (const folder of ['/elsewhere/20261121-1-a', '/home/me/.local/state/phyrlab/runs/shard-1', "/it's"])
      expect(shown(folder)).toBe(`${LAUNCHER} repro '${folder.replace("'", "'\\''")}/m/t/w/phyr8!plant'`);
  });

  it('names no path of a CI, whose readers are elsewhere', () => {
    expect(shown('/runner/runs/20261121-1-a', { ...HERE, CI: 'true' })).toBe(record.repro);
  });

  it('of a cell that nobody declared keeps its words', () => {
    expect(shown('/x', HERE, "npx phyrlab run 'm/t/w/phyr8' --seed 7")).toBe(`${LAUNCHER} run 'm/t/w/phyr8' --seed 7`);
  });
});

describe('a command in a text', () => {
  it('is typed with the launcher of this clone', () => {
    expect(withInvocation('did you mean a? List all: phyrlab list SUITE', {})).toBe(
      `did you mean a? List all: ${LAUNCHER} list SUITE`,
    );
    expect(withInvocation('phyrlab needs apt; /x/phyrlab run', {})).toBe('phyrlab needs apt; /x/phyrlab run');
    expect(withInvocation(invocation('list', {}), {})).toBe(`${LAUNCHER} list`);
  });

  it('is never one that asks a registry for a package of that name', () => {
    const sources = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' });
    const files = sources.filter((file) => /\.(ts|js|mjs)$/.test(file) && file !== 'model/invocation.ts');
    expect(files.length).toBeGreaterThan(200);
    const asking = files.filter((file) => /npx\s+phyrlab/.test(readFileSync(join(projectRoot, 'src', file), 'utf8')));
    expect(asking).toEqual([]);
  });
});
