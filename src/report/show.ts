/**
 * Explains one cell without booting it: what is expected and why, the machine, the PCI tree with the DMA route to each memory, and QEMU's
 * command line.
 */

import { archOf } from '../arches/index.js';
import { dutOf, p2pRouteBy } from '../fabric/index.js';
import { domainOf, modelOf } from '../iommus/index.js';
import {
  countOf,
  domainInForce,
  type Expectation,
  hasIommu,
  type Machine,
  type Plant,
  runtimeOf,
  shellWord,
} from '../model/index.js';
import type { FoundCell } from '../plan/index.js';
// Not imported from the index: showing a cell needs no guest.
import { backingFiles, qemuArgv } from '../qemu/argv.js';
import { kernelArgs } from '../qemu/kernel-args.js';
import { flowing, wrapped } from '../terminal/index.js';
import { kindOf, type Workload } from '../workloads/index.js';
import { DMA_PATH_TEXT, formatRoute } from './route.js';
import { drawTree } from './tree.js';

export function showCell(cell: FoundCell, width = Number.POSITIVE_INFINITY): string[] {
  const { id, suites, outcome } = cell;
  const shown = { ...cell, ...('expect' in outcome ? outcome : {}) };
  return [
    ...wrapped(`${id}  (${suites.join(', ')})`, width),
    ...wrapped(`  ${'pruned' in outcome ? `cannot run: ${outcome.pruned}` : dueOf(shown)}`, width),
    '',
    ...setupOf(shown).flatMap((line) => flowed(line, width)),
    '',
    ...treeOf(shown, width),
  ];
}

/** A line of the set-up, wrapped within its second column. */
function flowed(line: string, width: number): string[] {
  return flowing([line.slice(0, NAME)], line.slice(NAME + 2), width);
}

type Shown = Pick<FoundCell, 'machine' | 'topology' | 'workload' | 'backend'> & {
  plant?: Plant | undefined;
  /** Missing if the cell cannot run. */
  expect?: Expectation;
};

/** Width of the name at the beginning of a line of the set-up. */
const NAME = 8;

/** What the cell's guest is made of. */
export function setupOf({ machine, topology, workload, backend, plant }: Shown): string[] {
  return [
    `machine   ${machineOf(machine)}`,
    `          ${iommuOf(machine)}`,
    `          the kernel ${machine.hostBridgeP2p ? 'trusts' : 'does not trust'} the host bridge to forward peer-to-peer traffic`,
    `kernel    ${kernelArgs(machine, topology, 'tcg').join(' ')}`,
    `workload  ${workloadOf(workload)}`,
    `          ${kindOf(workload).describe}`,
    `backend   ${backend}${plant === undefined ? '' : `, with the planted defect ${plant}`}`,
  ];
}

/** The PCI tree, with the DMA routes if the cell can run. */
export function treeOf({ machine, topology, expect }: Shown, width?: number): string[] {
  return [
    `topology ${topology.id}`,
    ...drawTree(machine, topology, expect === undefined ? undefined : dutOf(topology).id, width),
  ];
}

/** QEMU's command line, one option per line, with placeholders for the files of a run. */
export function qemuCommand({ machine, topology }: FoundCell): string[] {
  const backing = new Map(backingFiles(machine, topology).map(({ key }) => [key, `FILE-OF-${key}`]));
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
  const lines = [archOf(machine).emulator];
  for (const word of argv) {
    if (word.startsWith('-')) lines.push(`  ${word}`);
    else lines[lines.length - 1] += ` ${shellWord(word)}`;
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** The expected result and why; empty if the cell cannot run. */
export function dueOf({ machine, topology, workload, backend, expect }: Shown): string {
  const peer = kindOf(workload).peer(workload);
  if (peer !== undefined && expect !== undefined && expect.kind !== 'caught')
    return `expected: ${formatRoute(p2pRouteBy(backend, machine, topology, dutOf(topology).id, peer))}`;
  switch (expect?.kind) {
    case undefined:
      return '';
    case 'works':
      return `expected: works, ${DMA_PATH_TEXT[expect.how]}`;
    case 'refused':
      return `expected: refused with ${expect.errno}`;
    case 'not-modelled':
      return `not modelled: ${expect.why}`;
    case 'caught':
      return `expected: caught by ${expect.by.join(', ')}`;
  }
}

function machineOf({ id, arch, vcpus, memoryMiB, nvdimmMiB, reserved, clock, dmaBits }: Machine): string {
  return [
    `${id}: ${arch}`,
    countOf(vcpus, 'vCPU'),
    `${memoryMiB} MiB`,
    ...(reserved === undefined ? [] : [`${reserved.mib} MiB of it reserved`]),
    ...(nvdimmMiB === undefined ? [] : [`an NVDIMM of ${nvdimmMiB} MiB`]),
    clock === 'wall' ? 'real time' : 'clock counts instructions (icount)',
    ...(dmaBits === undefined ? [] : [`DMA addresses of ${dmaBits} bits`]),
  ].join(', ');
}

function iommuOf(machine: Machine): string {
  const { iommu, bounce } = machine;
  const runtime = runtimeOf(iommu);
  return [
    hasIommu(machine) ? `IOMMU ${iommu.kind}, domain ${domainInForce(iommu)}` : 'no IOMMU',
    ...modelOf(iommu).labels.more(iommu),
    ...(runtime === undefined ? [] : [`booted ${domainOf(iommu)}, set to ${runtime} at run time`]),
    ...(bounce === 'force' ? ['all DMA bounced (swiotlb=force)'] : []),
  ].join(', ');
}

function workloadOf({ id, kind, ...more }: Workload): string {
  return `${id}: ${[kind, ...Object.entries(more).flatMap(([key, value]) => fieldOf(key, value))].join(', ')}`;
}

/** A field of a declaration in words. For a list of objects only their number. */
function fieldOf(key: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? key : `no ${key}`];
  if (!isParts(value)) return [`${key} ${String(value)}`];
  if (!Array.isArray(value)) {
    const { kind, ...parts } = value;
    const said = Object.entries(parts).flatMap(([name, part]) => fieldOf(name, part));
    return [[key, ...(kind === undefined ? [] : [kind]), `(${said.join(', ')})`].join(' ')];
  }
  return [value.some(isParts) ? countOf(value.length, key.replace(/s$/, ''), key) : `${key} ${value.join(' + ')}`];
}

function isParts(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
