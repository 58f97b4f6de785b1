/** What an oracle says is for people: whatever its words, what phyrlab makes of it is the same. */
import { describe, expect, it } from 'vitest';
import { knownDefects } from '../../../harness/findings.js';
import {
  type CellRecord,
  type Expectation,
  exitCodeOf,
  type KnownDefect,
  type OracleReport,
  quotesOthers,
  UnjudgedCode,
  whyUnfinished,
} from '../../../src/model/index.js';
import {
  type Counters,
  findingsIn,
  fromConsole,
  judge,
  judgeDevice,
  judgeEngine,
  judgeFaults,
  judgeKernelLog,
  judgeLeaks,
  judgeTranslate,
  judgeWatch,
  withoutTime,
} from '../../../src/oracle/index.js';
import { Prot } from '../../../src/oracle/story.js';
import { causesOf } from '../../../src/report/html/causes.js';
import { findingsOf } from '../../../src/report/index.js';
import { failed, otherOutcome } from '../../../src/workloads/shared/result.js';
import { cellRecord, someRun } from '../run-result.js';
import { PAGE, Scene } from './device-scene.js';

/** With all that is told in words told in others. */
function reworded<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (key, one: unknown) =>
    key === 'detail' || key === 'reason' ? 'x' : one,
  ) as T;
}

const WARNING = [
  '------------[ cut here ]------------',
  'WARNING: drivers/iommu/generic_pt/fmt/../iommu_pt.h:933 at vtdss_map_range+0x680/0xae0, CPU#1: iospace/84',
  'Call Trace:',
  ' iommufd_vfio_ioctl+0x5d3/0x9a0',
  '---[ end trace 0000000000000000 ]---',
];
const LEAK = [
  'kmemleak: unreferenced object 0xffff888004b3c2a0 (size 32):',
  'kmemleak:   backtrace (crc 1):',
  'kmemleak:     sg_alloc_table+0x41/0x60',
  'kmemleak:     dma_buf_phys_vec_to_sgt+0x41/0x60',
];
const known: KnownDefect[] = knownDefects.map(({ cells: _, ...defect }) => defect);
const log = (...lines: string[]) =>
  judgeKernelLog(
    { before: [], cell: fromConsole(lines), lost: 0 },
    { before: 0, after: lines === WARNING ? 512 : 0 },
    { known: known.filter(({ oracle }) => oracle === 'kernel-log') },
  );

const counters = (pins: number): Counters => ({
  counters: {
    pins: { acquired: pins, released: 0 },
    swiotlb_used: null,
    iommu: {
      map_events: 1,
      map_bytes: 0,
      unmap_events: 1,
      unmap_bytes: 0,
      iova_alloc_events: null,
      iova_free_events: null,
    },
    tainted: 0,
    slab: { phyr_node: pins },
    allocations: { objects: 0, bytes: 0, sites: [] },
    vmalloc: 0,
    dma_bufs: null,
    modules: { phyr: 1 },
  },
});

function toPeer(bits: number): OracleReport {
  const scene = new Scene()
    .map(0x1000, 0xa000, Prot.write)
    .submit(7, [{ phys: 0xa000, len: PAGE, mmio: true }])
    .fetch(7, [[0x1000, PAGE]])
    .translate(0x1000, 0xa000)
    .complete(7);
  return judgeDevice(scene.evidence({ peersBy: 'kernel', dmaBits: bits })).report;
}

const works: Expectation = { kind: 'works', how: 'iova' };
const machine = { id: 'm', arch: 'x86_64', iommu: { kind: 'intel', domain: 'strict' } } as Parameters<
  typeof judgeEngine
>[0];
const engine = judgeEngine(machine, {
  device: 'edu',
  case: 'mapped',
  path: 'phyr8',
  outcome: 'wrong',
  addr: 0,
  write: true,
  window_us: 0,
  uses: 0,
});
const first = { iova: '0x1', want: '0x2', got: '0x3' };
const stale = judgeTranslate([
  {
    pages: 1,
    translate: {
      backend: 'phyr8',
      by: 'dma',
      shape: 'array',
      checked: 1,
      wrong: 0,
      missing: 0,
      stale: 1,
      prot_checked: 1,
      prot_wrong: 0,
      first,
    },
  },
]);

/** As the oracles make them. */
const REPORTS: Record<string, OracleReport> = {
  warned: log('WARNING: a.c:1 at f+0x1/0x2, CPU#0: fio/1'),
  'warned elsewhere': log('WARNING: b.c:2 at g+0x1/0x2, CPU#3: fio/77'),
  'warned there again': log('WARNING: a.c:1 at f+0x1/0x2, CPU#2: kworker/u9:2/44'),
  kasan: log('BUG: KASAN: slab-use-after-free in phyr_map'),
  late: log('nvme nvme0: I/O tag 3 QID 1 timeout, aborting'),
  'known warning': log(...WARNING),
  'known leak': log(...LEAK),
  leaks: judgeLeaks({ before: counters(0), after: counters(3), translated: true }),
  faults: judgeFaults({ enabled: true, lines: ['vtd_dmar_fault sid 0x300 addr 0xfffff000 write 1'], truncated: false }),
  untraced: judgeFaults({ enabled: false, lines: [], truncated: false }),
  unwatched: judgeWatch(undefined, works, 0),
  stale,
  'a BAR as RAM': toPeer(64),
  'beyond the mask': toPeer(12),
  engine: failed(engine as NonNullable<typeof engine>),
  refused: failed(otherOutcome('dma-buf-sg write: EADDRINUSE', 'EADDRINUSE', undefined, { via: 'dma-buf-sg' })),
};

const EXPECTED: Expectation[] = [
  works,
  { kind: 'caught', by: ['kernel-log'] },
  { kind: 'caught', by: ['log-kasan'] },
  { kind: 'caught', by: ['leaks', 'slab-grew'] },
  { kind: 'caught', by: ['translates-after-unmap'] },
];

describe('whatever the words', () => {
  it.each(Object.entries(REPORTS))('the verdict is the same: %s', (_, report) => {
    const other = reworded(report);
    expect(other.detail).toBe('x');
    for (const expected of EXPECTED)
      for (const each of [[], known]) {
        const verdictOf = (one: OracleReport) => judge(expected, [one], each).verdict;
        expect(verdictOf(other)).toBe(verdictOf(report));
        const late = (one: OracleReport) => judge(expected, withoutTime([one], 'k'), each).verdict;
        expect(late(other)).toBe(late(report));
      }
    const findings = (one: OracleReport) => findingsIn([one], known).map((each) => each.known);
    expect(findings(other)).toEqual(findings(report));
  });

  it('known defects are known', () => {
    const of = (name: string) => findingsIn([REPORTS[name] as OracleReport], known).map((each) => each.known);
    expect(of('known warning')).toEqual(['vfio-compat-no-access']);
    expect(of('known leak')).toEqual(['dma-buf-sgt-leak']);
    expect(of('a BAR as RAM')).toEqual(['sg-p2p-no-mmio']);
    expect(of('beyond the mask').sort()).toEqual(['p2p-bus-beyond-mask', 'sg-p2p-no-mmio']);
  });

  it('causes, findings and the exit code are the same', () => {
    const cells = Object.values(REPORTS).map((report, i): CellRecord => {
      const findings = findingsIn([report], known);
      const record = cellRecord({ id: `m/t/w${i}/phyr8`, ...judge(works, [report]), oracles: [report] });
      return findings.length > 0 ? { ...record, findings } : record;
    });
    const others = reworded(cells);
    const grouped = (records: CellRecord[]) => causesOf(records).map(({ oracle, cells: ids }) => [oracle, ids]);
    expect(grouped(others)).toEqual(grouped(cells));
    expect(grouped(cells)).toContainEqual(['kernel-log', ['m/t/w0/phyr8', 'm/t/w2/phyr8']]);
    const found = (records: CellRecord[]) =>
      findingsOf({ run: someRun, cells: records, declared: new Map() }).found.map((one) => one.cells.length);
    expect(found(others)).toEqual(found(cells));
    const exit = (records: CellRecord[]) => exitCodeOf(records.map(({ verdict }) => verdict));
    expect(exit(others)).toBe(exit(cells));
  });

  it('what was lost has the same cause, and is to be run again or not', () => {
    const cells = UnjudgedCode.options
      .filter((code) => !quotesOthers(code))
      .flatMap((code) =>
        ['a', 'b'].map((backend) => {
          const verdict = code === 'could-not-look' ? 'inconclusive' : 'lost';
          return cellRecord({
            id: `m/t/${code}/${backend}`,
            verdict,
            code,
            reason: `${backend} says why`,
            oracles: [],
          });
        }),
      );
    const others = reworded(cells);
    const grouped = (records: CellRecord[]) => causesOf(records).map((cause) => cause.cells);
    expect(grouped(others)).toEqual(grouped(cells));
    expect(grouped(cells)).toContainEqual(['m/t/shard-died/a', 'm/t/shard-died/b']);
    const unfinished = (records: CellRecord[]) =>
      records.filter((record) => whyUnfinished(record) !== undefined).map(({ workload }) => workload);
    expect(unfinished(others)).toEqual(unfinished(cells));
    expect(new Set(unfinished(cells))).toEqual(new Set(['interrupted', 'time-limit', 'fail-fast']));
  });
});
