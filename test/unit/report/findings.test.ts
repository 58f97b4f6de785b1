import { describe, expect, it } from 'vitest';
import { knownDefects } from '../../../harness/findings.js';
import { narrowNoIommu, noIommu, vtdStrictP2p } from '../../../harness/machines.js';
import { acsDirect, switched } from '../../../harness/topologies.js';
import { p2pFar, p2pNear } from '../../../harness/workloads.js';
import type { CellRecord, Finding } from '../../../src/model/index.js';
import { expand, withKnown } from '../../../src/plan/index.js';
import { findingLines, findingsOf } from '../../../src/report/index.js';
import type { Block, Cell } from '../../../src/workloads/index.js';
import { cellRecord, someRun } from '../run-result.js';

function planned(block: Omit<Block, 'cover'>): Cell[] {
  return withKnown(expand({ id: 'x', describe: '', blocks: [block] }, 1), knownDefects).cells;
}

const knownIn = (cells: Cell[]) => cells.map(({ id, known = [] }) => [id, ...known.map((one) => one.id)].join(' '));

describe('known defects', () => {
  it('are due in the cells in which the rules say that they show', () => {
    const backends: Cell['backend'][] = ['sg', 'iter', 'phyr8'];
    expect(
      knownIn(planned({ machines: [vtdStrictP2p, noIommu], topologies: [switched], workloads: [p2pFar], backends })),
    ).toEqual([
      'vtd-strict-p2p/switch/p2p-far/sg sg-p2p-no-mmio',
      'vtd-strict-p2p/switch/p2p-far/iter',
      'vtd-strict-p2p/switch/p2p-far/phyr8',
      'no-iommu/switch/p2p-far/sg',
      'no-iommu/switch/p2p-far/iter',
      'no-iommu/switch/p2p-far/phyr8',
    ]);
    expect(
      knownIn(planned({ machines: [narrowNoIommu, noIommu], topologies: [acsDirect], workloads: [p2pNear], backends })),
    ).toEqual([
      'narrow/acs-direct/p2p-near/sg p2p-bus-beyond-mask',
      'narrow/acs-direct/p2p-near/iter p2p-bus-beyond-mask',
      'narrow/acs-direct/p2p-near/phyr8',
      'no-iommu/acs-direct/p2p-near/sg',
      'no-iommu/acs-direct/p2p-near/iter',
      'no-iommu/acs-direct/p2p-near/phyr8',
    ]);
  });
});

describe('the findings of a run', () => {
  const cells = planned({
    machines: [vtdStrictP2p],
    topologies: [switched],
    workloads: [p2pFar, { id: 'p2p-more', kind: 'p2p-copy', peer: 'far', sizeKiB: 2048 }],
    backends: ['sg'],
  });
  const declared = new Map(cells.map((cell) => [cell.id, cell]));
  const record = (id: string, more: Partial<CellRecord>) => cellRecord({ id, repro: `again ${id}`, ...more });
  const [small, large] = ['vtd-strict-p2p/switch/p2p-far/sg', 'vtd-strict-p2p/switch/p2p-more/sg'];

  it('take the cell of the fewest ranges, though it has as much I/O and took longer', () => {
    const shared = planned({
      machines: [vtdStrictP2p],
      topologies: [switched],
      workloads: (['mixed', 'touching'] as const).map((ranges) => ({
        id: `lent-${ranges}`,
        kind: 'ctl-io',
        memory: 'peer-page-less',
        peer: 'far',
        via: ['dma-buf-sg'],
        ranges,
        threads: 2,
        sizeKiB: 1024,
      })),
      backends: ['phyr8'],
    });
    const findings = findingsOf({
      run: someRun,
      declared: new Map(shared.map((cell) => [cell.id, cell])),
      cells: shared.map(({ id }) =>
        record(id, {
          verdict: 'fail',
          duration_ms: id.includes('touching') ? 9000 : 10,
          findings: [{ oracle: 'workload', code: 'refused-unduly', detail: 'EADDRINUSE' }],
        }),
      ),
    });
    expect(findings.found[0]?.cells.map(({ id }) => id)).toEqual([
      'vtd-strict-p2p/switch/lent-touching/phyr8',
      'vtd-strict-p2p/switch/lent-mixed/phyr8',
    ]);
  });

  it('are one a defect, with the smallest cell that shows it', () => {
    const found = (detail: string): Finding[] => [
      { oracle: 'device', code: 'bar-mapped-as-ram', detail, known: 'sg-p2p-no-mmio' },
    ];
    const findings = findingsOf({
      run: someRun,
      declared,
      cells: [
        record(large as string, { verdict: 'xfail', findings: found('at 0x2000') }),
        record(small as string, { verdict: 'xfail', findings: found('at 0x1000') }),
      ],
    });
    expect(findings.found).toMatchObject([{ what: 'at 0x1000', cells: [{ id: small }, { id: large }] }]);
    const text = findingLines(findings).join('\n');
    expect(text).toMatch(/known: sg-p2p-no-mmio .*\n.*seen on 7\.3\.4\+deb13-cloud-amd64 by device: at 0x1000/);
    expect(text).toContain(`reproduce: again ${small}`);
  });

  it('name what is new before what is known, and what is gone', () => {
    const news: Finding[] = [{ oracle: 'data', code: 'data-mismatch', detail: 'target of nvme: byte 0x10 differs' }];
    const findings = findingsOf({
      run: someRun,
      declared,
      cells: [
        record(small as string, { verdict: 'fail', findings: news }),
        record(large as string, { verdict: 'inconclusive' }),
      ],
    });
    expect(findingLines(findings).slice(1)).toEqual([
      expect.stringMatching(/^ {2}NEW {2}target of nvme/),
      expect.stringMatching(/seen on/),
      `    in 1 cell: ${small}`,
      `    reproduce: again ${small}`,
      expect.stringMatching(/^ {2}GONE: sg-p2p-no-mmio {2}did not show in vtd-strict-p2p\/switch\/p2p-far\/sg:/),
    ]);
  });

  it('are nothing where nothing was found', () => {
    expect(findingLines(findingsOf({ run: someRun, declared, cells: [] }))).toEqual([]);
  });
});
