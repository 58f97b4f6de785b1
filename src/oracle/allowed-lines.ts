/**
 * Lines with the severity of a warning or worse that a correct kernel prints in our guests, with the reason. All others are objections, unless the
 * workload declares that it provokes them.
 */
import { type AllowedLine, IOMMUS } from '../iommus/index.js';

const ALLOWED: readonly AllowedLine[] = [
  {
    line: /^mtrr: your CPUs had inconsistent (fixed MTRR|variable MTRR|MTRRdefType) settings/,
    why: "SeaBIOS sets the MTRRs of the boot processor only, and QEMU does not set the others': the kernel copies them",
    boot: true,
  },
  {
    line: /^ACPI: IRQ \d+ override to edge\(!\), high\(!\)/,
    why: "QEMU's table describes the serial port's interrupt as on an ISA bus",
    boot: true,
  },
  {
    line: /^(tsc: Unable to calibrate against PIT|APIC calibration not consistent with PM-Timer: \d+ms instead of \d+ms)$/,
    why: 'an emulated processor does not run as evenly as its timers tick if the host has other work',
    boot: true,
  },
  {
    line: /^hpet: Lost \d+ RTC interrupts$/,
    why: 'the host stopped the emulated clock for a moment',
  },
  {
    line: /^hrtimer: interrupt took \d+ ns$/,
    why: 'the host stopped the guest for a moment',
  },
  {
    line: /^vfio-pci \S+: (resetting|reset done)$/,
    why: 'VFIO resets the function that a process opens and closes, and PCI logs that as a warning',
  },
  {
    line: /^pcieport \S+: unlocked secondary bus reset via: pci_reset_bus_function\b/,
    why: "the same, for a function without a reset of its own: the kernel's own code does not lock the bridge there",
  },
  {
    line: /^acpi\/hmat: failed to reserve 0x[0-9a-f]+ - 0x[0-9a-f]+ in pxm: \d+$/,
    why: "QEMU's SRAT contains the range of the NVDIMM, which its own driver then claims",
    boot: true,
  },
  {
    line: /^nd_pmem \S+: unable to guarantee persistence of writes$/,
    why: "QEMU's NVDIMM gives the guest no flush hints",
  },
  {
    line: /^EXT4-fs \(pmem\d+\): DAX enabled\. Warning: EXPERIMENTAL, use at your own risk$/,
    why: 'workloads of the kind pmem mount it with DAX',
  },
  {
    line: /^\S+ \S+: (cannot be used for peer-to-peer DMA as the client and provider |ACS redirect is set between the client and provider |to disable ACS redirect for this path, add the kernel parameter: )/,
    why: 'p2pdma gives its reason for refusing; the workload, which knows the topology, judges whether it should have',
  },
  {
    line: /^pci \S+: Host bridge not in P2PDMA whitelist: /,
    why: 'the same',
  },
  {
    line: /^blk_print_req_error: \d+ callbacks suppressed$/,
    why: 'the ten lines before them were printed and judged, perhaps in the cell before; the workload judges whether an I/O succeeded',
  },
  {
    line: /^phyr\w*: loading out-of-tree module taints kernel/,
    why: 'our modules are out of tree',
  },
  ...IOMMUS.flatMap(({ log }) => log.allowed),
];

export function allowedWhile(phase: 'boot' | 'cell'): RegExp[] {
  return ALLOWED.filter(({ boot }) => phase === 'boot' || !boot).map(({ line }) => line);
}
