import { describe, expect, it } from 'vitest';
import { judgeKernelLog, logWindow, splats } from '../../../src/oracle/index.js';

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
