/** The objections that oracles can make, and the reasons why they may be unable to look: a closed list of codes with their meaning. */
import { z } from 'zod';
import type { OracleName } from './oracle.js';

interface Meaning {
  /** The oracles that use the code. */
  by: readonly OracleName[];
  /** What is wrong, in one sentence. */
  means: string;
  /** The usual causes. */
  causes: string;
  /** Where to look first. */
  look: string;
}

/** In the order of the oracles. A test checks that every code is used. */
export const CODES = {
  // The workload's own steps.
  'step-failed': {
    by: ['workload'],
    means: 'A command in the guest failed.',
    causes:
      'A module does not load or does not let go of its device; an I/O that the tool needs ended with an error; the tool crashed.',
    look: "The command's last line of error, then the kernel's log around it (kernel.log in the cell's folder).",
  },
  'answer-unexpected': {
    by: ['workload'],
    means: 'A tool in the guest answered something that it should not, or nothing.',
    causes: 'The tool ended early; its output and the schema on the host differ.',
    look: "The end of the cell's console; the tool's source in guest/tools.",
  },
  'cleanup-failed': {
    by: ['workload'],
    means: 'After the workload a driver did not let go of its device, or a module could not be unloaded.',
    causes: 'A reference that is never dropped; I/O that never ends; a remove() that waits for it.',
    look: 'The console after the mark at the end of the cell; what the oracle leaks reports as left.',
  },
  'io-failed': {
    by: ['workload'],
    means: 'I/O that must work ended with an error.',
    causes:
      'The data was not mapped, or not for this direction; the driver refused the request or built a wrong command.',
    look: "The oracles device and faults: they say which address went wrong. Then the driver's line in the kernel's log.",
  },
  'io-incomplete': {
    by: ['workload'],
    means: 'Less I/O was done than was asked for.',
    causes: 'A transfer was cut short; a process or a job ended early.',
    look: "The tool's answer in the detail; the length that the oracle device saw.",
  },
  'read-wrong': {
    by: ['workload'],
    means: 'The guest itself found other data than it had written.',
    causes: 'A wrong or stale address; bounce buffers that were not copied back; a cut or shifted list.',
    look: 'The oracle data says whether the write or the read was wrong; the oracle device says where the bytes went.',
  },
  'memory-overwritten': {
    by: ['workload'],
    means: 'Memory next to the data was overwritten.',
    causes: 'A mapping or a command that is longer than the data; a wrong offset in the first page.',
    look: 'Offsets and lengths at the ends of the list; what the oracle device says of the last page.',
  },
  'refused-unduly': {
    by: ['workload'],
    means: 'A call that must succeed was refused.',
    causes: 'A limit or mask is compared wrongly; the kernel judges the topology differently from phyrlab.',
    look: 'The errno in the detail; phyrlab show CELL for the expected route.',
  },
  'not-refused': {
    by: ['workload'],
    means: 'A call that must be refused succeeded.',
    causes: 'A missing check: of the route to a peer, of alignment, of permissions, of the DMA mask.',
    look: 'The call in the detail; whether data moved (the oracle data).',
  },
  'wrong-errno': {
    by: ['workload'],
    means: 'A call was refused as it must be, but with an errno that is not the documented one.',
    causes: 'Another check refused it first; an errno was changed on its way up.',
    look: 'Both errnos in the detail, and the code that returns them.',
  },
  'pinned-page-moved': {
    by: ['workload'],
    means: 'Pages that are pinned were split, collapsed, swapped out or taken from the process.',
    causes: 'Memory was not pinned for as long as the device uses it, or without FOLL_LONGTERM.',
    look: 'Where the memory is pinned and unpinned; the pins that the oracle leaks counts.',
  },
  'use-after-revoke': {
    by: ['workload'],
    means: 'Memory was used after it had been revoked, or a use after that was not refused.',
    causes: 'Revocation does not wait for I/O in flight, or does not block new I/O first.',
    look: 'The order of blocking, draining and unmapping in the revocation; the oracle device.',
  },
  'nothing-under-way': {
    by: ['workload'],
    means: 'No I/O was in flight when the memory was revoked, so nothing was tested.',
    causes: 'Every I/O failed or waited; the guest was too slow.',
    look: 'The other objections of the workload; how long the cell took.',
  },
  'survived-removal': {
    by: ['workload'],
    means: 'I/O continued, or ended wrongly or late, although its device was removed.',
    causes: 'Requests are not failed when the device goes; a queue is not drained.',
    look: "The driver's remove(): which requests are ended there, and when.",
  },
  'p2p-memory-kept': {
    by: ['workload'],
    means: "A peer's memory was not released after the transfer.",
    causes: 'A reference to a page of the BAR is kept, by a request or by a list.',
    look: 'Where the list that held the pages is freed; the oracle leaks.',
  },
  'engine-outcome-wrong': {
    by: ['workload', 'translation'],
    means: 'A DMA engine could do what it must not do, or could not do what it must.',
    causes: 'A mapping is missing, still exists, or has the wrong direction or address width.',
    look: 'The case in the detail; the faults that QEMU traced.',
  },
  'case-failed': {
    by: ['workload', 'translation'],
    means: "One of the kernel module's own test cases failed.",
    causes: 'The name of the case says it.',
    look: "The case's last diagnostic, in the detail; its source in guest/phyr_test.",
  },
  'case-not-run': {
    by: ['workload', 'translation'],
    means: 'A test case that must pass on this machine was skipped, or did not report.',
    causes: 'The module was built without what the case needs, or ended early; the machine lacks what the case needs.',
    look: "The reason for skipping; the table of cases in the kind's folder.",
  },
  'case-undeclared': {
    by: ['workload', 'translation'],
    means: 'A test case ran that is not expected on this machine, or the report is malformed.',
    causes: 'A case was added or renamed in the guest but not in the table; the output was truncated.',
    look: "The table of cases in the kind's folder.",
  },
  'command-failed': {
    by: ['workload'],
    means: "The user's command ended with an exit code other than 0.",
    causes: 'What the command says.',
    look: "output.txt in the cell's folder.",
  },
  'command-late': {
    by: ['workload'],
    means: "The user's command did not end in the time that it has, and was killed.",
    causes: 'An I/O that never ends; a deadline that is too short for an emulated guest.',
    look: "output.txt in the cell's folder; the field deadline of the workload.",
  },
  'command-endless': {
    by: ['workload'],
    means: "The user's command wrote more output than is kept, and was killed.",
    causes: 'A loop that reports each of its rounds.',
    look: "output.txt in the cell's folder.",
  },
  'disk-unused': {
    by: ['workload'],
    means:
      "The user's command moved less through the disk under test than its workload says, so that little was tested.",
    causes: 'It used another disk or the page cache, or ended early.',
    look: 'How the command uses $DUT; the field movesKiB of the workload.',
  },
  'subtest-failed': {
    by: ['workload'],
    means: "One of the tests that the user's command ran failed.",
    causes: 'What the name of the test says.',
    look: "The test's own words in output.txt, in the cell's folder.",
  },
  'too-many-map-calls': {
    by: ['workload'],
    means: 'The number of map calls differs from the number of contiguous pieces.',
    causes: 'Neighbouring chunks are not joined, or chunks are split without need.',
    look: 'How the list is built from the pages of the process.',
  },
  'blocks-wrong': {
    by: ['workload', 'translation'],
    means: 'Registered memory was described to the device by blocks other than the expected ones.',
    causes: 'The block size is not the largest that fits; an end is not aligned; an address is wrong.',
    look: 'Block size, count and first address in the detail, compared with the physical layout.',
  },
  'other-backend': {
    by: ['workload'],
    means:
      'The driver mapped with a backend other than the cell names, or mapped nothing: the cell says nothing about its backend.',
    causes: 'The driver ignored its parameter; the backend falls back to another.',
    look: "The driver's statistics (debugfs) and its module parameters.",
  },
  'input-unused': {
    by: ['workload'],
    means: 'The driver never used what the cell is for, for example an SGL, so it was not tested.',
    causes:
      'The device or the block layer limits commands; the memory came in other pieces than the workload asks for; the bounce buffers were not filled.',
    look: "The driver's statistics (debugfs) and the limits of its queue in sysfs; the field driver of the workload.",
  },
  'event-missing': {
    by: ['workload'],
    means: 'The event that the workload tests did not happen, so nothing was tested.',
    causes: 'No memory was reclaimed; no page was split or swapped; no operation finished in time.',
    look: "The host's load and the guest's memory. Run the cell without others.",
  },
  'guest-unable': {
    by: ['workload'],
    means: 'This guest cannot test what the cell asks for.',
    causes: 'The kernel lacks a tracepoint, a probe or a counter that an oracle needs.',
    look: "The kernel's configuration; images/README.md on what a kernel must have.",
  },
  'host-stall': {
    by: ['workload', 'kernel-log'],
    means: 'The host did not let the guest run, so its delays mean nothing.',
    causes: 'An overcommitted host; a suspended machine; a slow disk.',
    look: "The host's load at that time. Run the cell again.",
  },

  // The bytes, as the host reads them.
  'data-mismatch': {
    by: ['data'],
    means: 'The disk or a BAR does not hold what was written.',
    causes: 'A wrong address or length in a command; data that was not yet mapped or no longer.',
    look: 'The first wrong byte in the detail; the oracles translation and device for the same offset.',
  },
  'data-stale': {
    by: ['data'],
    means: 'The sector holds an older generation of its data: a write did not arrive.',
    causes: 'The device read stale memory: a missing sync or copy to the bounce buffer, or a stale translation.',
    look: 'Syncs before the command; the oracle device for stale translations.',
  },
  'data-misplaced': {
    by: ['data'],
    means: 'The sector holds the data of another sector.',
    causes: 'List entries are swapped or shifted; an offset is added twice or not at all.',
    look: 'The LBA found and the LBA expected: their distance shows the shift.',
  },
  'data-unwritten': {
    by: ['data'],
    means: 'One value fills a sector that should hold data: nothing arrived.',
    causes: 'The command was too short or went elsewhere; the memory was never written.',
    look: 'The length of the command (the oracle device).',
  },
  'data-cut': {
    by: ['data'],
    means: 'The file ends before the expected data.',
    causes: 'The device file is smaller than the workload expects.',
    look: 'The size of the disk in the topology.',
  },
  'data-nowhere': {
    by: ['data'],
    means: 'The bytes that must have arrived are not anywhere in the file.',
    causes: 'The transfer went to another address, or was reported as done although it was not.',
    look: 'The oracles device and faults.',
  },
  'data-moved-though-refused': {
    by: ['data'],
    means: 'Bytes arrived although the transfer had to be refused.',
    causes: 'The check comes after the transfer has begun, or only in one of two directions.',
    look: 'Where the route is checked, and whether requests were already submitted.',
  },
  'read-back-wrong': {
    by: ['data'],
    means: 'The guest read bytes other than those the host had written.',
    causes: 'The device wrote elsewhere; the CPU read memory that was not copied back or not invalidated.',
    look: 'The oracle device for the addresses of the reads; syncs after the command.',
  },
  'no-claim': {
    by: ['data'],
    means: 'The workload stated nothing about the data that could be compared.',
    causes: 'It ended before it had moved any data.',
    look: 'What the oracle workload reports.',
  },
  'ended-before-read': {
    by: ['data'],
    means: 'The workload ended before the data was read back.',
    causes: 'A step before it failed.',
    look: 'What the oracle workload reports.',
  },

  // Addresses, walked through the page tables of the IOMMU.
  'leads-elsewhere': {
    by: ['translation', 'device'],
    means: 'An address given to the device leads to memory other than the data.',
    causes: 'A wrong physical address or offset in a mapping; a wrong PRP.',
    look: 'Both addresses in the detail: their distance shows the mistake.',
  },
  'not-translated': {
    by: ['translation'],
    means: 'Mapped pages have no translation.',
    causes: 'A part of the list is left out; a mapping is shorter than its list.',
    look: 'The last chunk of the list; the return value of the map call.',
  },
  'translates-after-unmap': {
    by: ['translation'],
    means: 'Pages still have a translation after they were unmapped.',
    causes: 'The unmap is skipped, is too short, or starts at a wrong address.',
    look: 'Lengths in the unmap path; mappings that the oracle leaks reports as left.',
  },
  'wrong-permissions': {
    by: ['translation'],
    means: 'The IOMMU entries do not have the permissions that the direction of the mapping requires.',
    causes: 'Directions are swapped, or both are always allowed.',
    look: 'How the direction becomes IOMMU_READ and IOMMU_WRITE.',
  },
  'small-pages': {
    by: ['translation'],
    means: 'Memory is mapped with smaller IOMMU pages than possible.',
    causes: 'The IOVA or the pieces lack the alignment of the memory; pieces are mapped one page at a time.',
    look: 'Alignment of the IOVA; the counted map calls.',
  },
  'mapped-beyond': {
    by: ['translation'],
    means: 'The mapping extends beyond the memory.',
    causes: 'A length is rounded up, or an old mapping behind it is still there.',
    look: 'The length of the last map call.',
  },
  'other-path': {
    by: ['translation'],
    means: 'The data took a path other than the expected one: bounced, by bus address or through the host bridge.',
    causes: "The machine or topology differs from what the plan assumes, or the kernel's rules for peers changed.",
    look: 'phyrlab show CELL for the route; swiotlb and ACS settings.',
  },
  'watch-missing': {
    by: ['translation'],
    means: 'The watch on submissions left no result.',
    causes: 'The probe was not loaded or did not answer at the end.',
    look: 'The end of the console.',
  },
  'walk-failed': {
    by: ['translation'],
    means: 'Commands could not be followed through the page tables.',
    causes: 'The probe could not read a PRP list, or does not know this form of command.',
    look: "The probe's lines in the kernel's log.",
  },
  'no-command-seen': {
    by: ['translation', 'device'],
    means: 'No command of the driver was seen.',
    causes: 'The I/O went through another driver or another device; the watch began too late.',
    look: "The driver that had the device; QEMU's trace.",
  },
  'not-all-watched': {
    by: ['translation', 'device'],
    means: 'Fewer bytes were watched than the driver must have moved.',
    causes: 'The watch began too late or ended too early; commands were dropped from it.',
    look: 'Both figures in the detail.',
  },
  'not-all-checked': {
    by: ['translation'],
    means: 'Some pages of a list were not translated.',
    causes: 'The probe ended early, or translated nothing at all.',
    look: "The probe's answer; its lines in the kernel's log.",
  },
  'permissions-unseen': {
    by: ['translation'],
    means: 'The permissions of mappings could not be watched.',
    causes: 'The tracepoint or probe that shows them is missing in this kernel.',
    look: "The kernel's configuration.",
  },

  // What the device did, in QEMU's trace.
  'wrong-command': {
    by: ['device'],
    means: 'The device fetched a command other than the one that the guest submitted.',
    causes: 'The submission queue is not where the device expects it, or was overwritten.',
    look: "The queue's DMA address; the order of writing an entry and ringing the doorbell.",
  },
  'wrong-length': {
    by: ['device'],
    means: 'The device moved a number of bytes other than the length of the request.',
    causes: 'The length in the command, or the last PRP, is wrong.',
    look: 'How the number of blocks and the PRP list are computed.',
  },
  'never-mapped': {
    by: ['device'],
    means: 'The device used an address that was never mapped for it.',
    causes: 'A physical address instead of a DMA address; a wrong offset; a list shorter than the request.',
    look: 'The address in the detail, compared with the mappings near it.',
  },
  'unmapped-before-use': {
    by: ['device'],
    means: 'The device used an address that was unmapped before it got the command.',
    causes: 'Unmapped too early; the driver kept a stale mapping.',
    look: 'The order of map, submit and unmap for that request.',
  },
  'mapped-after-use': {
    by: ['device'],
    means: 'The device got a command before its data was mapped.',
    causes: 'The command is submitted before map() has finished.',
    look: 'The order of map and submit; barriers before the doorbell.',
  },
  'unmapped-while-in-use': {
    by: ['device'],
    means: 'Data was unmapped while the device had the command.',
    causes: 'Unmapped at submission or at a timeout, not at completion; a command completed twice.',
    look: 'The caller of unmap, and whether it saw the completion first.',
  },
  'wrong-direction': {
    by: ['device'],
    means: 'Data was mapped for the opposite direction of the command.',
    causes: 'DMA_TO_DEVICE and DMA_FROM_DEVICE are swapped.',
    look: 'How the direction of the request is passed to the map call.',
  },
  'both-directions': {
    by: ['device'],
    means: 'Data was mapped for both directions although one is needed.',
    causes: 'DMA_BIDIRECTIONAL is used for convenience.',
    look: 'The direction in the map call.',
  },
  'beyond-dma-mask': {
    by: ['device'],
    means: 'An address is beyond the DMA mask of the device.',
    causes: 'The mask is not checked: for bus addresses, or for memory that is not bounced.',
    look: 'The code that compares the mask; bus addresses of peers are often forgotten.',
  },
  'bar-mapped-as-ram': {
    by: ['device'],
    means: "A peer's BAR was mapped as if it were RAM, without the MMIO attribute.",
    causes: 'DMA_ATTR_MMIO or IOMMU_MMIO is not passed on for peer-to-peer memory.',
    look: 'The attributes of the map call for the peer.',
  },
  'ram-mapped-as-bar': {
    by: ['device'],
    means: 'RAM was mapped with the MMIO attribute of a BAR.',
    causes: 'The attribute of one chunk is used for the whole list.',
    look: 'Where the attributes are chosen: per list or per chunk.',
  },
  'stale-translation': {
    by: ['device', 'workload', 'translation'],
    means: 'The device used a translation of a mapping that had ended.',
    causes: 'The IOTLB was not invalidated, or too late; an address was reused before that.',
    look: 'The invalidations in the trace between the unmap and the use.',
  },
  'iova-reused-early': {
    by: ['device'],
    means: 'An IOVA was mapped again before its old translation was flushed.',
    causes: 'The IOVA is freed before the flush; a flush queue is bypassed.',
    look: 'The order of unmap, flush and free of the IOVA.',
  },
  'not-invalidated': {
    by: ['device'],
    means: 'A new mapping was used before the IOMMU was told that the old one had ended.',
    causes: 'An invalidation is missing or covers too little.',
    look: 'The invalidations in the trace: address and size.',
  },
  'no-story': {
    by: ['device'],
    means: 'The guest recorded no mappings.',
    causes: 'The probe that records them was not loaded, or did not answer.',
    look: 'The end of the console.',
  },
  'no-device-trace': {
    by: ['device'],
    means: 'QEMU traced no commands.',
    causes: 'A QEMU without these trace events.',
    look: 'phyrlab doctor; --qemu.',
  },
  'events-lost': {
    by: ['device'],
    means: "Some of the guest's events did not fit into the record.",
    causes: 'There was more I/O than the record holds.',
    look: "The size of the workload; the probe's buffer.",
  },
  'trace-cut': {
    by: ['device', 'faults'],
    means: "QEMU's trace is too long to be read completely.",
    causes: 'A storm of faults, or far more I/O than usual.',
    look: "The beginning of QEMU's trace in the cell's folder.",
  },
  'commands-unpaired': {
    by: ['device'],
    means: "Commands are either in the guest's record or in the trace, but not in both.",
    causes: 'The trace or the record began late; a command was dropped.',
    look: 'Both records around the first command.',
  },
  'data-unplaced': {
    by: ['device'],
    means: 'The guest did not record where the data of a command is.',
    causes: 'A kind of request that the probe does not follow.',
    look: 'What the driver submits, compared with what the probe records.',
  },
  'translations-unseen': {
    by: ['device'],
    means: "The IOMMU's translations of this device could not be seen.",
    causes: "This IOMMU model's trace events are missing, or the device is not behind it.",
    look: 'The topology; the trace events of this QEMU.',
  },
  'invalidations-unseen': {
    by: ['device'],
    means: 'IOVAs were reused, but no invalidation was seen.',
    causes: 'This QEMU lacks the trace events for invalidations.',
    look: 'The trace events of this QEMU.',
  },

  // What QEMU's IOMMU and memory model object to.
  'iommu-fault-undue': {
    by: ['faults'],
    means: 'The IOMMU refused an access by a device, although none was provoked.',
    causes: 'An address that is not mapped, no longer mapped, or not for this direction.',
    look: 'The address in the detail; the oracle device knows what was mapped there.',
  },
  'access-undue': {
    by: ['faults'],
    means: 'A device accessed physical memory that does not exist.',
    causes: 'A wrong bus or physical address, or an address truncated to fewer bits.',
    look: 'The address in the detail, against RAM and BARs.',
  },
  'device-complaint': {
    by: ['faults'],
    means: 'A device model complained about what the guest made it do.',
    causes: 'A command or register access that the device does not allow.',
    look: "QEMU's line in the detail.",
  },
  'fault-missing': {
    by: ['faults'],
    means: 'An access that must fault did not.',
    causes: 'The mapping still exists, or allows more than it should; the IOMMU is bypassed.',
    look: "The address in the detail; the domain of the device's group.",
  },
  'faults-untraced': {
    by: ['faults'],
    means: 'QEMU was not tracing IOMMU faults.',
    causes: 'A QEMU without these trace events; tracing was switched off.',
    look: 'phyrlab doctor; --qemu.',
  },

  // What the guest's kernel counts.
  'pins-left': {
    by: ['leaks'],
    means: 'Pages are still pinned after the workload, or were unpinned too often.',
    causes: 'A list is not freed; an error path forgets pages that it had pinned.',
    look: 'Where the list is unpinned; the error paths of the builder.',
  },
  'mappings-left': {
    by: ['leaks'],
    means: 'Memory is still mapped in the IOMMU after the workload.',
    causes: 'An unmap is missing or too short; an error path does not undo its mappings.',
    look: 'The unmap path. The number of bytes left is often the size of one request or page.',
  },
  'iova-left': {
    by: ['leaks'],
    means: 'IOVA ranges were allocated but not freed.',
    causes: 'The mapping is unlinked and its IOVA is not freed.',
    look: 'The end of the unmap path, and error paths between allocation and link.',
  },
  'bounce-buffers-left': {
    by: ['leaks'],
    means: 'Slots of the bounce buffer are still in use.',
    causes: 'An unmap is missing for memory that was bounced.',
    look: 'The unmap path for bounced chunks.',
  },
  'slab-grew': {
    by: ['leaks'],
    means: 'A slab cache has more or fewer objects than before.',
    causes: 'A structure is allocated for each request or list but not freed.',
    look: 'The cache in the detail, and who allocates from it.',
  },
  'allocations-left': {
    by: ['leaks'],
    means: 'A module under test has allocated memory with kmalloc() and not freed it.',
    causes: 'A kfree() is missing, often in an error path or when a file is closed.',
    look: 'The places of the allocations, which the detail names.',
  },
  'vmalloc-left': {
    by: ['leaks'],
    means: 'A module under test has more memory from vmalloc() than before.',
    causes: 'A kvfree() is missing for an array that is too large for kmalloc().',
    look: 'Arrays of the size in the detail; /proc/vmallocinfo in the guest names their callers.',
  },
  'dma-bufs-left': {
    by: ['leaks'],
    means: 'There are more dma-bufs than before.',
    causes: 'A dma_buf_put() is missing, or a file that holds one is not closed.',
    look: 'Importers, and error paths after dma_buf_get().',
  },
  'p2p-memory-left': {
    by: ['leaks'],
    means: 'Peer-to-peer memory was still in use when its driver was unbound.',
    causes: 'A page reference, or an allocation from the pool, is not dropped.',
    look: 'The holder of pages of the BAR.',
  },
  'module-references-left': {
    by: ['leaks'],
    means: 'A module has more or fewer references than before.',
    causes: 'A file, a dma-buf or a lease is not closed.',
    look: 'The module in the detail, and the code that takes a reference on it.',
  },
  'counters-missing': {
    by: ['leaks'],
    means: 'There are no counters from after the workload.',
    causes: 'The end of the cell failed before they were read.',
    look: 'What the oracle workload reports.',
  },
  'counter-unreadable': {
    by: ['leaks'],
    means: 'The kernel does not show a counter that this oracle needs.',
    causes: "An option of the kernel's configuration is not set.",
    look: 'The counters in the detail; images/README.md on what a kernel must have.',
  },
  'counter-silent': {
    by: ['leaks'],
    means: 'No IOMMU mapping was counted although the machine translates: the counter does not work.',
    causes: 'The tracepoint does not fire in this kernel.',
    look: 'The tracepoints iommu:map and iommu:unmap.',
  },

  // The kernel log.
  'guest-died': {
    by: ['kernel-log'],
    means: 'The guest panicked, hung or powered off.',
    causes: 'An oops with panic_on_oops; a lock that is never released; a triple fault.',
    look: "The end of console.log in the cell's folder.",
  },
  'log-panic': {
    by: ['kernel-log'],
    means: 'The kernel panicked.',
    causes: 'An oops or a fatal check before it.',
    look: 'The first report above the panic.',
  },
  'log-kasan': {
    by: ['kernel-log'],
    means: 'KASAN reports an access to memory that is not allocated, or was freed.',
    causes: 'Use after free, an index beyond the end, a double free.',
    look: 'The three call traces: access, allocation, free.',
  },
  'log-kfence': {
    by: ['kernel-log'],
    means: 'KFENCE reports an access to memory that is not allocated, or was freed.',
    causes: 'Use after free, an index beyond the end.',
    look: 'The call traces of access, allocation and free.',
  },
  'log-ubsan': {
    by: ['kernel-log'],
    means: 'UBSAN reports undefined behaviour.',
    causes: 'A shift or an index that is out of range, a misaligned access.',
    look: 'File and line in the report.',
  },
  'log-dma-debug': {
    by: ['kernel-log'],
    means: 'DMA API debugging (CONFIG_DMA_API_DEBUG) reports a misuse.',
    causes:
      'Unmapped with a size, direction or function other than when it was mapped; a missing error check; an active mapping at unbind.',
    look: 'The device, address and size in the report, and who mapped it.',
  },
  'log-lockdep': {
    by: ['kernel-log'],
    means: 'The lock checks report a wrong order or context.',
    causes: 'Locks taken in two orders; sleeping with a spinlock held; an RCU section left out.',
    look: 'The two chains in the report.',
  },
  'log-stall': {
    by: ['kernel-log'],
    means: 'A processor, task or queue made no progress for too long.',
    causes: 'A deadlock, a lost completion, an endless loop; or a host that did not let the guest run.',
    look: 'The call trace of the task that waits.',
  },
  'log-timeout': {
    by: ['kernel-log'],
    means: 'The kernel complains of a timeout or a clock.',
    causes: 'A lost command or interrupt; or a host that did not let the guest run.',
    look: 'Which command timed out, and whether its completion is in the trace.',
  },
  'log-bug': {
    by: ['kernel-log'],
    means: 'The kernel hit a BUG.',
    causes: 'A condition that the author thought impossible.',
    look: 'File and line in the report.',
  },
  'log-oops': {
    by: ['kernel-log'],
    means: 'The kernel faulted: an oops.',
    causes: 'A null or wild pointer, or a page that is not present.',
    look: 'The function and offset at RIP or pc; kernel.log has source lines.',
  },
  'log-warn': {
    by: ['kernel-log'],
    means: 'The kernel hit a WARN.',
    causes: 'A condition that the author considered wrong.',
    look: 'File and line in the report, then the call trace.',
  },
  'log-corruption': {
    by: ['kernel-log'],
    means: 'The kernel found a list, reference count or page in an impossible state.',
    causes: 'Use after free, a double put, a race.',
    look: 'The first such report; the debug kernel (KASAN) often names the culprit.',
  },
  'log-memory-leaked': {
    by: ['kernel-log'],
    means: 'A cache or pool was destroyed while its objects were in use.',
    causes: 'Objects that are not freed before the module is unloaded.',
    look: 'The cache or pool in the line; the oracle leaks.',
  },
  'log-out-of-memory': {
    by: ['kernel-log'],
    means: 'The guest ran out of memory.',
    causes: 'A leak, or a workload that is too large for the machine.',
    look: 'The report of the OOM killer: which process, which slabs.',
  },
  'log-allocation-failure': {
    by: ['kernel-log'],
    means: 'The kernel could not allocate memory.',
    causes: 'A large contiguous allocation; an atomic one under pressure.',
    look: 'Order and flags in the report.',
  },
  'log-hardware-error': {
    by: ['kernel-log'],
    means: 'The kernel reports a hardware error.',
    causes: 'In a guest: an access to memory that does not exist.',
    look: 'The address in the report.',
  },
  'log-pcie-error': {
    by: ['kernel-log'],
    means: 'A PCIe error was reported (AER or DPC).',
    causes: 'An access that no device answers; a removed device.',
    look: 'The function that reports it.',
  },
  'log-iommu-fault': {
    by: ['kernel-log'],
    means: 'The kernel reports an IOMMU fault.',
    causes: 'The same as for iommu-fault-undue.',
    look: 'Device, address and reason in the line; the oracle faults.',
  },
  'log-iommu-queue-error': {
    by: ['kernel-log'],
    means: "The IOMMU's command or invalidation queue failed.",
    causes: 'A malformed invalidation; a device that does not answer it.',
    look: 'The queue entry in the report.',
  },
  'log-dma-trouble': {
    by: ['kernel-log'],
    means: 'The DMA layer complains: a full bounce buffer, an address beyond the mask, an entry that is already set.',
    causes: 'A leak of bounce buffers; a mask that is not set; the same IOVA mapped twice.',
    look: 'The line itself, and the oracle leaks.',
  },
  'log-driver-trouble': {
    by: ['kernel-log'],
    means: 'A driver complains about its device: resets, aborted commands, unexpected completions.',
    causes: 'A command with a wrong address or length; a completion that came twice.',
    look: 'The command in the line; the oracle device.',
  },
  'log-io-error': {
    by: ['kernel-log'],
    means: 'The block layer reports an I/O error.',
    causes: 'The driver or the device ended the request with an error.',
    look: 'Device, sector and operation in the line.',
  },
  'log-filesystem-error': {
    by: ['kernel-log'],
    means: 'A file system found its data corrupted, or could not write it.',
    causes: 'Wrong data from the disk; an I/O error below it.',
    look: 'The oracle data; I/O errors above the line.',
  },
  'log-module-trouble': {
    by: ['kernel-log'],
    means: 'A module under test reports that something failed.',
    causes: 'The line says it.',
    look: 'The line in the source of the module.',
  },
  'log-interrupt-trouble': {
    by: ['kernel-log'],
    means: 'Nobody handled an interrupt, and the kernel disabled it.',
    causes: 'A device that interrupts after its driver was unbound.',
    look: 'The number of the interrupt, and its former owner.',
  },
  'log-program-died': {
    by: ['kernel-log'],
    means: 'A program in the guest was killed by a fault of its own.',
    causes: 'A bug in a tool, or memory that was removed while it used it.',
    look: 'The program and address in the line.',
  },
  'log-kmemleak': {
    by: ['kernel-log'],
    means: 'kmemleak found unreferenced memory.',
    causes: 'The pointer to an allocation is lost: in an error path, or because a count is cleared before the free.',
    look: 'The call trace of the allocation.',
  },
  'log-stack-trace': {
    by: ['kernel-log'],
    means: 'The kernel printed a call trace without a reason.',
    causes: 'dump_stack(), or a report whose beginning was lost.',
    look: 'The lines above it.',
  },
  'log-error': {
    by: ['kernel-log'],
    means: 'A message with the severity of an error or worse, which a correct kernel does not print here.',
    causes: 'The line says it.',
    look: 'The line in the source; src/oracle/allowed-lines.ts lists what a correct kernel may print.',
  },
  'log-warning': {
    by: ['kernel-log'],
    means: 'A message with the severity of a warning, which a correct kernel does not print here.',
    causes: 'The line says it.',
    look: 'The line in the source; src/oracle/allowed-lines.ts lists what a correct kernel may print.',
  },
  'kernel-tainted': {
    by: ['kernel-log'],
    means: 'The kernel is tainted by an error that its log does not show.',
    causes: 'A report that was suppressed, rate-limited or printed before the cell.',
    look: 'The whole console since the boot.',
  },
  'log-marks-missing': {
    by: ['kernel-log'],
    means: 'The marks for the beginning and the end of the cell are missing in the log.',
    causes: 'The log was overwritten, or could not be read.',
    look: 'console.log.',
  },
  'log-lost': {
    by: ['kernel-log'],
    means: 'Kernel messages were overwritten before they could be read.',
    causes: 'More messages than the log holds, often many copies of one message.',
    look: 'console.log; log_buf_len.',
  },
  'taint-unreadable': {
    by: ['kernel-log'],
    means: 'The kernel does not show whether it is tainted.',
    causes: 'The end of the cell failed before it was read.',
    look: 'What the oracle workload reports.',
  },

  // Recorded by an older phyrlab.
  unclassified: {
    by: ['workload', 'data', 'translation', 'device', 'faults', 'leaks', 'kernel-log'],
    means: 'A result from before objections had codes: it has only text.',
    causes: 'The run was made by an older phyrlab.',
    look: 'Run the cell again: phyrlab repro.',
  },
} as const satisfies Record<string, Meaning>;

export type ObjectionCode = keyof typeof CODES;
/** The codes of one oracle. */
export type CodeOf<O extends OracleName> = {
  [Code in ObjectionCode]: O extends (typeof CODES)[Code]['by'][number] ? Code : never;
}[ObjectionCode];

export const ObjectionCode = z.enum(Object.keys(CODES) as [ObjectionCode, ...ObjectionCode[]]);

/** The oracles that use this code. */
export function oraclesFor(code: ObjectionCode): readonly OracleName[] {
  return CODES[code].by;
}
