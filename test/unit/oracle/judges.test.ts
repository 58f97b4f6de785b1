import { describe, expect, it } from 'vitest';
import { knownDefects } from '../../../harness/findings.js';
import type { KnownDefect, OracleReport } from '../../../src/model/index.js';
import { Path } from '../../../src/model/index.js';
import {
  bothLives,
  foldFaults,
  judge,
  judgeFaults,
  judgeKernelLog,
  judgeLeaks,
  judgeTranslate,
  judgeWatch,
  knownOn,
  logWindow,
  otherBackend,
  type Snapshot,
  splats,
  structureCounts,
  type Translate,
  type Watch,
} from '../../../src/oracle/index.js';

const report = (name: OracleReport['name'], verdict: OracleReport['verdict']): OracleReport => ({
  name,
  verdict,
  detail: 'd',
});

describe('the verdict', () => {
  const works = { kind: 'works', how: 'iova' } as const;
  const caught = { kind: 'caught', by: ['faults', 'data'] } as const;

  it('fails over doubt, doubts over pass, and doubts when nobody looked', () => {
    expect(judge(works, [report('data', 'pass'), report('faults', 'pass')])).toEqual({ verdict: 'pass', reason: '' });
    expect(judge(works, [report('data', 'inconclusive'), report('faults', 'fail')]).verdict).toBe('fail');
    expect(judge(works, [report('data', 'inconclusive'), report('faults', 'pass')]).verdict).toBe('inconclusive');
    expect(judge(works, []).verdict).toBe('inconclusive');
  });

  it('of an alarm is pass only if all named oracles rang', () => {
    const by = [...caught.by];
    const alarm = (reports: OracleReport[]) => judge({ kind: 'caught', by }, reports).verdict;
    expect(alarm([report('faults', 'fail'), report('data', 'fail')])).toBe('pass');
    expect(alarm([report('faults', 'fail'), report('data', 'pass')])).toBe('fail');
    expect(alarm([report('faults', 'pass'), report('data', 'pass')])).toBe('fail');
    expect(alarm([report('faults', 'fail'), report('data', 'inconclusive')])).toBe('inconclusive');
    expect(alarm([])).toBe('inconclusive');
  });
});

describe("findings in the kernel's own path", () => {
  const works = { kind: 'works', how: 'iova' } as const;
  const known: KnownDefect = {
    id: 'no-mmio',
    what: 'maps BARs as RAM',
    oracle: 'device',
    pattern: 'as if it were RAM',
    kernels: ['7.2.*', '7.3.*'],
    reason: 'the source',
  };
  const ours = report('data', 'pass');
  const kernel = (what: string): OracleReport => ({ ...report('device', 'pass'), kernel: [what] });

  it('fail a cell, since nobody has recorded them', () => {
    expect(judge(works, [ours, kernel('wrong data')])).toMatchObject({
      verdict: 'fail',
      reason: "finding, the kernel's own path: device: wrong data",
    });
    expect(judge(works, [ours, kernel('wrong data')], [known]).verdict).toBe('fail');
  });

  it('are expected where they are known, and missed where they do not show', () => {
    expect(judge(works, [ours, kernel('a BAR as if it were RAM')], [known])).toEqual({
      verdict: 'xfail',
      reason: 'known defect no-mmio: maps BARs as RAM',
    });
    const mended = judge(works, [ours, report('device', 'pass')], [known]);
    expect(mended.verdict).toBe('fail');
    expect(mended.reason).toMatch(/the known defect no-mmio does not show/);
  });

  it('excuse nothing of what is under test, and no blindness', () => {
    const found = kernel('a BAR as if it were RAM');
    expect(judge(works, [report('data', 'fail'), found], [known]).verdict).toBe('fail');
    expect(judge(works, [report('data', 'inconclusive'), found], [known]).verdict).toBe('inconclusive');
    expect(judge(works, [report('device', 'inconclusive')], [known]).verdict).toBe('inconclusive');
    // By another oracle it is another defect.
    expect(judge(works, [{ ...found, name: 'data' }], [known]).verdict).toBe('fail');
  });

  it('are due on the kernels that are claimed', () => {
    expect(knownOn('7.3.4+deb13-cloud-amd64', { known: [known] })).toEqual([known]);
    expect(knownOn('7.4.0', { known: [known] })).toEqual([]);
    expect(knownOn('17.3.1', { known: [known] })).toEqual([]);
  });

  const patternOf = (defect: string) => knownDefects.find(({ id }) => id === defect)?.pattern as RegExp;

  it('of leaks are told by the trace of the allocation, each by its own', () => {
    const leak = (...by: string[]) => [
      'kmemleak: unreferenced object 0xffff888004b3c2a0 (size 32):',
      'kmemleak:   backtrace (crc 1):',
      ...by.map((one) => `kmemleak:     ${one}+0x41/0x60`),
    ];
    const theirs = leak('__sg_alloc_table', 'sg_alloc_table', 'dma_buf_phys_vec_to_sgt');
    const judgeLog = (lines: string[]) =>
      judgeKernelLog({ lines }, { before: 0, after: 0 }, { known: [patternOf('dma-buf-sgt-leak')] });
    const { kernel, verdict } = judgeLog([...theirs, ...theirs]);
    expect([verdict, kernel]).toEqual(['pass', ['sg_alloc_table+0x41/0x60 ... dma_buf_phys_vec_to_sgt']]);
    expect(kernel?.[0]).toMatch(patternOf('dma-buf-sgt-leak'));
    const counted = (count: number) => [
      `kmemleak: ${count} new suspected memory leaks (see /sys/kernel/debug/kmemleak)`,
      ...theirs,
      ...theirs,
    ];
    expect(judgeLog(counted(2)).verdict).toBe('pass');
    // One that is not in the log may be anybody's.
    expect(judgeLog(counted(3)).verdict).toBe('fail');
    expect(judgeLog([...theirs, ...leak('phyr_list_append')])).toMatchObject({ verdict: 'fail', kernel });
    expect(judgeLog(leak('phyr_list_append')).kernel).toBeUndefined();
    // The table itself is freed by its exporter, or not.
    expect(judgeLog(leak('dma_buf_phys_vec_to_sgt', 'store_map')).verdict).toBe('fail');
  });

  it('that are warnings are told by their place and by whose call it was, from cut to end', () => {
    const warning = (caller: string, at = 'vtdss_map_range') => [
      '[   33.984224] ------------[ cut here ]------------',
      `[   33.984377] WARNING: drivers/iommu/generic_pt/fmt/../iommu_pt.h:933 at ${at}+0x680/0xae0, CPU#1: iospace/84`,
      '[   34.024598] Call Trace:',
      '[   34.027766]  iommu_map+0x1b/0xb0',
      `[   34.029653]  ${caller}+0x5d3/0x9a0`,
      '[   34.032699] ---[ end trace 0000000000000000 ]---',
    ];
    const theirs = warning('iommufd_vfio_ioctl');
    const judgeLog = (lines: string[]) =>
      judgeKernelLog({ lines }, { before: 4096, after: 4608 }, { known: [patternOf('vfio-compat-no-access')] });
    const { kernel, verdict } = judgeLog([...theirs, ...theirs]);
    expect(verdict).toBe('pass');
    expect(kernel).toEqual([
      'WARNING: drivers/iommu/generic_pt/fmt/../iommu_pt.h:933 at vtdss_map_range+0x680/0xae0 ... iommufd_vfio_ioctl',
    ]);
    expect(kernel?.[0]).toMatch(patternOf('vfio-compat-no-access'));
    expect(judgeLog([...theirs, ...warning('space_map')])).toMatchObject({ verdict: 'fail', kernel });
    expect(judgeLog(warning('iommufd_vfio_ioctl', 'vtdss_unmap_range')).verdict).toBe('fail');
    // One that did not end, or that another came into, may be anything.
    expect(judgeLog(theirs.slice(0, 5)).verdict).toBe('fail');
    expect(judgeLog([...theirs.slice(0, 2), ...theirs]).verdict).toBe('fail');
    // Without the report nobody knows what tainted the kernel.
    expect(judgeLog(['quiet']).detail).toMatch(/tainted: warning/);
  });
});

it('what is worse of two lives of a cell is what counts, and is said', () => {
  const [good, bad] = [report('data', 'pass'), { ...report('data', 'fail'), detail: 'lost' }];
  expect(bothLives(good, good).detail).toBe('d; after the power cycle: d');
  expect(bothLives(good, bad)).toEqual({ name: 'data', verdict: 'fail', detail: 'after the power cycle: lost' });
  expect(bothLives(bad, report('data', 'inconclusive'))).toMatchObject({ verdict: 'fail', detail: 'lost' });
  expect(bothLives({ ...good, kernel: ['a'] }, { ...good, kernel: ['b'] }).kernel).toEqual(['a', 'b']);
});

describe('the fault oracle', () => {
  const fault = 'vtd_dmar_fault sid 0x300 fault 5 addr 0xfffff000 write 1';

  it('passes silence only when QEMU was tracing', () => {
    expect(judgeFaults({ enabled: true, lines: [], truncated: false }).verdict).toBe('pass');
    expect(judgeFaults({ enabled: false, lines: [], truncated: false }).verdict).toBe('inconclusive');
    expect(judgeFaults({ enabled: false, lines: [fault], truncated: false }).verdict).toBe('fail');
  });

  it('folds a storm and keeps one line whole', () => {
    const storm = Array.from({ length: 1000 }, () => [fault, 'vtd_frr_new index 0 hi 0x8 lo 0x9']).flat();
    expect(foldFaults(storm)).toEqual([{ kind: 'vtd_dmar_fault', count: 1000, example: fault }]);
  });

  it('counts accesses to nowhere without an IOMMU', () => {
    const lines = ["Invalid write at addr 0x7F0000000, size 4, region '(null)', reason: rejected"];
    expect(judgeFaults({ enabled: true, lines, truncated: false }).detail).toContain('1 x invalid write');
  });
});

describe('the kernel-log oracle', () => {
  const sound = { before: 4096, after: 4096 + 8192 };
  const console = ['[ 1.0] phyrlab: begin-1', '[ 2.0] nvme nvme1: pci function 0000:03:00.0', '[ 3.0] phyrlab: end-1'];
  const between = (line: string) => [console[0] ?? '', line, console[2] ?? ''];

  it('looks between the marks and nowhere else', () => {
    const noise = ['[ 0.5] BUG: before', ...console, '[ 4.0] BUG: after'];
    expect(judgeKernelLog(logWindow(noise, 'begin-1', 'end-1'), sound)).toMatchObject({
      verdict: 'pass',
      detail: '1 lines, clean',
    });
  });

  it('names what a report is about, not how it begins', () => {
    const report = [
      '[ 5.1] ------------[ cut here ]------------',
      '[ 5.1] WARNING: kernel/dma/debug.c:889 at dma_debug_device_change+0x1a0/0x2c0, CPU#0: sh/90',
      '[ 5.1] DMA-API: phyr_nvme 0000:03:00.0: device driver has pending DMA allocations while released from device [count=1]',
    ];
    const lines = (count: number) => [console[0] ?? '', ...report.slice(0, count), console[2] ?? ''];
    const said = (count: number) => judgeKernelLog(logWindow(lines(count), 'begin-1', 'end-1'), sound).detail;
    expect(said(3)).toMatch(/^DMA debug: DMA-API: phyr_nvme .* \(and 2 more\)$/);
    expect(said(2)).toMatch(/^WARN: WARNING: kernel\/dma\/debug\.c/);
  });

  it('could not look without both marks', () => {
    expect(judgeKernelLog(logWindow(console.slice(1), 'begin-1', 'end-1'), sound).verdict).toBe('inconclusive');
    expect(judgeKernelLog(logWindow(console.slice(0, 2), 'begin-1', 'end-1'), sound).verdict).toBe('inconclusive');
  });

  it('passes over what the checks of DMA say of themselves', () => {
    const lines = [
      'DMA-API: preallocated 65536 debug entries',
      'DMA-API: debugging enabled by kernel config',
      'kmemleak: Kernel memory leak detector initialized (mem pool available: 35735)',
    ];
    expect(splats(lines.map((line) => `[    0.3] ${line}`))).toEqual([]);
  });

  it.each([
    '[    5.1] WARNING: CPU: 0 PID: 85 at drivers/iommu/dma-iommu.c:1234 iommu_dma_unmap+0x1',
    '[    5.1] WARNING: drivers/iommu/dma-iommu.c:842 at __iommu_dma_unmap+0x10a/0x120, CPU#0: fio/90',
    '[    5.1] BUG: KASAN: slab-use-after-free in phyr_dma_unmap+0x44/0x90',
    '[   17.613944] BUG: KASAN: slab-out-of-bounds in prov_init+0x8d/0x1000 [prov]',
    '[   18.157166] BUG: KASAN: vmalloc-out-of-bounds in prov_init+0x240/0x1000 [prov]',
    '[   17.976950] BUG: scheduling while atomic: insmod/78/0x00000002',
    '[    5.1] BUG: unable to handle page fault for address: ffffffffdeadbeef',
    '[    5.1] Oops: general protection fault, probably for non-canonical address',
    '[    5.1] DMA-API: nvme 0000:01:00.0: device driver frees DMA memory with wrong function',
    '[    5.1] WARNING: possible circular locking dependency detected',
    '[    5.1] refcount_t: underflow; use-after-free.',
    '[    5.1] BUG phyr_node (Tainted: G O): Objects remaining on __kmem_cache_shutdown()',
    '[    5.1] DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0xfffff000 [fault reason 0x05]',
    '[    5.1] INFO: task fio:99 blocked for more than 120 seconds.',
    '[    5.1] I/O error, dev phyr0, sector 8 op 0x0:(READ) flags 0x0',
    '[    5.1] nvme nvme0: I/O tag 3 (1003) opcode 0x2 QID 1 timeout, aborting req_op:READ(0) size:4096',
    '[    5.1] DMAR: ERROR: DMA PTE for vPFN 0xfffff already set (to 12345003 not 23456003)',
    '[    5.1] nvme 0000:01:00.0: swiotlb buffer is full (sz: 4096 bytes), total 32768 (slots), used 32768 (slots)',
    '[    5.1] EXT4-fs error (device phyr0): ext4_lookup:1855: inode #2: comm ls: iget: bad extra_isize',
    '[    5.1] Buffer I/O error on dev phyr0, logical block 0, lost async page write',
    '[    5.1] critical medium error, dev phyr0, sector 8 op 0x0:(READ)',
    '[    5.1] nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10',
    '[    5.1] phyr_nvme 0000:03:00.0: completion of unknown id 99 on queue 1',
    '[    5.1] phyr_nvme 0000:03:00.0: sg: pieces that PRPs cannot express: failed',
    '[    5.1] Call Trace:',
    '[    5.1] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [fio:88]',
  ])('objects to %s', (line) => {
    expect(judgeKernelLog(logWindow(between(line), 'begin-1', 'end-1'), sound).verdict).toBe('fail');
  });

  it('objects to taint that is not of loading a module, and could not look without the flags', () => {
    const window = logWindow(console, 'begin-1', 'end-1');
    expect(judgeKernelLog(window, { before: 4096, after: 4096 + 512 })).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('warning'),
    });
    expect(judgeKernelLog(window, { before: 4096 + 512, after: 4096 + 512 }).verdict).toBe('pass');
    expect(judgeKernelLog(window, { before: null, after: 4096 }).verdict).toBe('inconclusive');
  });

  it('of an alarm hears the one report that is due', () => {
    const window = (line: string) => logWindow(between(line), 'begin-1', 'end-1');
    const due = /KASAN: slab-use-after-free in make_use_after_free/;
    const rings = 'BUG: KASAN: slab-use-after-free in make_use_after_free+0x2c/0x50 [phyr_fault]';
    const tainted = { before: 4096, after: 4096 + 512 };
    expect(judgeKernelLog(window(rings), tainted, { due })).toMatchObject({
      verdict: 'fail',
      detail: `KASAN: ${rings}`,
    });
    const other = 'WARNING: possible circular locking dependency detected';
    expect(judgeKernelLog(window(other), tainted, { due }).verdict).toBe('pass');
    expect(judgeKernelLog(window(other), tainted, { expected: [/circular/] }).detail).toMatch(/tainted/);
  });

  it.each([
    '[    3.1] phyr: loading out-of-tree module taints kernel.',
    '[    3.1] phyr: module verification failed: signature and/or required key missing - tainting kernel',
    '[    3.1] nvme nvme0: 2/0/0 default/read/poll queues',
    '[    0.1] calibrate_delay_direct() failed to get a good estimate for loops_per_jiffy.',
    '[    3.1] EXT4-fs (phyr0): mounted filesystem 0e2a r/w with ordered data mode. Quota mode: none.',
    '[    3.1] phyr_peer 0000:04:00.0: 16777216 bytes of peer-to-peer memory',
    '[    3.1] phyr_nvme 0000:03:00.0: cannot be used for peer-to-peer DMA as the client and provider (0000:06:00.0) do not share',
  ])('does not object to %s', (line) => {
    expect(judgeKernelLog(logWindow(between(line), 'begin-1', 'end-1'), sound).verdict).toBe('pass');
  });
});

describe('the leak oracle', () => {
  const iommu = (events: number, bytes: number) => ({
    map_events: events,
    map_bytes: bytes,
    unmap_events: events,
    unmap_bytes: bytes,
    iova_alloc_events: events,
    iova_free_events: events,
  });
  const snapshot = (change: (s: Snapshot['snapshot']) => void = () => {}): Snapshot => {
    const s = {
      pins: { acquired: 100, released: 100 },
      swiotlb_used: 0,
      iommu: iommu(4, 4096),
      tainted: 0,
      slab: { phyr_node: 3 },
      modules: { phyr: 2, phyr_nvme: 0 },
    };
    change(s);
    return { snapshot: s };
  };

  const judged = (change: (s: Snapshot['snapshot']) => void) =>
    judgeLeaks({ before: snapshot(), after: snapshot(change), translated: true });
  const busy = (s: Snapshot['snapshot']) => {
    s.pins = { acquired: 900, released: 900 };
    s.iommu = iommu(90, 99_000);
  };

  it('passes when all is back, also after much traffic', () => {
    expect(judged(busy)).toMatchObject({ verdict: 'pass', detail: expect.stringContaining('IOMMU mappings') });
  });

  it.each<[string, (s: Snapshot['snapshot']) => void, RegExp]>([
    ['a pin', (s) => (s.pins.acquired = 901), /page pins: 1 pages left/],
    ['a mapping', (s) => (s.iommu.map_bytes = 103_096), /IOMMU mappings: 4096 bytes left/],
    ['an IOVA', (s) => (s.iommu.iova_alloc_events = 91), /IOVAs: 1 ranges left/],
    ['a bounce buffer', (s) => (s.swiotlb_used = 2), /bounce buffers: 2 slots/],
    ['an object', (s) => (s.slab = { phyr_node: 4 }), /slab phyr_node: 1 objects/],
    ['an object of a new cache', (s) => (s.slab = { phyr_node: 3, phyr_list: 1 }), /slab phyr_list: 1/],
    ['a module reference', (s) => (s.modules = { phyr: 2, phyr_nvme: 1 }), /references of phyr_nvme: 1/],
    [
      'a reference to a module that came later',
      (s) => (s.modules = { phyr: 2, phyr_nvme: 0, phyr_peer: 1 }),
      /references of phyr_peer: 1/,
    ],
  ])('fails on %s', (_, change, words) => {
    const leaks = judged((s) => {
      busy(s);
      change(s);
    });
    expect(leaks.verdict).toBe('fail');
    expect(leaks.detail).toMatch(words);
  });

  it.each<[string, (s: Snapshot['snapshot']) => void]>([
    ['no counter of mappings', (s) => (s.iommu.map_bytes = null)],
    ['a counter of mappings that never counted', () => {}],
    ['no counter of pins', (s) => (s.pins.acquired = null)],
    ['no slab', (s) => (s.slab = null)],
    ['no cache of ours', (s) => (s.slab = {})],
    ['no modules', (s) => (s.modules = null)],
  ])('could not look with %s', (_, change) => {
    const leaks = judged((s) => {
      if (change.length > 0) busy(s);
      change(s);
    });
    expect(leaks.verdict).toBe('inconclusive');
  });

  it('could not look without the counters afterwards', () => {
    expect(judgeLeaks({ before: snapshot(), after: undefined, translated: true }).verdict).toBe('inconclusive');
  });

  it('does without the counter of IOVAs where the kernel has none, and does not claim it', () => {
    const none = (s: Snapshot['snapshot']) => (s.iommu.iova_free_events = null);
    const after = (s: Snapshot['snapshot']) => {
      busy(s);
      none(s);
    };
    const leaks = judgeLeaks({ before: snapshot(none), after: snapshot(after), translated: true });
    expect(leaks).toMatchObject({ verdict: 'pass', detail: expect.not.stringContaining('IOVAs') });
  });

  it('fails on peer-to-peer memory that somebody still has when its owner goes', () => {
    const p2p = (used: number) => [{ p2p: { bdf: '0000:04:00.0', used } }];
    const said = (used: number) =>
      judgeLeaks({ before: snapshot(), after: snapshot(busy), p2p: p2p(used), translated: true });
    expect(said(0)).toMatchObject({ verdict: 'pass', detail: expect.stringContaining('P2P memory') });
    expect(said(4096).detail).toMatch(/P2P memory: 4096 bytes left/);
  });

  it('claims nothing about mappings where nothing translates', () => {
    const leaks = judgeLeaks({ before: snapshot(), after: snapshot(), translated: false });
    expect(leaks).toMatchObject({ verdict: 'pass', detail: expect.not.stringContaining('IOMMU') });
  });

  it('takes mappings from the counted stretches, and all else from the whole', () => {
    const windows = {
      from: snapshot(busy),
      to: snapshot((s) => (s.iommu = iommu(0, 0))),
    };
    const after = snapshot((s) => (s.iommu = iommu(0, 0)));
    const judge = (end: Snapshot) =>
      judgeLeaks({ before: snapshot(), after: end, uncounted: windows, translated: true });
    expect(judge(after).verdict).toBe('pass');
    after.snapshot.pins.acquired = 199;
    expect(judge(after).detail).toMatch(/page pins: 99/);
  });
});

describe("the driver's account", () => {
  const bound = (backend: string, mapped: number) => ({
    stats: { backend, mapped, pieces: 2 * mapped, meta_bytes: 64 },
  });
  const works = { kind: 'works', how: 'iova' } as const;

  it('objects when another backend mapped, or none', () => {
    expect(otherBackend([bound('phyr8', 3), bound('phyr8', 0)], 'phyr8', works)).toBeUndefined();
    expect(otherBackend([bound('phyr8', 3), bound('sg', 3)], 'phyr8', works)).toMatch(/backend sg, not phyr8/);
    expect(otherBackend([bound('phyr8', 0)], 'phyr8', works)).toMatch(/does not say/);
    expect(otherBackend([], 'phyr8', works)).toMatch(/does not say/);
    expect(otherBackend([], 'phyr8', { kind: 'refused', errno: 'EINVAL' })).toBeUndefined();
  });

  it('adds up over the bindings of a cell', () => {
    const values = structureCounts([bound('sg', 3), bound('sg', 4)]).map(({ name, value }) => [name, value]);
    expect(values).toEqual([
      ['mapped', 7],
      ['pieces', 14],
      ['metadata', 128],
    ]);
  });
});

describe('the translation oracle', () => {
  const first = { iova: '0xfffff000', want: '0x1000', got: '0x0' };
  const watch = (change: Partial<Watch['watch']>): Watch => ({
    watch: {
      active: false,
      commands: 10,
      bytes: 40960,
      unchecked: 0,
      mismatches: 0,
      bounced: 0,
      by: 'dma',
      p2p: { bytes: 0, bus: 0, bounced: 0 },
      asked: { bytes: 0, bounced: 0 },
      first: { ...first, opcode: 1, offset: 0 },
      ...change,
    },
  });
  const translate = (change: Partial<Translate['translate']>): Translate => ({
    translate: {
      backend: 'phyr8',
      by: 'dma',
      shape: 'single',
      checked: 256,
      wrong: 0,
      missing: 0,
      stale: 0,
      prot_checked: 1,
      prot_wrong: 0,
      first,
      ...change,
    },
  });

  const of = (pages: number, change: Partial<Translate['translate']>) => ({ ...translate(change), pages });

  it('needs commands that were walked', () => {
    const works = { kind: 'works', how: 'iova' } as const;
    expect(judgeWatch(watch({}), works, 0).verdict).toBe('pass');
    expect(judgeWatch(watch({ mismatches: 1 }), works, 0).verdict).toBe('fail');
    expect(judgeWatch(watch({ unchecked: 1 }), works, 0).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({ commands: 0 }), works, 0).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({ commands: 0 }), { kind: 'refused', errno: 'EINVAL' }, 0).verdict).toBe('pass');
    expect(judgeWatch(undefined, works, 0).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({}), works, 40960).verdict).toBe('pass');
    expect(judgeWatch(watch({}), works, 40961).verdict).toBe('inconclusive');
    expect(judgeWatch(watch({ unchecked: 1, mismatches: 1 }), works, 0).verdict).toBe('fail');
  });

  it.each([
    ['iova', {}],
    ['direct', { by: 'none' }],
    ['direct', { by: 'identity' }],
    ['bounce', { by: 'none', bounced: 4096 }],
    ['direct', { by: 'none', bounced: 4096, asked: { bytes: 36864, bounced: 0 } }],
    ['bounce', { by: 'none', bounced: 36864, asked: { bytes: 36864, bounced: 36864 } }],
    ['bus-address', { by: 'identity', p2p: { bytes: 40960, bus: 40960, bounced: 0 } }],
    ['host-bridge', { by: 'none', p2p: { bytes: 40960, bus: 0, bounced: 0 } }],
    ['iova', { p2p: { bytes: 40960, bus: 0, bounced: 0 } }],
    ['bounce', { by: 'none', bounced: 40960, p2p: { bytes: 40960, bus: 0, bounced: 40960 } }],
  ] as const)('objects when data due by another way went by %s (%#)', (how, seen) => {
    for (const due of Path.options) {
      const { verdict, detail } = judgeWatch(watch(seen), { kind: 'works', how: due }, 40960);
      expect(verdict).toBe(due === how ? 'pass' : 'fail');
      expect(detail).toContain(due === how ? how : `went by ${how}, due ${due}`);
    }
  });

  it('objects when some of the data took another way', () => {
    const mixed = watch({ by: 'none', bounced: 4096, p2p: { bytes: 40960, bus: 0, bounced: 4096 } });
    expect(judgeWatch(mixed, { kind: 'works', how: 'host-bridge' }, 40960).verdict).toBe('fail');
  });

  it.each([{ wrong: 1 }, { missing: 1 }, { stale: 1 }, { prot_wrong: 1 }])('fails on %j', (change) => {
    expect(judgeTranslate([of(256, {}), of(256, change)]).verdict).toBe('fail');
  });

  it('needs each list to have been checked whole', () => {
    expect(judgeTranslate([of(256, {})]).verdict).toBe('pass');
    expect(judgeTranslate([of(256, { checked: 255 })]).verdict).toBe('inconclusive');
    expect(judgeTranslate([of(16, { checked: 16 }), of(1024, { checked: 256 })]).verdict).toBe('inconclusive');
    expect(judgeTranslate([]).verdict).toBe('inconclusive');
    expect(judgeTranslate([of(256, { prot_checked: 0 })]).verdict).toBe('inconclusive');
    expect(judgeTranslate([of(256, { by: 'identity', prot_checked: 0 })]).detail).toBe('256 pages by identity');
  });
});
