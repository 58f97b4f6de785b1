/** What kernels print when something is wrong, with its severity as dmesg -r shows it: formats of Linux 7.x. */
export const COMPLAINTS = `
<3>DMAR: DRHD: handling fault status reg 2
<3>DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0xfffff000 [fault reason 0x05] PTE Write access is not set
<3>DMAR: [INTR-REMAP] Request device [f0:1f.7] fault index 0x8000 [fault reason 0x26] Blocked an interrupt request due to source-id verification failure
<3>DMAR: ERROR: DMA PTE for vPFN 0xfffff already set (to 12345003 not 23456003)
<3>DMAR: VT-d detected Invalidation Queue Error: Reason 2
<3>DMAR: VT-d detected Invalidation Time-out Error: SID 300
<3>DMAR: VT-d detected Invalidation Completion Error: SID 300
<3>DMAR: QI HEAD: IOTLB Invalidation qw0 = 0x1000f2, qw1 = 0x0
<3>DMAR: QI PRIOR: Invalidation Wait qw0 = 0x200000025, qw1 = 0x1003a0004
<3>DMAR: Invalidation Queue Error (IQE) cleared
<3>DMAR: Invalidation Time-out Error (ITE) cleared
<3>DMAR: Invalidation Completion Error (ICE) cleared
<3>DMAR: Failed to allocate domain
<3>DMAR: Can't enable translation
<4>DMAR: dmar0: Cannot set up device-TLB for 0000:03:00.0
<1>DMAR: Device scope type does not match for 0000:03:00.0
<3>AMD-Vi: Completion-Wait loop timed out
<3>AMD-Vi: Command buffer timeout
<3>iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:03:00.0 address=0x1002f3ab0]
<3>iommu ivhd0: AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=0000:03:00.0 pasid=0x00000 address=0xfffffffdf8000000 flags=0x0080]
<3>iommu ivhd0: AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=0000:03:00.0 pasid=0x00000 address=0xfffffffdf8000000 flags=0x0a00]
<3>iommu ivhd0: AMD-Vi: Event logged [DEV_TAB_HARDWARE_ERROR device=0000:03:00.0 address=0x0 flags=0x0000]
<3>iommu ivhd0: AMD-Vi: Event logged [PAGE_TAB_HARDWARE_ERROR device=0000:03:00.0 pasid=0x0000 address=0x0 flags=0x0000]
<3>iommu ivhd0: AMD-Vi: Event logged [COMMAND_HARDWARE_ERROR address=0x100000 flags=0x0000]
<3>iommu ivhd0: AMD-Vi: Event logged [ILLEGAL_COMMAND_ERROR address=0x100000]
<3>nvme 0000:03:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0001 address=0xfffff000 flags=0x0020]
<4>AMD-Vi: IOMMU Event log restarting
<3>arm-smmu-v3 9050000.iommu: event 0x10 received:
<3>arm-smmu-v3 9050000.iommu: 	0x0000030000000010
<3>arm-smmu-v3 9050000.iommu: event: F_TRANSLATION client: 0000:03:00.0 sid: 0x300 ssid: 0x0 iova: 0xfffff000 ipa: 0x0
<3>arm-smmu-v3 9050000.iommu: event: C_BAD_STREAMID client: (unassigned sid) sid: 0x300 ssid: 0x0
<3>arm-smmu-v3 9050000.iommu: event: C_BAD_STE client: 0000:03:00.0 sid: 0x300 ssid: 0x0
<3>arm-smmu-v3 9050000.iommu: event: C_BAD_CD client: 0000:03:00.0 sid: 0x300 ssid: 0x0
<3>arm-smmu-v3 9050000.iommu: event: C_BAD_SUBSTREAMID client: 0000:03:00.0 sid: 0x300 ssid: 0x7
<3>arm-smmu-v3 9050000.iommu: CMD_SYNC timeout at 0x00000042 [hwprod 0x00000043, hwcons 0x00000042]
<3>arm-smmu-v3 9050000.iommu: CMDQ timeout
<3>arm-smmu-v3 9050000.iommu: CMDQ error (cons 0x01000042): Illegal command
<3>arm-smmu-v3 9050000.iommu: EVTQ overflow detected -- events lost
<4>arm-smmu-v3 9050000.iommu: unexpected global error reported (0x00000001), this could be serious
<4>arm-smmu-v3 9050000.iommu: EVTQ MSI write aborted
<3>virtio_iommu virtio0: page fault from EP 24 at 0xfffff000 [W]
<3>virtio_iommu virtio0: reserved fault from EP 24 at 0xfffff000 [R]
<3>iommu: unaligned: iova 0xfffff200 pa 0x0000000012345200 size 0x1000 min_pagesz 0x1000
<3>iommu: unaligned: iova 0xfffff000 size 0x200 min_pagesz 0x1000
<3>phyr_nvme 0000:03:00.0: overflow 0x0000000123456000+4096 of DMA mask ffffffff bus limit 0
<3>nvme 0000:01:00.0: swiotlb buffer is full (sz: 4096 bytes), total 32768 (slots), used 32768 (slots)
<4>DMA-API: phyr_nvme 0000:03:00.0: device driver tries to free DMA memory it has not allocated
<3>DMA-API: nvme 0000:01:00.0: cacheline tracking EEXIST, overlapping mappings aren't supported
<3>DMA-API: debugging out of memory - disabling
<3>nvme nvme0: request 0x1003 genctr mismatch (got 0x1 expected 0x2)
<3>nvme nvme0: could not locate request for tag 0x3
<4>nvme nvme0: invalid id 99 completed on queue 1
<4>nvme 0000:01:00.0: probe with driver nvme failed with error -12
<4>nvme nvme0: I/O tag 3 (1003) opcode 0x2 QID 1 timeout, aborting req_op:READ(0) size:4096
<4>nvme nvme0: I/O tag 3 (1003) opcode 0x2 (I/O Cmd) QID 1 timeout, reset controller
<4>nvme nvme0: Abort status: 0x0
<3>nvme0n1: Read(0x2) @ LBA 8, 8 blocks, Unrecovered Read Error (sct 0x2 / sc 0x81) DNR
<3>nvme0n1: Write(0x1) @ LBA 0, 8 blocks, Data Transfer Error (sct 0x0 / sc 0x4) MORE
<3>nvme0: Identify(0x6), Invalid Field in Command (sct 0x0 / sc 0x2) DNR
<3>nvme nvme0: Device not ready; aborting initialisation, CSTS=0x0
<4>nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10
<4>nvme nvme0: failed to set APST feature (2)
<4>nvme nvme0: Removing after probe failure status: -19
<3>phyr_nvme 0000:03:00.0: completion of unknown id 99 on queue 1
<3>phyr_nvme 0000:03:00.0: sg: pieces that PRPs cannot express: failed
<3>I/O error, dev phyr0, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2
<3>Buffer I/O error on dev phyr0, logical block 0, lost async page write
<3>critical medium error, dev phyr0, sector 8 op 0x0:(READ) flags 0x0
<4>pcieport 0000:00:03.0: AER: Correctable error message received from 0000:03:00.0
<4>pcieport 0000:00:03.0: PCIe Bus Error: severity=Correctable, type=Data Link Layer, (Transmitter ID)
<3>nvme 0000:03:00.0: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Transaction Layer, (Requester ID)
<4>nvme 0000:03:00.0:   device [1b36:0010] error status/mask=00004000/00000000
<6>pcieport 0000:00:03.0: AER: Corrected error message received from 0000:03:00.0
<4>pcieport 0000:00:03.0: DPC: containment event, status:0x1f01 source:0x0000
<4>pcieport 0000:00:03.0: DPC: unmasked uncorrectable error detected
<4>pcieport 0000:00:03.0: AER: device recovery failed
<0>mce: [Hardware Error]: CPU 1: Machine Check Exception: 5 Bank 0: b200000000000005
<6>mce: [Hardware Error]: Machine check events logged
<4>fio invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
<6>oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task=fio,pid=99,uid=0
<3>Out of memory: Killed process 99 (fio) total-vm:102400kB, anon-rss:51200kB, file-rss:0kB, shmem-rss:0kB, UID:0
<4>insmod: page allocation failure: order:9, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0
<4>SLUB: Unable to allocate memory on CPU 0 (of node 0) on node -1, gfp=0x920(GFP_ATOMIC|__GFP_ZERO)
<4>warn_alloc: 12 callbacks suppressed
<2>EXT4-fs error (device phyr0): ext4_lookup:1855: inode #2: comm ls: iget: bad extra_isize
<2>EXT4-fs (phyr0): Remounting filesystem read-only
<3>Aborting journal on device phyr0-8.
<3>JBD2: Error -5 detected when updating journal superblock for phyr0-8.
<1>XFS (phyr0): Metadata corruption detected at xfs_agf_verify+0x6b/0x2b0 [xfs], xfs_agf block 0x1
<1>XFS (phyr0): Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x10f/0x140 [xfs]. Shutting down filesystem.
<1>XFS (phyr0): log I/O error -5
<3>BTRFS error (device phyr0): bdev /dev/phyr0 errs: wr 0, rd 1, flush 0, corrupt 0, gen 0
<4>BTRFS warning (device phyr0): csum failed root 5 ino 257 off 0 csum 0x12345678 expected csum 0x87654321 mirror 1
<6>BTRFS info (device phyr0 state E): forced readonly
<3>irq 24: nobody cared (try booting with the "irqpoll" option)
<0>Disabling IRQ #24
<6>fio[99]: segfault at 8 ip 00000000004012b0 sp 00007ffd2a4b8e10 error 4 in fio[4012b0,401000+1000] likely on CPU 0
<6>traps: churn[88] general protection fault ip:401234 sp:7ffc0000 error:0 in churn[401000+1000]
<6>phyrio[90]: unhandled exception: DABT (lower EL), ESR 0x0000000092000004, level 0 translation fault
<0>Internal error: synchronous external abort: 0000000096000010 [#1] SMP
<1>Unable to handle kernel paging request at virtual address ffff80008a0f0000
<2>SError Interrupt on CPU0, code 0x00000000bf000000 -- SError
<4>Call trace:
<4>Call Trace:
<4>WARNING: drivers/iommu/dma-iommu.c:842 at __iommu_dma_unmap+0x10a/0x120, CPU#0: fio/90
<4>WARNING: CPU: 0 PID: 85 at drivers/iommu/dma-iommu.c:1234 iommu_dma_unmap+0x1
<4>WARNING: possible circular locking dependency detected
<4>WARNING: suspicious RCU usage
<3>BUG: KASAN: slab-use-after-free in phyr_dma_unmap+0x44/0x90
<3>BUG: KASAN: vmalloc-out-of-bounds in prov_init+0x240/0x1000 [prov]
<3>BUG: scheduling while atomic: insmod/78/0x00000002
<1>BUG: unable to handle page fault for address: ffffffffdeadbeef
<4>Oops: general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP
<4>refcount_t: underflow; use-after-free.
<3>BUG phyr_node (Tainted: G O): Objects remaining on __kmem_cache_shutdown()
<1>BUG: Bad page state in process fio  pfn:12345
<3>list_add corruption. prev->next should be next (ffff), but was dead.
<3>UBSAN: array-index-out-of-bounds in drivers/nvme/host/pci.c:1:2
<3>BUG: KFENCE: use-after-free read in phyr_unmap+0x1/0x2
<3>INFO: task fio:99 blocked for more than 120 seconds.
<0>watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [fio:88]
<0>watchdog: Watchdog detected hard LOCKUP on cpu 1
<3>rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
<6>kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
<0>Kernel panic - not syncing: Fatal exception
<4>vfio-pci 0000:03:00.0: vfio_bar_restore: reset recovery - restoring BARs
<4>clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable because the skew is too large:
<4>workqueue: pnvme_reset_work [phyr_nvme] hogged CPU for >10000us 4 times, consider switching to WQ_UNBOUND
<3>dmar_fault: 12 callbacks suppressed
`
  .trim()
  .split('\n')
  .map((line) => {
    const [, level, text = ''] = /^<(\d)>(.*)$/.exec(line) ?? [];
    return { level: Number(level), text, user: false };
  });
