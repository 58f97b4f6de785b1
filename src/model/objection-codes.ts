/** What an oracle can object to, and why it may be unable to look: a closed list of codes, and what each of them means. */
import { z } from 'zod';
import type { OracleName } from './oracle.js';

interface Meaning {
  /** Which oracles say so. */
  by: readonly OracleName[];
  /** What is wrong, in one sentence. */
  means: string;
  /** What it mostly comes from. */
  causes: string;
  /** Where to look first. */
  look: string;
}

/** In the order of the oracles. Whoever adds one says what it means; a test holds that each is used. */
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
    look: "The console at the end of the cell; the tool's source in guest/tools.",
  },
  'cleanup-failed': {
    by: ['workload'],
    means: 'After the workload a driver did not let go of its device, or a module could not be unloaded.',
    causes: 'A reference that is never dropped; I/O that never ends; a remove() that waits for it.',
    look: 'The console from the mark of the end on; what the oracle leaks says was left.',
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
    means: 'Memory beside the data was overwritten.',
    causes: 'A mapping or a command that is longer than the data; a wrong offset in the first page.',
    look: 'Offsets and lengths at the ends of the list; what the oracle device says of the last page.',
  },
  'refused-unduly': {
    by: ['workload'],
    means: 'A call was refused that must succeed.',
    causes: 'A limit or a mask that is compared wrongly; a topology that the kernel judges otherwise than phyrlab.',
    look: 'The errno in the detail; phyrlab show CELL for the route that was due.',
  },
  'not-refused': {
    by: ['workload'],
    means: 'A call succeeded that must be refused.',
    causes: 'A check is missing: of the route to a peer, of alignment, of permissions, of the DMA mask.',
    look: 'The call in the detail; whether data moved (the oracle data).',
  },
  'wrong-errno': {
    by: ['workload'],
    means: 'A call was refused as it must be, with another errno than documented.',
    causes: 'Another check refused it first; an errno was changed on its way up.',
    look: 'Both errnos in the detail, and who returns them.',
  },
  'pinned-page-moved': {
    by: ['workload'],
    means: 'Pages that are pinned were split, collapsed, swapped out or taken from the process.',
    causes: 'Memory was not pinned for as long as the device uses it, or without FOLL_LONGTERM.',
    look: 'Where the memory is pinned and unpinned; the pins that the oracle leaks counts.',
  },
  'use-after-revoke': {
    by: ['workload'],
    means: 'Memory was used after it had been taken back, or its use was not refused then.',
    causes: 'Revocation does not wait for I/O in flight, or new I/O is not shut out before.',
    look: 'The order of shutting out, draining and unmapping in the revocation; the oracle device.',
  },
  'nothing-under-way': {
    by: ['workload'],
    means: 'No I/O was done before memory was taken back, so that nothing was shown.',
    causes: 'Every I/O failed or waited; the guest was too slow.',
    look: 'The other objections of the workload; the time that the cell took.',
  },
  'survived-removal': {
    by: ['workload'],
    means: 'I/O went on, or ended wrongly or late, although its device was removed.',
    causes: 'Requests are not failed when the device goes; a queue is not drained.',
    look: "The driver's remove(): which requests are ended there, and when.",
  },
  'p2p-memory-kept': {
    by: ['workload'],
    means: "A peer's memory was not given back after the transfer.",
    causes: 'A reference to a page of the BAR is kept, by a request or by a list.',
    look: 'Where the list that held the pages is freed; the oracle leaks.',
  },
  'engine-outcome-wrong': {
    by: ['workload', 'translation'],
    means: 'A DMA engine could do what it must not, or could not do what it must.',
    causes: 'A mapping is missing, is still there, or is for the wrong direction or address width.',
    look: 'The case in the detail; the faults that QEMU traced.',
  },
  'case-failed': {
    by: ['workload', 'translation'],
    means: "One of the kernel module's own test cases failed.",
    causes: 'What the name of the case says.',
    look: 'The last diagnostic of the case, in the detail; its source in guest/phyr_test.',
  },
  'case-not-run': {
    by: ['workload', 'translation'],
    means: 'A test case that must pass on this machine was skipped, or did not report.',
    causes: 'The module was built without what it needs, or ended before; the machine lacks what the case wants.',
    look: "The reason for skipping; the table of cases in the kind's folder.",
  },
  'case-undeclared': {
    by: ['workload', 'translation'],
    means: 'A test case ran that nobody expects on this machine, or the report is malformed.',
    causes: 'A case was added or renamed in the guest and not in the table; the output was cut.',
    look: "The table of cases in the kind's folder.",
  },
  'too-many-map-calls': {
    by: ['workload'],
    means: 'More or fewer map calls were made than there are contiguous pieces.',
    causes: 'Neighbouring chunks are not joined, or chunks are split without need.',
    look: 'How the list is built from the pages of the process.',
  },
  'blocks-wrong': {
    by: ['workload', 'translation'],
    means: 'Registered memory was described to the device by other blocks than are due.',
    causes: 'The block size is not the largest that fits; an end is not aligned; an address is wrong.',
    look: 'Block size, count and first address in the detail, against the physical layout.',
  },
  'other-backend': {
    by: ['workload'],
    means:
      'The driver mapped with another backend than the cell names, or mapped nothing: the cell shows nothing of it.',
    causes: 'The parameter of the driver was not taken; the backend falls back to another.',
    look: "The driver's statistics (debugfs) and its module parameters.",
  },
  'event-missing': {
    by: ['workload'],
    means: 'What the workload is about did not happen, so that nothing was shown.',
    causes: 'No memory was reclaimed; no page was split or swapped; no operation finished in time.',
    look: "The host's load, and the guest's memory; run the cell alone.",
  },
  'guest-unable': {
    by: ['workload'],
    means: 'This guest cannot show what the cell asks for.',
    causes: 'The kernel lacks a tracepoint, a probe or a counter that an oracle needs.',
    look: "The kernel's configuration; docs on what a kernel must have.",
  },
  'host-stall': {
    by: ['workload', 'kernel-log'],
    means: 'The host did not let the guest run, so that what took too long shows nothing.',
    causes: 'An overcommitted host; a suspended machine; a slow disk.',
    look: "The host's load at that time. Run the cell again.",
  },

  // The bytes, as the host reads them.
  'data-mismatch': {
    by: ['data'],
    means: 'The disk or a BAR does not hold what was written.',
    causes: 'A wrong address or length in a command; data that was not yet, or no longer, mapped.',
    look: 'The first wrong byte in the detail; the oracles translation and device for the same offset.',
  },
  'data-stale': {
    by: ['data'],
    means: 'An older generation of the same sector is there: a write did not arrive.',
    causes: 'The device read stale memory: a missing sync or copy to the bounce buffer, or a stale translation.',
    look: 'Syncs before the command; the oracle device for stale translations.',
  },
  'data-misplaced': {
    by: ['data'],
    means: 'The data of another sector is there.',
    causes: 'Entries of the list are exchanged or shifted; an offset is added twice or not at all.',
    look: 'The LBA that was found against the one that is due: their distance names the shift.',
  },
  'data-unwritten': {
    by: ['data'],
    means: 'One value fills a sector where data is due: nothing arrived.',
    causes: 'The command was too short or went elsewhere; the memory was never written.',
    look: 'The length of the command (the oracle device).',
  },
  'data-cut': {
    by: ['data'],
    means: 'The file ends before the data that is due.',
    causes: 'The device file is smaller than the workload thinks.',
    look: 'The size of the disk in the topology.',
  },
  'data-nowhere': {
    by: ['data'],
    means: 'The bytes that must have arrived are nowhere in the file.',
    causes: 'The transfer went to another address, or was reported as done and was not.',
    look: 'The oracles device and faults.',
  },
  'data-moved-though-refused': {
    by: ['data'],
    means: 'Bytes arrived although the transfer must be refused.',
    causes: 'The check comes after the transfer has begun, or in one of two directions only.',
    look: 'Where the route is checked, and whether requests were already submitted.',
  },
  'read-back-wrong': {
    by: ['data'],
    means: 'The guest read other bytes than the host had put there.',
    causes: 'The device wrote elsewhere; the CPU read memory that was not copied back or not invalidated.',
    look: 'The oracle device for the addresses of the reads; syncs after the command.',
  },
  'no-claim': {
    by: ['data'],
    means: 'The workload said nothing of data that could be compared.',
    causes: 'It ended before it had moved anything.',
    look: 'What the oracle workload says.',
  },
  'ended-before-read': {
    by: ['data'],
    means: 'The workload ended before the data was read back.',
    causes: 'A step before it failed.',
    look: 'What the oracle workload says.',
  },

  // Addresses, walked through the IOMMU's own tables.
  'leads-elsewhere': {
    by: ['translation', 'device'],
    means: 'An address that the device was given leads to other memory than the data is in.',
    causes: 'A wrong physical address or offset in a mapping; a wrong PRP.',
    look: 'Both addresses in the detail: their distance names the mistake.',
  },
  'not-translated': {
    by: ['translation'],
    means: 'Pages that are mapped have no translation.',
    causes: 'A part of the list is left out; a mapping is shorter than its list.',
    look: 'The last chunk of the list; the return value of the map call.',
  },
  'translates-after-unmap': {
    by: ['translation'],
    means: 'Pages still translate after they were unmapped.',
    causes: 'The unmap is skipped, is too short, or starts at a wrong address.',
    look: 'Lengths in the unmap path; mappings that the oracle leaks says are left.',
  },
  'wrong-permissions': {
    by: ['translation'],
    means: "The IOMMU's entries allow something else than the direction of the mapping.",
    causes: 'Directions are exchanged, or both are allowed always.',
    look: 'How the direction becomes IOMMU_READ and IOMMU_WRITE.',
  },
  'small-pages': {
    by: ['translation'],
    means: 'Memory is entered by smaller pages than is possible.',
    causes: 'The IOVA or the pieces are not aligned as the memory is; pieces are mapped one page at a time.',
    look: 'Alignment of the IOVA; the map calls that were counted.',
  },
  'mapped-beyond': {
    by: ['translation'],
    means: 'More is mapped than there is memory.',
    causes: 'A length is rounded up, or an old mapping behind it is still there.',
    look: 'The length of the last map call.',
  },
  'other-path': {
    by: ['translation'],
    means: 'The data went another way than is due: bounced, by bus address or through the host bridge.',
    causes: "The machine or the topology is not what the plan thinks, or the kernel's rules for peers changed.",
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
    means: 'Commands could not be walked through the tables.',
    causes: 'A PRP list that the probe could not read; a command of a form that it does not know.',
    look: "The probe's lines in the kernel's log.",
  },
  'no-command-seen': {
    by: ['translation', 'device'],
    means: 'Not one command of the driver was seen.',
    causes: 'The I/O went through another driver or another device; the watch began too late.',
    look: 'Which driver had the device; the trace of QEMU.',
  },
  'not-all-watched': {
    by: ['translation', 'device'],
    means: 'Fewer bytes were watched than the driver must have moved.',
    causes: 'The watch began too late or ended too early; commands were dropped from it.',
    look: 'Both figures in the detail.',
  },
  'not-all-checked': {
    by: ['translation'],
    means: 'Not every page of a list was translated.',
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
    means: 'The device fetched another command than the guest submitted.',
    causes: 'The submission queue is not where the device thinks, or was overwritten.',
    look: "The queue's DMA address; the order of writing an entry and ringing the doorbell.",
  },
  'wrong-length': {
    by: ['device'],
    means: 'The device moved another number of bytes than the request has.',
    causes: 'The length in the command, or the last PRP, is wrong.',
    look: 'How the number of blocks and the PRP list are computed.',
  },
  'never-mapped': {
    by: ['device'],
    means: 'The device used an address that was never mapped for it.',
    causes: 'A physical address instead of a DMA address; a wrong offset; a list shorter than the request.',
    look: 'The address in the detail, against the mappings near it.',
  },
  'unmapped-before-use': {
    by: ['device'],
    means: 'The device used an address that was unmapped before it got the command.',
    causes: 'Unmapped too early; a mapping that was kept by the driver and is stale.',
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
    look: 'Who calls unmap, and whether the completion was seen before.',
  },
  'wrong-direction': {
    by: ['device'],
    means: 'Data was mapped for the other direction than the command moves it.',
    causes: 'DMA_TO_DEVICE and DMA_FROM_DEVICE exchanged.',
    look: 'How the direction of the request is passed to the map call.',
  },
  'both-directions': {
    by: ['device'],
    means: 'Data was mapped for both directions where one is asked for.',
    causes: 'DMA_BIDIRECTIONAL as a convenience.',
    look: 'The direction in the map call.',
  },
  'beyond-dma-mask': {
    by: ['device'],
    means: 'An address lies beyond those that the device can send.',
    causes: 'The mask is not looked at: for bus addresses, or for what is not bounced.',
    look: 'Where the mask is compared; bus addresses of peers are the usual gap.',
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
    means: 'A new mapping was used and the IOMMU had not been told of the end of the old one.',
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
    means: "Some of the guest's events found no room in the record.",
    causes: 'More I/O than the record holds.',
    look: "The size of the workload; the probe's buffer.",
  },
  'trace-cut': {
    by: ['device', 'faults'],
    means: "QEMU's trace is too long to be read whole.",
    causes: 'A storm of faults, or far more I/O than usual.',
    look: "The beginning of QEMU's trace in the cell's folder.",
  },
  'commands-unpaired': {
    by: ['device'],
    means: "Commands are in the guest's record or in the trace, and not in both.",
    causes: 'The trace or the record began late; a command was dropped.',
    look: 'Both records around the first command.',
  },
  'data-unplaced': {
    by: ['device'],
    means: 'The guest did not say where the data of a command is.',
    causes: 'A kind of request that the probe does not follow.',
    look: 'What the driver submits, against what the probe records.',
  },
  'translations-unseen': {
    by: ['device'],
    means: "The IOMMU's translations of this device could not be seen.",
    causes: "This IOMMU model's trace events are missing, or the device is not behind it.",
    look: 'The topology; the trace events of this QEMU.',
  },
  'invalidations-unseen': {
    by: ['device'],
    means: 'IOVAs were used again and not one invalidation was seen.',
    causes: 'The trace events of invalidations are missing in this QEMU.',
    look: 'The trace events of this QEMU.',
  },

  // What QEMU's IOMMU and memory model object to.
  'iommu-fault-undue': {
    by: ['faults'],
    means: 'The IOMMU refused an access of a device, and none was provoked.',
    causes: 'An address that is not mapped, not any more, or not for this direction.',
    look: 'The address in the detail; the oracle device says what was mapped there.',
  },
  'access-undue': {
    by: ['faults'],
    means: 'A device accessed physical memory that is not there.',
    causes: 'A wrong bus or physical address, or an address cut to fewer bits.',
    look: 'The address in the detail, against RAM and BARs.',
  },
  'device-complaint': {
    by: ['faults'],
    means: 'A device model complained of what the guest made it do.',
    causes: 'A command or register access that the device does not allow.',
    look: "QEMU's line in the detail.",
  },
  'fault-missing': {
    by: ['faults'],
    means: 'An access that must fault did not.',
    causes: 'The mapping is still there, or allows more than it must; the IOMMU is bypassed.',
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
    means: 'Pages stay pinned after the workload, or were unpinned too often.',
    causes: 'A list that is not freed; an error path that forgets the pages that it had.',
    look: 'Where the list is unpinned; the error paths of the builder.',
  },
  'mappings-left': {
    by: ['leaks'],
    means: 'Memory stays mapped in the IOMMU after the workload.',
    causes: 'An unmap is missing or too short; an error path does not undo.',
    look: 'The unmap path; what is left in bytes is often the size of one request or page.',
  },
  'iova-left': {
    by: ['leaks'],
    means: 'IOVA ranges were taken and not given back.',
    causes: 'The mapping is unlinked and its IOVA is not freed.',
    look: 'The end of the unmap path, and error paths between allocation and link.',
  },
  'bounce-buffers-left': {
    by: ['leaks'],
    means: 'Slots of the bounce buffer stay in use.',
    causes: 'An unmap is missing for memory that was bounced.',
    look: 'The unmap path for bounced chunks.',
  },
  'slab-grew': {
    by: ['leaks'],
    means: 'A slab cache has other objects than before.',
    causes: 'A structure that is allocated for each request or list and not freed.',
    look: 'The cache in the detail, and who allocates from it.',
  },
  'p2p-memory-left': {
    by: ['leaks'],
    means: 'Peer-to-peer memory was still in use when its driver let go.',
    causes: 'A page reference, or an allocation from the pool, is not dropped.',
    look: 'Who holds pages of the BAR.',
  },
  'module-references-left': {
    by: ['leaks'],
    means: 'A module has other references than before.',
    causes: 'A file, a dma-buf or a lease is not closed.',
    look: 'The module in the detail, and who takes a reference on it.',
  },
  'counters-missing': {
    by: ['leaks'],
    means: 'There are no counters from after the workload.',
    causes: 'The end of the cell failed before they were read.',
    look: 'What the oracle workload says.',
  },
  'counter-unreadable': {
    by: ['leaks'],
    means: 'The kernel does not show a counter that this oracle needs.',
    causes: "An option of the kernel's configuration is not set.",
    look: 'The counters in the detail; docs on what a kernel must have.',
  },
  'counter-silent': {
    by: ['leaks'],
    means: 'Not one IOMMU mapping was counted, although the machine translates: the counter does not work.',
    causes: 'The tracepoint does not fire in this kernel.',
    look: 'The tracepoints iommu:map and iommu:unmap.',
  },

  // The kernel's log.
  'guest-died': {
    by: ['kernel-log'],
    means: 'The guest panicked, hung or switched itself off.',
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
    means: 'KASAN reports an access to memory that is not allocated or not any more.',
    causes: 'Use after free, an index beyond the end, a double free.',
    look: 'The three call traces: access, allocation, free.',
  },
  'log-kfence': {
    by: ['kernel-log'],
    means: 'KFENCE reports an access to memory that is not allocated or not any more.',
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
    means: 'The DMA API debugging reports a misuse.',
    causes:
      'Unmapped with another size, direction or function than mapped; a missing error check; an active mapping at unbind.',
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
    means: 'A processor, task or queue did nothing for too long.',
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
    causes: 'A condition that its author thought impossible.',
    look: 'File and line in the report.',
  },
  'log-oops': {
    by: ['kernel-log'],
    means: 'The kernel faulted: an oops.',
    causes: 'A null or wild pointer, a page that is not there.',
    look: 'The function and offset at RIP or pc; kernel.log has source lines.',
  },
  'log-warn': {
    by: ['kernel-log'],
    means: 'The kernel hit a WARN.',
    causes: 'A condition that its author thought wrong.',
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
    means: 'A cache or pool was destroyed while objects of it were in use.',
    causes: 'Objects that are not freed before the module goes.',
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
    causes: 'In a guest: an access to memory that is not there.',
    look: 'The address in the report.',
  },
  'log-pcie-error': {
    by: ['kernel-log'],
    means: 'A PCIe error was reported (AER or DPC).',
    causes: 'An access that no device answers; a device that was removed.',
    look: 'The function that reports it.',
  },
  'log-iommu-fault': {
    by: ['kernel-log'],
    means: 'The kernel reports a fault of the IOMMU.',
    causes: 'As iommu-fault-undue.',
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
    means: 'A driver complains of its device: resets, aborted commands, completions nobody waits for.',
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
    means: 'A file system found its data wrong, or could not write it.',
    causes: 'Wrong data from the disk; an I/O error below it.',
    look: 'The oracle data; I/O errors above the line.',
  },
  'log-module-trouble': {
    by: ['kernel-log'],
    means: 'A module under test says that something failed.',
    causes: 'What the line says.',
    look: 'The line in the source of the module.',
  },
  'log-interrupt-trouble': {
    by: ['kernel-log'],
    means: 'Nobody handled an interrupt, and the kernel disabled it.',
    causes: 'A device that interrupts after its driver has gone.',
    look: 'The number of the interrupt, and who had it.',
  },
  'log-program-died': {
    by: ['kernel-log'],
    means: 'A program in the guest was killed by a fault of its own.',
    causes: 'A bug of a tool, or memory that was taken from under it.',
    look: 'The program and address in the line.',
  },
  'log-kmemleak': {
    by: ['kernel-log'],
    means: 'kmemleak found memory that nobody points to.',
    causes: 'An allocation whose pointer is lost: an error path, a count that was cleared before the free.',
    look: 'The call trace of the allocation.',
  },
  'log-stack-trace': {
    by: ['kernel-log'],
    means: 'The kernel printed a call trace without saying why.',
    causes: 'dump_stack(), or a report whose head was lost.',
    look: 'The lines above it.',
  },
  'log-error': {
    by: ['kernel-log'],
    means: 'A message with the severity of an error or worse, which no sound kernel prints here.',
    causes: 'What the line says.',
    look: 'The line in the source; what a sound kernel may say is in src/oracle/allowed-lines.ts.',
  },
  'log-warning': {
    by: ['kernel-log'],
    means: 'A message with the severity of a warning, which no sound kernel prints here.',
    causes: 'What the line says.',
    look: 'The line in the source; what a sound kernel may say is in src/oracle/allowed-lines.ts.',
  },
  'kernel-tainted': {
    by: ['kernel-log'],
    means: 'The kernel is tainted by an error, and its log does not say by which.',
    causes: 'A report that was suppressed, rate-limited or printed before the cell.',
    look: 'The whole console from the boot on.',
  },
  'log-marks-missing': {
    by: ['kernel-log'],
    means: "The marks of the cell's beginning and end are not in the log.",
    causes: 'The log was overwritten, or could not be read.',
    look: 'console.log.',
  },
  'log-lost': {
    by: ['kernel-log'],
    means: 'Messages of the kernel were overwritten before they could be read.',
    causes: 'More messages than the log holds: often a storm of one message.',
    look: 'console.log; log_buf_len.',
  },
  'taint-unreadable': {
    by: ['kernel-log'],
    means: 'The kernel does not show whether it is tainted.',
    causes: 'The end of the cell failed before it was read.',
    look: 'What the oracle workload says.',
  },

  // What an older phyrlab has recorded.
  unclassified: {
    by: ['workload', 'data', 'translation', 'device', 'faults', 'leaks', 'kernel-log'],
    means: 'A result from before objections had codes: it has the words alone.',
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

/** Who says so. */
export function saidBy(code: ObjectionCode): readonly OracleName[] {
  return CODES[code].by;
}
