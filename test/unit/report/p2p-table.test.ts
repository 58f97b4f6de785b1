import { describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import type { CellRecord, Verdict } from '../../../src/model/index.js';
import { expand } from '../../../src/plan/index.js';
import { p2pTable } from '../../../src/report/index.js';
import { type Cell, partsOf } from '../../../src/workloads/index.js';

const cellsOf = (id: string) =>
  expand(suites.find((suite) => suite.id === id) ?? { id, describe: '', blocks: [] }, 1).cells;

function records(cells: readonly Cell[], verdictOf: (cell: Cell) => Verdict): CellRecord[] {
  return cells.map((cell) => ({
    ...partsOf(cell),
    verdict: cell.expect.kind === 'not-modelled' ? 'skip' : verdictOf(cell),
    reason: '',
    oracles: [],
    metrics: [],
    duration_ms: 0,
    repro: '',
  }));
}

describe('the table of peer-to-peer DMA', () => {
  it('is that of the facts about QEMU, when all of the suite p2p passes', () => {
    const cells = cellsOf('p2p');
    expect(
      p2pTable(
        cells,
        records(cells, () => 'pass'),
      ),
    ).toMatchInlineSnapshot(`
      [
        "peer-to-peer between                                      host bridge  no IOMMU            passthrough         identity at run time  strict",
        "a root port and the root bus                              not trusted  refused             refused             refused               refused",
        "a root port and the root bus                              trusted      works, host bridge  works, host bridge  works, host bridge    works, IOVA",
        "ACS switch, redirect off                                  not trusted  works, bus address  works, bus address  works, bus address    not modelled",
        "ACS switch, redirect off                                  trusted      works, bus address  works, bus address  works, bus address    not modelled",
        "ACS switch, redirect on                                   not trusted  works, bus address  refused             refused               refused",
        "ACS switch, redirect on                                   trusted      works, bus address  works, host bridge  works, host bridge    works, IOVA",
        "both on the root bus                                      not trusted  refused             refused             refused               refused",
        "both on the root bus                                      trusted      works, host bridge  works, host bridge  works, host bridge    works, IOVA",
        "functions of a device below a port with ACS, redirect on  not trusted  works, bus address  refused             refused               refused",
        "functions of a device below a port with ACS, redirect on  trusted      works, bus address  works, host bridge  works, host bridge    works, IOVA",
        "functions of a device below a switch without ACS          not trusted  works, bus address  works, bus address  works, bus address    not modelled",
        "functions of a device below a switch without ACS          trusted      works, bus address  works, bus address  works, bus address    not modelled",
        "functions of a device on the root bus                     not trusted  refused             refused             refused               refused",
        "functions of a device on the root bus                     trusted      works, host bridge  works, host bridge  works, host bridge    works, IOVA",
        "switch without ACS                                        not trusted  works, bus address  works, bus address  works, bus address    not modelled",
        "switch without ACS                                        trusted      works, bus address  works, bus address  works, bus address    not modelled",
        "two host bridges                                          not trusted  refused             refused             refused               refused",
        "two host bridges                                          trusted      works, host bridge  works, host bridge  works, host bridge    works, IOVA",
        "two root ports                                            not trusted  refused             refused             refused               refused",
        "two root ports                                            trusted      works, host bridge  works, host bridge  works, host bridge    works, IOVA",
      ]
    `);
  });

  it('says nothing to be true that did not pass', () => {
    const cells = cellsOf('p2p').filter(({ topology }) => topology.id === 'acs');
    const table = p2pTable(
      cells,
      records(cells, ({ machine, workload }) => {
        if (workload.id !== 'p2p-near') return 'pass';
        return machine.id === 'vtd-pt-p2p' ? 'fail' : machine.id === 'vtd-strict' ? 'inconclusive' : 'pass';
      }),
    ).join('\n');
    expect(table).toContain('FAIL: 1 of 1, expected: works, host bridge');
    expect(table).toContain('inconclusive: 1 of 1, expected: refused');
    expect(p2pTable(cells, []).join('\n')).toContain('lost: 1 of 1');
  });

  it('is for runs that compare machines', () => {
    const cells = cellsOf('smoke');
    expect(p2pTable(cells, [])).toEqual([]);
  });
});
