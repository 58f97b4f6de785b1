/**
 * Lines of the severity of a warning or worse that a sound kernel prints in our guests, each with the reason. Whatever is not listed
 * here, and not declared by the workload that provokes it, is an objection.
 */
import { type AllowedLine, IOMMUS } from '../iommus/index.js';

const ALLOWED: readonly AllowedLine[] = [
  {
    line: /^mtrr: your CPUs had inconsistent (fixed MTRR|variable MTRR|MTRRdefType) settings/,
    why: "SeaBIOS sets the MTRRs of the processor that boots, QEMU none of the others': the kernel copies them",
    boot: true,
  },
  {
    line: /^ACPI: IRQ \d+ override to edge\(!\), high\(!\)/,
    why: "QEMU's table describes the serial port's interrupt as the ISA bus has it",
    boot: true,
  },
  {
    line: /^(tsc: Unable to calibrate against PIT|APIC calibration not consistent with PM-Timer: \d+ms instead of \d+ms)$/,
    why: 'an emulated processor does not run as evenly as its timers tick while the host has other work',
    boot: true,
  },
  {
    line: /^hpet: Lost \d+ RTC interrupts$/,
    why: 'the host did not let the emulated clock run for a moment',
  },
  {
    line: /^hrtimer: interrupt took \d+ ns$/,
    why: 'the host did not let the guest run for a moment',
  },
  {
    line: /^vfio-pci \S+: (resetting|reset done)$/,
    why: 'VFIO resets the function that a process opens and closes, and PCI says so as a warning',
  },
  {
    line: /^pcieport \S+: unlocked secondary bus reset via: pci_reset_bus_function\b/,
    why: "the same, of a function without a reset of its own: the kernel's own path to it does not lock the bridge",
  },
  {
    line: /^acpi\/hmat: failed to reserve 0x[0-9a-f]+ - 0x[0-9a-f]+ in pxm: \d+$/,
    why: "QEMU's SRAT names the range where an NVDIMM is, which the driver of its own then takes",
    boot: true,
  },
  {
    line: /^nd_pmem \S+: unable to guarantee persistence of writes$/,
    why: "QEMU's NVDIMM gives the guest no flush hints",
  },
  {
    line: /^EXT4-fs \(pmem\d+\): DAX enabled\. Warning: EXPERIMENTAL, use at your own risk$/,
    why: 'workloads of the kind pmem mount it so',
  },
  {
    line: /^\S+ \S+: (cannot be used for peer-to-peer DMA as the client and provider |ACS redirect is set between the client and provider |to disable ACS redirect for this path, add the kernel parameter: )/,
    why: 'p2pdma says why it refuses; whether it should have is for the workload to judge, which knows the topology',
  },
  {
    line: /^pci \S+: Host bridge not in P2PDMA whitelist: /,
    why: 'the same',
  },
  {
    line: /^blk_print_req_error: \d+ callbacks suppressed$/,
    why: 'the ten before them were printed and judged, perhaps in the cell before; whether an I/O ended well is for the workload to judge',
  },
  {
    line: /^phyr\w*: loading out-of-tree module taints kernel/,
    why: 'our modules are none of the tree',
  },
  ...IOMMUS.flatMap(({ log }) => log.allowed),
];

export function allowedWhile(phase: 'boot' | 'cell'): RegExp[] {
  return ALLOWED.filter(({ boot }) => phase === 'boot' || !boot).map(({ line }) => line);
}
