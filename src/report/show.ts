/**
 * One cell explained in text: what is due and why, the machine, the PCI tree with what may flow to each memory, QEMU's command line.
 * Nothing is booted for it.
 */
import { domainInForce, type Expectation, type Machine, type Workload } from '../model/index.js';
import { dutOf, type Found, p2pRouteBy } from '../plan/index.js';
import { backingFiles, kernelArgs, qemuArgv } from '../qemu/index.js';
import { formatRoute, HOW } from './route.js';
import { drawTree } from './tree.js';

export function showCell(cell: Found): string[] {
  const { id, machine, topology, workload, backend, plant, suites, outcome } = cell;
  const dut = 'expect' in outcome ? dutOf(topology).id : undefined;
  return [
    `${id}  (${suites.join(', ')})`,
    `  ${'pruned' in outcome ? `cannot run: ${outcome.pruned}` : due(outcome.expect, cell, dut)}`,
    '',
    `machine   ${machineOf(machine)}`,
    `          ${iommuOf(machine)}`,
    `          the kernel ${machine.hostBridgeP2p ? 'trusts' : 'does not trust'} the host bridge to forward peer-to-peer traffic`,
    `kernel    ${kernelArgs(machine, topology, 'tcg').join(' ')}`,
    `workload  ${workloadOf(workload)}`,
    `backend   ${backend}${plant === undefined ? '' : `, with the planted defect ${plant}`}`,
    '',
    `topology ${topology.id}`,
    ...drawTree(machine, topology, dut),
  ];
}

/** The command line of the guest, one option a line; files that a run makes are named after what they hold. */
export function qemuCommand({ machine, topology }: Found): string[] {
  const backing = new Map(backingFiles(topology).map(({ key }) => [key, `FILE-OF-${key}`]));
  const argv = qemuArgv({
    machine,
    topology,
    accelerator: 'tcg',
    dataDirs: [],
    kernel: 'KERNEL',
    initrd: 'INITRD',
    backing,
    qmpFd: 3,
    consoleFd: 4,
    traceFile: 'TRACE-FILE',
  });
  const lines = [`qemu-system-${machine.arch}`];
  for (const word of argv) {
    if (word.startsWith('-')) lines.push(`  ${word}`);
    else lines[lines.length - 1] += ` ${/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`}`;
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

function due(expect: Expectation, { machine, topology, workload, backend }: Found, dut: string | undefined): string {
  if (workload.kind === 'p2p-copy' && dut !== undefined && expect.kind !== 'caught')
    return `due: ${formatRoute(p2pRouteBy(backend, machine, topology, dut, workload.peer))}`;
  switch (expect.kind) {
    case 'works':
      return `due: works, ${HOW[expect.how]}`;
    case 'refused':
      return `due: refused with ${expect.errno}`;
    case 'not-modelled':
      return `not modelled: ${expect.why}`;
    case 'caught':
      return `due: caught by ${expect.by.join(', ')}`;
  }
}

function machineOf({ id, arch, vcpus, memoryMiB, clock, dmaBits }: Machine): string {
  return [
    `${id}: ${arch}`,
    `${vcpus} vCPU${vcpus === 1 ? '' : 's'}`,
    `${memoryMiB} MiB`,
    clock === 'wall' ? 'real time' : 'a clock that counts instructions',
    ...(dmaBits === undefined ? [] : [`the device sends ${dmaBits} bits of address`]),
  ].join(', ');
}

function iommuOf({ iommu, bounce }: Machine): string {
  if (iommu.kind === 'none') return `no IOMMU${bounce === 'force' ? ', all DMA bounced (swiotlb=force)' : ''}`;
  const more = [
    iommu.kind === 'intel' && iommu.cachingMode && 'caching mode',
    iommu.kind === 'intel' && iommu.scalable !== undefined && `scalable mode, ${iommu.scalable}`,
    iommu.runtime !== undefined && `booted ${iommu.domain}, set to ${iommu.runtime} at run time`,
    bounce === 'force' && 'all DMA bounced (swiotlb=force)',
  ].filter((text) => text !== false && text !== undefined);
  return [`IOMMU ${iommu.kind}, domain ${domainInForce(iommu)}`, ...more].join(', ');
}

function workloadOf({ id, kind, ...more }: Workload): string {
  const words = Object.entries(more).map(([key, value]) =>
    Array.isArray(value) ? `${value.length} ${key}` : `${key} ${String(value)}`,
  );
  return `${id}: ${[kind, ...words].join(', ')}`;
}
