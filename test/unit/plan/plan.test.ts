import { describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import * as machines from '../../../harness/machines.js';
import { matrix } from '../../../harness/suites/matrix.js';
import { fabric, switched, twoFunctions } from '../../../harness/topologies.js';
import { crosscheck, filesystem, fioVerify, hotUnplug, mapCost, p2pFar, p2pNear } from '../../../harness/workloads.js';
import { cellSeed, UsageError } from '../../../src/model/index.js';
import { expand, findCell, groupIntoBoots, select, snapshotsToSave } from '../../../src/plan/index.js';
import { traitsOf } from '../../../src/plan/traits.js';
import { stateLost } from '../../../src/qemu/index.js';
import type { Block, Cell, Suite } from '../../../src/workloads/index.js';

function suiteOf(block: Partial<Block>): Suite {
  return {
    id: 'test',
    describe: '',
    blocks: [
      { machines: [machines.noIommu], topologies: [switched], workloads: [fioVerify], backends: ['phyr8'], ...block },
    ],
  };
}

describe('the built-in suites', () => {
  it('smoke is what the issue asks for', () => {
    const { cells, pruned } = expand(suites[0] as Suite, 1);
    expect(cells.map((cell) => cell.id)).toMatchInlineSnapshot(`
      [
        "vtd-strict/switch/fio-verify/phyr8!short-map",
        "vtd-strict/switch/fio-verify/sg",
        "vtd-strict/switch/fio-verify/iova",
        "vtd-strict/switch/fio-verify/phyr8",
        "vtd-strict/switch/crosscheck/sg",
        "vtd-strict/switch/crosscheck/iova",
        "vtd-strict/switch/crosscheck/phyr8",
        "no-iommu/switch/fio-verify/sg",
        "no-iommu/switch/fio-verify/iova",
        "no-iommu/switch/fio-verify/phyr8",
        "no-iommu/switch/crosscheck/sg",
        "no-iommu/switch/crosscheck/iova",
        "no-iommu/switch/crosscheck/phyr8",
        "vtd-pt/switch/fio-verify/sg",
        "vtd-pt/switch/fio-verify/iova",
        "vtd-pt/switch/fio-verify/phyr8",
        "vtd-pt/switch/crosscheck/sg",
        "vtd-pt/switch/crosscheck/iova",
        "vtd-pt/switch/crosscheck/phyr8",
        "no-iommu/switch/p2p-near/phyr8",
        "no-iommu/switch/p2p-far/phyr8",
        "vtd-strict-icount/switch/map-cost/sg",
        "vtd-strict-icount/switch/map-cost/iova",
        "vtd-strict-icount/switch/map-cost/phyr8",
        "vtd-pt-icount/switch/map-cost/sg",
        "vtd-pt-icount/switch/map-cost/iova",
        "vtd-pt-icount/switch/map-cost/phyr8",
      ]
    `);
    expect(pruned).toEqual([]);
  });

  it('every pruned cell has a reason, and no cell is both', () => {
    for (const suite of suites) {
      const { cells, pruned } = expand(suite, 1);
      expect(pruned.filter(({ reason }) => reason === '')).toEqual([]);
      const ids = [...cells, ...pruned].map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});

describe('expand', () => {
  it('has no second host bridge for a guest without a firmware', () => {
    const two = { machines: [machines.smmuStrict, machines.vtdStrict], topologies: [fabric] };
    const { cells, pruned } = expand(suiteOf(two), 1);
    expect(cells.map(({ id }) => id)).toEqual(['vtd-strict/fabric/fio-verify/phyr8']);
    expect(pruned.map(({ reason }) => reason)).toEqual([expect.stringMatching(/second host bridge .* firmware/)]);
  });

  it('runs arm64 only where it is asked for by name, and at night', () => {
    const arm = (id: string) => {
      const suite = suites.find((one) => one.id === id) as Suite;
      return expand(suite, 1).cells.filter(({ machine }) => machine.arch === 'aarch64').length;
    };
    expect(arm('arm64')).toBeGreaterThan(40);
    for (const { id } of suites.filter((suite) => !['arm64', 'nightly'].includes(suite.id)))
      expect([id, arm(id)]).toEqual([id, 0]);
  });

  it('pairwise shows every pair of parts that the product shows, and every refusal, in fewer cells', () => {
    const parts = {
      machines: [machines.noIommu, machines.vtdStrict, machines.vtdLazy, machines.vtdPassthrough],
      topologies: [switched],
      workloads: [fioVerify, crosscheck, filesystem, p2pFar],
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'] as Block['backends'],
    };
    const product = expand(suiteOf(parts), 1);
    const few = expand(suiteOf({ ...parts, cover: 'pairwise' }), 1);
    const pairsOf = (cells: typeof product.cells) =>
      new Set(
        cells.flatMap(({ machine, workload, backend }) => [
          `${machine.id} ${workload.id}`,
          `${machine.id} ${backend}`,
          `${workload.id} ${backend}`,
        ]),
      );
    const refused = (cells: typeof product.cells) =>
      new Set(
        cells.flatMap(({ machine, workload, expect: { kind } }) =>
          kind === 'refused' ? [`${machine.id} ${workload.id}`] : [],
        ),
      );
    expect(pairsOf(few.cells)).toEqual(pairsOf(product.cells));
    expect(refused(few.cells)).toEqual(refused(product.cells));
    expect(refused(few.cells).size).toBeGreaterThan(0);
    expect(few.cells.length).toBeLessThan((product.cells.length * 2) / 3);
    expect(few.omitted).toBe(product.cells.length - few.cells.length);
    expect(few.pruned).toEqual(product.pruned);
  });

  it('pairwise takes a machine apart: what it shares with others is shown with them, and each is there', () => {
    const { vtdStrict, vtdLazy, vtdSecondStage, vtdSecondStageLazy, vtdFirstStage, vtdFirstStageLazy } = machines;
    const block = suiteOf({
      machines: [vtdStrict, vtdLazy, vtdSecondStage, vtdSecondStageLazy, vtdFirstStage, vtdFirstStageLazy],
      topologies: [switched],
      workloads: [fioVerify, crosscheck, filesystem, p2pFar],
    });
    const product = expand(block, 1);
    const few = expand({ ...block, blocks: block.blocks.map((part) => ({ ...part, cover: 'pairwise' as const })) }, 1);
    const shown = (cells: typeof product.cells) =>
      new Set(
        cells.flatMap(({ machine, workload }) => [
          machine.id,
          ...traitsOf(machine).map((it) => `${it} ${workload.id}`),
        ]),
      );
    expect(shown(few.cells)).toEqual(shown(product.cells));
    // Three ways to translate with each workload, where the machines would be six.
    expect(few.cells.length).toBeLessThan(product.cells.length * 0.7);
  });

  it('each shows every part that the product shows, in little more cells than the longest list has', () => {
    const parts = {
      machines: [machines.noIommu, machines.vtdStrict, machines.vtdLazy],
      topologies: [switched],
      workloads: [fioVerify, crosscheck],
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'] as Block['backends'],
    };
    const partsOf = (cells: ReturnType<typeof expand>['cells']) =>
      new Set(cells.flatMap(({ machine, workload, backend }) => [machine.id, workload.id, backend]));
    const few = expand(suiteOf({ ...parts, cover: 'each' }), 1).cells;
    expect(partsOf(few)).toEqual(partsOf(expand(suiteOf(parts), 1).cells));
    expect(few.length).toBeGreaterThanOrEqual(5);
    expect(few.length).toBeLessThanOrEqual(7);
  });

  it('a cell that one block leaves out is there when another names it', () => {
    const [block] = suiteOf({ workloads: [fioVerify, crosscheck], backends: ['sg', 'iter', 'phyr8'] }).blocks;
    const suite = { ...suiteOf({}), blocks: [{ ...block, cover: 'pairwise' } as Block, block as Block] };
    const plan = expand(suite, 1);
    expect(plan.cells.length).toBe(6);
    expect(plan.omitted).toBe(0);
  });

  it('refuses two different cells of one name', () => {
    const other = { ...machines.noIommu, memoryMiB: 1024 };
    expect(() => expand(suiteOf({ machines: [machines.noIommu, other] }), 1)).toThrow(/would be called/);
  });

  it('prunes costs on the wall clock and I/O under icount', () => {
    const { cells, pruned } = expand(
      suiteOf({ machines: [machines.noIommu, machines.vtdStrictCounting], workloads: [fioVerify, mapCost] }),
      1,
    );
    expect(cells.map(({ id }) => id)).toEqual([
      'no-iommu/switch/fio-verify/phyr8',
      'vtd-strict-icount/switch/map-cost/phyr8',
    ]);
    expect(pruned.map(({ id }) => id)).toEqual([
      'no-iommu/switch/map-cost/phyr8',
      'vtd-strict-icount/switch/fio-verify/phyr8',
    ]);
  });

  it('derives what a P2P cell must do', () => {
    const workloads = [p2pNear, p2pFar];
    const on = (machine: Block['machines'][number]) => expand(suiteOf({ machines: [machine], workloads }), 1);
    expect(on(machines.noIommu).cells.map(({ expect }) => expect.kind)).toEqual(['works', 'refused']);
    expect(on({ ...machines.noIommu, hostBridgeP2p: true }).cells.map(({ expect }) => expect.kind)).toEqual([
      'works',
      'works',
    ]);
    const translated = on(machines.vtdStrict).cells;
    expect(translated.map(({ expect }) => expect.kind)).toEqual(['not-modelled', 'refused']);
    // It is in the plan, and needs no guest.
    expect(groupIntoBoots(translated).flatMap(({ cells }) => cells.map(({ id }) => id))).toEqual([
      'vtd-strict/switch/p2p-far/phyr8',
    ]);
  });

  it("derives by which way data gets to the machine's own memory", () => {
    const how = (machine: Partial<Block['machines'][number]>) =>
      expand(suiteOf({ machines: [{ ...machines.noIommu, ...machine }] }), 1).cells[0]?.expect;
    expect(how({})).toEqual({ kind: 'works', how: 'direct' });
    expect(how(machines.vtdPassthrough)).toEqual({ kind: 'works', how: 'direct' });
    expect(how(machines.vtdLazy)).toEqual({ kind: 'works', how: 'iova' });
    expect(how({ bounce: 'force' })).toEqual({ kind: 'works', how: 'bounce' });
    expect(how({ dmaBits: 32 })).toEqual({ kind: 'works', how: 'direct' });
    expect(how({ dmaBits: 32, memoryMiB: 6144 })).toEqual({ kind: 'works', how: 'bounce' });
    expect(how({ dmaBits: 32, memoryMiB: 6144, iommu: { kind: 'intel', domain: 'strict' } })).toEqual({
      kind: 'works',
      how: 'iova',
    });
  });

  it('unplugs what can be taken out by itself', () => {
    const why = (topology: Block['topologies'][number], machine = machines.noIommu) =>
      expand(suiteOf({ machines: [machine], topologies: [topology], workloads: [hotUnplug] }), 1).pruned[0]?.reason;
    const dut = { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64, blockSize: 512 } as const;
    expect(why(switched)).toBeUndefined();
    expect(why(twoFunctions)).toMatch(/function of a card/);
    expect(why({ id: 'flat', root: [dut] })).toMatch(/root bus/);
    expect(why(switched, machines.vtdRuntimeIdentity)).toMatch(/in a new IOMMU group/);
  });

  it('takes the dut by its role, whatever it is called, and only one', () => {
    const nvme = (id: string) => ({ kind: 'nvme', id, role: 'dut', sizeMiB: 64, blockSize: 512 }) as const;
    const on = (...ids: string[]) => expand(suiteOf({ topologies: [{ id: 't', root: ids.map(nvme) }] }), 1);
    expect(on('disk0').cells.length).toBe(1);
    expect(on('a', 'b').pruned[0]?.reason).toMatch(/2 NVMes/);
  });

  it('a plant needs the names of those who must catch it', () => {
    expect(() => expand(suiteOf({ plant: 'short-map' }), 1)).toThrow(UsageError);
    const { cells } = expand(suiteOf({ plant: 'short-map', caughtBy: ['data'] }), 1);
    expect(cells[0]).toMatchObject({
      id: 'no-iommu/switch/fio-verify/phyr8!short-map',
      expect: { kind: 'caught', by: ['data'] },
    });
  });

  it('gives a cell the same seed whatever else runs', () => {
    const alone = expand(suiteOf({}), 7).cells[0];
    const among = expand(suites[0] as Suite, 7).cells.find(({ id }) => id === alone?.id);
    expect(among?.seed).toBe(alone?.seed);
    expect(cellSeed(8, alone?.id ?? '')).not.toBe(alone?.seed);
  });
});

describe('select', () => {
  it('takes suites, parts of ids and globs, each cell once', () => {
    const ids = (...words: string[]) => select(suites, words, 1).cells.map(({ id }) => id);
    expect(ids('smoke', 'smoke')).toEqual(ids('smoke'));
    expect(ids('no-iommu/switch/crosscheck/sg')).toEqual(['no-iommu/switch/crosscheck/sg']);
    expect(ids('vtd-strict/*/crosscheck/*').every((id) => /^vtd-strict\/.*\/crosscheck\//.test(id))).toBe(true);
  });

  it('means by a pattern the cells of all suites, whether or not one leaves them out', () => {
    const all = new Set(suites.flatMap((suite) => expand(suite, 1).cells.map(({ id }) => id)));
    const ids = select(suites, ['vtd-strict'], 1).cells.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...all].filter((id) => id.includes('vtd-strict') && !ids.includes(id))).toEqual([]);
    expect(select(suites, ['*'], 1).cells.length).toBeGreaterThanOrEqual(all.size);
    const sparse = suiteOf({ workloads: [fioVerify, crosscheck], backends: ['sg', 'iter'], cover: 'each' });
    expect(expand(sparse, 1).omitted).toBeGreaterThan(0);
    expect(select([sparse], ['switch'], 1).cells.length).toBe(4);
  });

  it('means the same when one cell is to be shown', () => {
    const { cells } = select(suites, ['vtd-strict/*/crosscheck/*'], 1);
    expect(() => findCell(suites, 'vtd-strict/*/crosscheck/*')).toThrow(`matches ${cells.length} cells`);
  });

  it('takes the id of a cell for that cell alone, not for those whose ids it begins', () => {
    const id = 'vtd-strict/switch/fio-verify/phyr8';
    expect(select(suites, [id], 1).cells.map((cell) => cell.id)).toEqual([id]);
    expect(select(suites, ['fio-verify/phyr8'], 1).cells.length).toBeGreaterThan(3);
  });

  it('names the near ones of an unknown word', () => {
    expect(() => select(suites, ['smok'], 1)).toThrow(UsageError);
    try {
      select(suites, ['vtd-strct'], 1);
    } catch (error) {
      expect((error as UsageError).hint).toContain('vtd-strict');
    }
  });

  it('refuses an empty word, and one id for two different cells', () => {
    expect(() => select(suites, [''], 1)).toThrow(UsageError);
    const other = suiteOf({ machines: [{ ...machines.noIommu, memoryMiB: 1024 }] });
    expect(() => select([...suites, other], ['smoke', 'test'], 1)).toThrow(/different cells called/);
  });

  it('says why when a pattern matches only what cannot run', () => {
    expect(() => select(suites, ['no-iommu/switch/map-cost/iter'], 1)).toThrow(/cannot run.*icount/);
  });
});

describe('ci', () => {
  const ci = expand(suites.find(({ id }) => id === 'ci') as Suite, 1).cells;
  const MODES = [
    machines.vtdStrict,
    machines.vtdLazy,
    machines.vtdPassthrough,
    machines.vtdCaching,
    machines.vtdSecondStage,
    machines.vtdFirstStage,
    machines.vtdFirstStagePassthrough,
    machines.virtioStrict,
    machines.virtioLazy,
    machines.amdStrict,
    machines.amdPassthrough,
  ].map(({ id }) => id);

  // Machines by another name have what a consumer needs besides.
  const modeOf = (machine: { id: string }) => machine.id.replace(/^pmem-|-share$/, '');

  it.each(['dmabuf', 'register', 'vfio', 'pmem', 'lifetime'])(
    'has %s in every mode of the IOMMU, as its suite has',
    (id) => {
      const whole = expand(suites.find((suite) => suite.id === id) as Suite, 1).cells.filter(
        ({ plant, machine }) => plant === undefined && MODES.includes(modeOf(machine)),
      );
      const alsoOthers = new Set(matrix.workloads);
      const theirs = new Set(whole.flatMap(({ workload }) => (alsoOthers.has(workload) ? [] : [workload.id])));
      const modes = (cells: Cell[]) =>
        new Set(cells.filter(({ workload }) => theirs.has(workload.id)).map(({ machine }) => modeOf(machine)));
      const shown = modes(ci.filter(({ plant, expect }) => plant === undefined && expect.kind !== 'not-modelled'));
      expect([...modes(whole)].sort()).toEqual(MODES.toSorted());
      expect([...shown].filter((mode) => MODES.includes(mode)).sort()).toEqual(MODES.toSorted());
    },
  );
});

describe('boots', () => {
  it('are shared by machine and topology, not with planted defects', () => {
    const { cells } = expand(suites[0] as Suite, 1);
    const boots = groupIntoBoots(cells);
    expect(boots.flatMap((boot) => boot.cells).length).toBe(cells.length);
    const planted = boots.filter((boot) => boot.cells.some((cell) => cell.plant !== undefined));
    expect(planted.map((boot) => boot.cells.length)).toEqual([1]);
    for (const boot of boots) expect(new Set(boot.cells.map((cell) => cell.machine.id)).size).toBe(1);
  });
});

describe('the states of guests that are kept', () => {
  const kept = (id: string, accelerator: 'kvm' | 'tcg') => {
    const boots = groupIntoBoots(expand(suites.find((one) => one.id === id) as Suite, 1).cells);
    const guests = (some: typeof boots) =>
      new Set(some.map(({ cells: [cell] }) => `${cell?.machine.id}/${cell?.topology.id}`));
    const canSave = ({ machine, topology }: Cell) => stateLost(machine, topology) === undefined;
    return {
      boots: boots.length,
      all: guests(boots.filter(({ cells }) => cells.every(canSave))).size,
      guests: guests(boots.filter(snapshotsToSave(boots, accelerator, canSave))),
    };
  };

  it("are all of ci's under emulation, where a guest boots for long, and not all of a night's", () => {
    const [ci, nightly] = [kept('ci', 'tcg'), kept('nightly', 'tcg')];
    expect(ci.guests.size).toBe(ci.all);
    expect(nightly.guests.size).toBeLessThan(nightly.all / 2);
  });

  it('are all those of a few guests, and in a matrix those that boot more than once', () => {
    expect(kept('smoke', 'kvm').guests.size).toBe(3);
    const ci = kept('ci', 'kvm');
    expect(ci.guests).toContain('vtd-strict/switch');
    expect(ci.guests).not.toContain('amd-pt/fabric');
    expect(ci.guests.size).toBeLessThan(ci.boots / 8);
  });
});
