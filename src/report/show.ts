/**
 * One cell explained in text: what is due and why, the machine, the PCI tree with what may flow to each memory, QEMU's command line.
 * Nothing is booted for it.
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
} from '../model/index.js';
import type { Found } from '../plan/index.js';
// Not by the index: to show a cell takes no guest.
import { backingFiles, qemuArgv } from '../qemu/argv.js';
import { kernelArgs } from '../qemu/kernel-args.js';
import { flowing, wrapped } from '../terminal/index.js';
import { kindOf, type Workload } from '../workloads/index.js';
import { DMA_PATH_TEXT, formatRoute } from './route.js';
import { drawTree } from './tree.js';

export function showCell(cell: Found, width = Number.POSITIVE_INFINITY): string[] {
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

/** A line of the set-up within its second column. */
function flowed(line: string, width: number): string[] {
  return flowing([line.slice(0, NAME)], line.slice(NAME + 2), width);
}

type Shown = Pick<Found, 'machine' | 'topology' | 'workload' | 'backend'> & {
  plant?: Plant | undefined;
  /** None: it cannot run. */
  expect?: Expectation;
};

/** Of the name that a line of the set-up begins with. */
const NAME = 8;

/** What the guest is. */
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

/** Its PCI tree; where DMA may flow is said if the cell can run. */
export function treeOf({ machine, topology, expect }: Shown, width?: number): string[] {
  return [
    `topology ${topology.id}`,
    ...drawTree(machine, topology, expect === undefined ? undefined : dutOf(topology).id, width),
  ];
}

/** The command line of the guest, one option a line; files that a run makes are named after what they hold. */
export function qemuCommand({ machine, topology }: Found): string[] {
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
    else lines[lines.length - 1] += ` ${/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`}`;
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** What should come of it, and why; nothing if it cannot run. */
export function dueOf({ machine, topology, workload, backend, expect }: Shown): string {
  const peer = kindOf(workload).peer(workload);
  if (peer !== undefined && expect !== undefined && expect.kind !== 'caught')
    return `due: ${formatRoute(p2pRouteBy(backend, machine, topology, dutOf(topology).id, peer))}`;
  switch (expect?.kind) {
    case undefined:
      return '';
    case 'works':
      return `due: works, ${DMA_PATH_TEXT[expect.how]}`;
    case 'refused':
      return `due: refused with ${expect.errno}`;
    case 'not-modelled':
      return `not modelled: ${expect.why}`;
    case 'caught':
      return `due: caught by ${expect.by.join(', ')}`;
  }
}

function machineOf({ id, arch, vcpus, memoryMiB, nvdimmMiB, reserved, clock, dmaBits }: Machine): string {
  return [
    `${id}: ${arch}`,
    countOf(vcpus, 'vCPU'),
    `${memoryMiB} MiB`,
    ...(reserved === undefined ? [] : [`${reserved.mib} MiB of them reserved`]),
    ...(nvdimmMiB === undefined ? [] : [`an NVDIMM of ${nvdimmMiB} MiB`]),
    clock === 'wall' ? 'real time' : 'a clock that counts instructions',
    ...(dmaBits === undefined ? [] : [`the device sends ${dmaBits} bits of address`]),
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

/** A field of a declaration in words, whatever it is made of. Of a list of parts only how many there are. */
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
