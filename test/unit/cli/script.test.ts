import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSuites, planAsked, planOf } from '../../../src/cli/scenarios.js';
import { planOfScript, scriptOf, withoutArguments } from '../../../src/cli/script.js';
import { Workload } from '../../../src/workloads/index.js';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
  file = join(folder, 'My Test_2.sh');
  writeFileSync(file, '#!/bin/sh\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

it('what stands behind -- goes to the script', () => {
  const typed = ['run', 'a', '--script', 'x', '--', '-v', 'b'];
  expect(withoutArguments(['a', '-v', 'b'], typed)).toEqual({ words: ['a'], args: ['-v', 'b'] });
  expect(withoutArguments(['a', 'b'], ['run', 'a', 'b'])).toEqual({ words: ['a', 'b'], args: [] });
});

describe('options', () => {
  it('need a script, and a file that can be read', () => {
    expect(scriptOf({}, [])).toBeUndefined();
    expect(() => scriptOf({ verdict: 'ktap' }, [])).toThrow('--verdict goes with --script');
    expect(() => scriptOf({}, ['a'])).toThrow(/arguments of --script/);
    expect(() => scriptOf({ script: join(folder, 'none') }, [])).toThrow(/none is not there/);
    expect(() => scriptOf({ script: folder }, [])).toThrow(/is no file that could be run/);
    expect(() => scriptOf({ script: file, deadline: { ms: 7_200_000, said: '2h' } }, [])).toThrow(/one hour/);
  });
});

describe('the plan', () => {
  it('has the script where the cells were, once a place, and no planted defect', async () => {
    const suites = await loadSuites();
    const script = scriptOf({ script: file }, ["it's", '-v']);
    if (script === undefined) throw new Error('no script');
    const { cells } = planAsked(suites, { words: ['smoke'], script }, 7);
    const places = planOf(suites, ['smoke'], 7).cells.filter(
      ({ plant, machine }) => !plant && machine.clock === 'wall',
    );
    expect(cells.map(({ id }) => id)).toEqual([
      ...new Set(places.map(({ id }) => id.replace(/[^/]+(?=\/[^/]+$)/, 'my-test-2'))),
    ]);
    const [first] = cells;
    expect(Workload.parse(first?.workload)).toEqual(first?.workload);
    expect(first?.workload).toMatchObject({ kind: 'command', run: "exec ./script 'it'\\''s' -v" });
  });

  it('takes another driver, and says why there is no place', async () => {
    const suites = await loadSuites();
    const script = { file, args: [], files: [], verdict: 'exit', deadline: 60, idle: false } as const;
    const plan = planOf(suites, ['vtd-strict/switch/fio-verify/sg'], 7);
    const own = { ...script, args: [], files: [] };
    expect(planOfScript(plan, { ...own, backend: 'nvme' }, 7).cells.map(({ id }) => id)).toEqual([
      'vtd-strict/switch/my-test-2/nvme',
    ]);
    expect(() => planOfScript(plan, { ...own, backend: 'raw' }, 7)).toThrow(
      /the script cannot run there: phyr_nvme has no backend 'raw'/,
    );
    const costs = planOf(suites, ['vtd-strict-icount/switch/map-cost/sg'], 7);
    expect(() => planOfScript(costs, own, 7)).toThrow(/count instructions/);
  });
});
