import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  allowedWhile,
  complaints,
  complaintText,
  fromConsole,
  judgeKernelLog,
  type LogLine,
  logWindow,
  parseKmsg,
} from '../../../src/oracle/index.js';
import { FAULTS_IN_LOG } from '../../../src/workloads/shared/faults-in-log.js';
import { COMPLAINTS } from './kernel-complaints.js';

const sound = { before: 4096, after: 4096 + 8192 };
const line = (text: string, level: number | undefined = 6, user = false): LogLine => ({ text, level, user });
const mark = (which: string) => line(`phyrlab: ${which}-1`, 4, true);
const said = (cell: LogLine[], { before = [] as LogLine[], lost = 0 } = {}) =>
  logWindow({ lines: [...before, mark('begin'), ...cell, mark('end')], lost }, 'begin-1', 'end-1');
const judged = (...cell: LogLine[]) => judgeKernelLog(said(cell), sound);

describe('the kernel-log oracle', () => {
  it(`objects to each of ${COMPLAINTS.length} complaints of kernels`, () => {
    expect(COMPLAINTS.length).toBeGreaterThan(105);
    expect(COMPLAINTS.filter((one) => judged(one).verdict !== 'fail')).toEqual([]);
    // While it booted as well.
    expect(COMPLAINTS.filter((one) => judgeKernelLog(said([], { before: [one] }), sound).verdict !== 'fail')).toEqual(
      [],
    );
  });

  it('objects to whatever has the severity of a warning or worse, and to no more', () => {
    const verdicts = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (level) => judged(line('something that nobody knows', level)).verdict,
    );
    expect(verdicts).toEqual(['fail', 'fail', 'fail', 'fail', 'fail', 'pass', 'pass', 'pass']);
    expect(judged(line('something that nobody knows', 3)).detail).toBe('error: something that nobody knows');
    // A program's words have the severity that it was not asked for.
    expect(judged(line('phyrlab: something', 4, true)).verdict).toBe('pass');
  });

  it('passes a sound boot and its cell, as they were', () => {
    const read = parseKmsg(readFileSync(join(import.meta.dirname, 'sound.kmsg'), 'utf8'), -1);
    expect([read.lines.length > 500, read.lost]).toEqual([true, 0]);
    expect(read.lines.filter(({ level }) => Number(level) <= 4).length).toBeGreaterThan(5);
    expect(judgeKernelLog(logWindow(read, 'begin-', 'end-'), sound)).toMatchObject({ verdict: 'pass' });
  });

  it('lets p2pdma say why it refuses', () => {
    for (const text of [
      'nvme 0000:01:00.0: ACS redirect is set between the client and provider (0000:01:00.1)',
      'nvme 0000:01:00.0: to disable ACS redirect for this path, add the kernel parameter: pci=disable_acs_redir=0000:00:03.0',
      'nvme 0000:01:00.0: cannot be used for peer-to-peer DMA as the client and provider (0000:01:00.1) do not share an upstream bridge or whitelisted host bridge',
      'pci 0000:00:00.0: Host bridge not in P2PDMA whitelist: 8086:29c0',
    ])
      expect(judged(line(text, 4)).verdict, text).toBe('pass');
  });

  it('allows at boot what only belongs there', () => {
    const early = line('mtrr: your CPUs had inconsistent fixed MTRR settings', 4);
    expect(judgeKernelLog(said([], { before: [early] }), sound).verdict).toBe('pass');
    expect(judged(early).verdict).toBe('fail');
    expect(judgeKernelLog(said([], { before: [line('nobody knows', 4)] }), sound).detail).toBe(
      'while it booted: warning: nobody knows',
    );
  });

  it('could not look without both marks, or where messages were overwritten', () => {
    const noEnd = logWindow({ lines: [mark('begin')], lost: 0 }, 'begin-1', 'end-1');
    const noBegin = logWindow({ lines: [mark('end')], lost: 0 }, 'begin-1', 'end-1');
    for (const window of [noEnd, noBegin]) expect(judgeKernelLog(window, sound).verdict).toBe('inconclusive');
    expect(judgeKernelLog(said([], { lost: 3 }), sound)).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringContaining('3 kernel messages'),
    });
    expect(judgeKernelLog(said([line('Oops: 0000', 1)], { lost: 3 }), sound).verdict).toBe('fail');
  });

  it('looks at nothing behind the mark of the end', () => {
    const lines = [mark('begin'), mark('end'), line('BUG: after', 4)];
    expect(judgeKernelLog(logWindow({ lines, lost: 0 }, 'begin-1', 'end-1'), sound).verdict).toBe('pass');
  });

  it('names what a report is about, and takes it for one', () => {
    const report = [
      line('------------[ cut here ]------------', 4),
      line('DMA-API: phyr_nvme 0000:03:00.0: device driver has pending DMA allocations while released [count=1]', 4),
      line('WARNING: kernel/dma/debug.c:889 at dma_debug_device_change+0x1a0/0x2c0, CPU#0: sh/90', 4),
      line('Modules linked in: phyr_nvme(OE) phyr(OE)', 4),
      line('RIP: 0010:dma_debug_device_change+0x1a0/0x2c0', 4),
      line('Call Trace:', 4),
      line(' <TASK>', 4),
      line(' driver_detach+0x1/0x2', 4),
      line('---[ end trace 0000000000000000 ]---', 4),
    ];
    expect(judged(...report).detail).toMatch(/^DMA debug: DMA-API: phyr_nvme .*\[count=1\]$/);
    expect(judged(report[0] as LogLine, ...report.slice(2)).detail).toMatch(/^WARNING: kernel\/dma\/debug\.c:889/);
    expect(judged(...report, ...report).detail).toMatch(/\(and 1 more\)$/);
    expect(judged(...report, line('nvme nvme0: Abort status: 0x0', 4)).detail).toMatch(
      /; warning: nvme nvme0: Abort status: 0x0$/,
    );
  });

  it('says nothing twice', () => {
    const wordings = COMPLAINTS.flatMap((one) => complaints([one]).map(complaintText));
    expect(wordings.filter((text) => /BUG: BUG|WARN: WARNING|KASAN: BUG: KASAN/.test(text))).toEqual([]);
    expect(judged(line('BUG: scheduling while atomic: insmod/78/0x00000002', 3)).detail).toMatch(/^BUG: scheduling/);
  });

  it('allows what a workload provokes, with what stands below it, and no more', () => {
    const fault = [
      line('arm-smmu-v3 9050000.iommu: event 0x10 received:', 3),
      line('arm-smmu-v3 9050000.iommu: \t0x0000030000000010', 3),
      line('arm-smmu-v3 9050000.iommu: event: F_TRANSLATION client: 0000:03:00.0 sid: 0x300 ssid: 0x0 iova: 0x1', 3),
      line('arm-smmu-v3 9050000.iommu: unpriv data write s1 "Input address caused fault" stag: 0x0', 3),
      line('DMAR: DRHD: handling fault status reg 2', 3),
      line('dmar_fault: 12 callbacks suppressed', 3),
      line('virtio_iommu virtio0: page fault from EP 24 at 0xfffff000 [W]', 3),
      line('phyr_engine 0000:03:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0001 address=0x1 flags=0x0020]', 3),
    ];
    const expected = FAULTS_IN_LOG;
    expect(judgeKernelLog(said(fault), sound, { expected }).verdict).toBe('pass');
    expect(fault.filter((one) => judged(one).verdict !== 'fail')).toEqual([]);
    for (const other of [
      'arm-smmu-v3 9050000.iommu: event: C_BAD_STE client: 0000:03:00.0 sid: 0x300 ssid: 0x0',
      'iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:03:00.0 address=0x1]',
      'DMAR: VT-d detected Invalidation Time-out Error: SID 300',
    ])
      expect(judgeKernelLog(said([...fault, line(other, 3)]), sound, { expected }).verdict).toBe('fail');
  });

  it('knows most by its words alone, as the console has them when a guest has died', () => {
    const worst = COMPLAINTS.filter(({ level }) => level <= 2 || level > 4).map(({ text }) => `[   12.345678] ${text}`);
    expect(worst.filter((one) => complaints(fromConsole([one])).length === 0)).toEqual([
      expect.stringContaining('Device scope type does not match'),
    ]);
  });

  it('objects to taint that is not of loading a module, and could not look without the flags', () => {
    const window = said([line('nvme nvme1: pci function 0000:03:00.0')]);
    expect(judgeKernelLog(window, { before: 4096, after: 4096 + 512 })).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('warning'),
    });
    expect(judgeKernelLog(window, { before: 4096 + 512, after: 4096 + 512 }).verdict).toBe('pass');
    expect(judgeKernelLog(window, { before: null, after: 4096 }).verdict).toBe('inconclusive');
  });

  it('of an alarm hears the one report that is due', () => {
    const due = /KASAN: slab-use-after-free in phyr_fault_make_use_after_free/;
    const rings = 'BUG: KASAN: slab-use-after-free in phyr_fault_make_use_after_free+0x2c/0x50 [phyr_fault]';
    const tainted = { before: 4096, after: 4096 + 512 };
    expect(judgeKernelLog(said([line(rings, 3)]), tainted, { due })).toMatchObject({ verdict: 'fail', detail: rings });
    const other = line('WARNING: possible circular locking dependency detected', 4);
    expect(judgeKernelLog(said([other]), tainted, { due }).verdict).toBe('pass');
    expect(judgeKernelLog(said([other]), tainted, { expected: [/circular/] }).detail).toMatch(/tainted/);
  });

  it.each([
    ['phyr: loading out-of-tree module taints kernel.', 4],
    ['phyr: module verification failed: signature and/or required key missing - tainting kernel', 5],
    ['nvme nvme0: 2/0/0 default/read/poll queues', 6],
    ['calibrate_delay_direct() failed to get a good estimate for loops_per_jiffy.', 6],
    ['EXT4-fs (phyr0): mounted filesystem 0e2a r/w with ordered data mode. Quota mode: none.', 6],
    ['phyr_peer 0000:04:00.0: 16777216 bytes of peer-to-peer memory', 6],
    ['DMA-API: preallocated 65536 debug entries', 6],
    ['DMA-API: debugging enabled by kernel config', 6],
    ['kmemleak: Kernel memory leak detector initialized (mem pool available: 35735)', 6],
    ['pcieport 0000:00:03.0: AER: enabled with IRQ 24', 6],
  ])('does not object to %s', (text, level) => {
    expect(judged(line(text, level)).verdict).toBe('pass');
  });

  it('gives a reason for every line that is allowed', () => {
    expect(allowedWhile('boot').length).toBeGreaterThan(allowedWhile('cell').length);
  });
});

describe('/dev/kmsg', () => {
  it('is read with severity, origin and number; a message may have several lines, and anything in it', () => {
    const text = [
      '6,10,100,-;hello',
      ' SUBSYSTEM=pci',
      '12,11,101,-;phyrlab: mark',
      '3,12,102,-,caller=T1;a\\x0a\\x09b \\xc3\\xa9 \\x5c',
      '4,13,103,c;and on',
      '',
    ].join('\n');
    expect(parseKmsg(text, 9)).toEqual({
      lines: [
        { text: 'hello', level: 6, user: false },
        { text: 'phyrlab: mark', level: 4, user: true },
        { text: 'a', level: 3, user: false },
        { text: '\tb é \\', level: 3, user: false },
        { text: 'and on', level: undefined, user: false },
      ],
      last: 13,
      lost: 0,
    });
  });

  it('shows what was overwritten as a gap, before the first as well', () => {
    expect(parseKmsg('6,5,1,-;a\n6,8,1,-;b\n', 2)).toMatchObject({ lost: 4, last: 8 });
    expect(parseKmsg('', 7)).toEqual({ lines: [], last: 7, lost: 0 });
  });
});
