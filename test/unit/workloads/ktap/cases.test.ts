import { describe, expect, it } from 'vitest';
import { noIommuReserved } from '../../../../harness/machines.js';
import { debug } from '../../../../harness/suites/debug.js';
import { ktap, ktapMachines, ktapTopology } from '../../../../harness/suites/ktap.js';
import { switched } from '../../../../harness/topologies.js';
import type { KtapTest } from '../../../../src/guest/index.js';
import { builtWithPlants, expand, groupIntoBoots } from '../../../../src/plan/index.js';
import { casesDue, HAZARDS, ktapMemory } from '../../../../src/workloads/ktap/cases.js';
import { judgeCases } from '../../../../src/workloads/ktap/run.js';

/** Tested without a guest: pack, unpack and slice against a plain array, in test/vm/fuzz.test.ts. */
const ELSEWHERE = ['23'];

describe('the cases of the library', () => {
  it('are one for each of the 23 hazards at least', () => {
    const numbers = [...Object.keys(HAZARDS).map((name) => name.slice(7, 9)), ...ELSEWHERE];
    expect([...new Set(numbers)].sort()).toEqual(Array.from({ length: 23 }, (_, i) => String(i + 1).padStart(2, '0')));
  });

  it.each(['all', 'failures'] as const)('must each pass on some machine of the suite: %s', (which) => {
    const due = ktapMachines.map((machine) => casesDue(machine, which));
    const never = [...(due[0]?.keys() ?? [])].filter((name) => due.every((cases) => cases.get(name) !== 'pass'));
    expect(never).toEqual([]);
  });

  it('use two parts of the reserved RAM', () => {
    expect(ktapMemory(ktapMachines[0] as never)).toEqual({
      tests: '0x60000000',
      store: { base: '0x64000000', bytes: 64 << 20 },
    });
  });

  it('run on machines that have what they need, once, the failures with modules of their own', () => {
    const { cells, pruned } = expand(ktap, 1);
    expect([cells.length, pruned]).toEqual([10, []]);
    expect(groupIntoBoots(cells)).toHaveLength(10);
    const small = { ...ktap, blocks: ktap.blocks.map((block) => ({ ...block, machines: [noIommuReserved] })) };
    expect(expand(small, 1).pruned.map(({ reason }) => reason)).toContain('the tests need memory above 4 GiB');
    const other = { ...ktap, blocks: ktap.blocks.map((block) => ({ ...block, topologies: [switched] })) };
    expect(expand(other, 1).pruned.map(({ reason }) => reason)).toContain("the topology has no BAR called 'lent'");
    const backends = { ...ktap, blocks: ktap.blocks.map((block) => ({ ...block, backends: ['sg' as const] })) };
    expect(expand(backends, 1).cells).toEqual([]);
    expect(ktapTopology.root).toHaveLength(2);
  });
});

it('an alarm of the kernel must be caught, by modules that can do it, in a guest of its own', () => {
  const alarms = expand(debug, 1).cells.filter(({ workload }) => workload.kind === 'kernel-check');
  expect(alarms.map(({ expect }) => expect)).toEqual(Array(5).fill({ kind: 'caught', by: ['kernel-log'] }));
  expect(alarms.every(builtWithPlants)).toBe(true);
  expect(groupIntoBoots(alarms)).toHaveLength(5);
});

describe('the report of the cases', () => {
  const test = (name: string, status: KtapTest['status'], said = ''): KtapTest => ({
    number: 1,
    name,
    status,
    reason: status === 'skip' ? said : '',
    diagnostics: status === 'fail' ? [said] : [],
    subtests: [],
  });
  const due = new Map([
    ['a', 'pass'],
    ['b', 'skip'],
  ] as const);

  it('is good when each case did what is due', () => {
    expect(judgeCases([test('a', 'pass'), test('b', 'skip')], due)).toEqual([]);
  });

  it.each([
    [test('a', 'fail', '3 pins are left'), 'a: 3 pins are left'],
    [test('a', 'skip', 'no IOMMU'), 'a: was skipped, but must pass on this machine: no IOMMU'],
    [test('a', 'todo'), 'a: did not pass'],
  ])('is not when one failed, or was skipped where it must pass', (found, objection) => {
    expect(judgeCases([found, test('b', 'skip')], due).map(({ detail }) => detail)).toEqual([objection]);
  });

  it('is not when one passes where there is nothing to see, is missing, or is new', () => {
    expect(judgeCases([test('b', 'pass'), test('c', 'pass')], due).map(({ detail }) => detail)).toEqual([
      'b: passed, but must be skipped on this machine',
      'c: unknown case',
      'a: did not report',
    ]);
  });
});
