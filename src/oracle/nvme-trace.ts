/**
 * What QEMU's NVMe and IOMMU models trace, read line by line. QEMU's big lock orders all of it, so the order of the lines is the order of the
 * events.
 */

import { archOf } from '../arches/index.js';
import { type IommuModel, modelOf, requesterOf } from '../iommus/index.js';
import type { Iommu, Machine } from '../model/index.js';

/** Enabled during a cell: a line for each command, each address of its data, and each completion. */
const NVME_EVENTS = [
  'pci_nvme_mmio_start_success',
  'pci_nvme_admin_cmd',
  'pci_nvme_io_cmd',
  'pci_nvme_map_addr',
  'pci_nvme_enqueue_req_completion',
] as const;

/** QEMU's trace events for an NVMe behind this IOMMU. */
export function deviceEvents(iommu: Iommu): readonly string[] {
  return [...NVME_EVENTS, ...modelOf(iommu).trace.watched(iommu)];
}

/** A command that the device fetched. Times are positions in the trace. */
export interface DeviceCommand {
  fetched: number;
  /** `undefined`: the trace ends earlier. */
  completed: number | undefined;
  sqid: number;
  cid: number;
  opcode: number;
  /** The addresses of the data, in the order of the data. */
  addresses: { addr: number; len: number }[];
}

export interface Translation {
  at: number;
  iova: number;
  phys: number;
  /** `phys` is the beginning of the IOMMU page, which may be a large one of unknown size. */
  largePage?: true;
}

/** `bytes: undefined`: everything. */
export interface Invalidation {
  at: number;
  addr: number;
  bytes: number | undefined;
}

export interface DeviceTrace {
  commands: DeviceCommand[];
  translations: Translation[];
  invalidations: Invalidation[];
}

/** The driver that was about to own the controller from this byte of the trace file on. */
export interface Owner {
  from: number;
  driver: string;
}

/**
 * Collects what the controller did while `driver` owned it: from the first enabling of the controller after the driver's mark to the next one after
 * another driver's mark.
 */
export class NvmeTrace implements DeviceTrace {
  readonly commands: DeviceCommand[] = [];
  readonly translations: Translation[] = [];
  readonly invalidations: Invalidation[] = [];
  readonly #owners: readonly Owner[];
  readonly #driver: string;
  readonly #iommu: IommuModel<Iommu>;
  readonly #names: ReadonlySet<string>;
  /** The requester ID of the watched device. */
  readonly #requester: number;
  /** The address to which it writes interrupts, which is not memory. */
  readonly #interrupts: number | undefined;
  readonly #open = new Map<number, DeviceCommand>();
  #current: DeviceCommand | undefined;
  #owned = false;
  #at = 0;

  /** `bdf`: the device whose translations are collected. */
  constructor(options: {
    machine: Pick<Machine, 'arch' | 'iommu'>;
    owners: readonly Owner[];
    driver: string;
    bdf: string;
  }) {
    const { machine } = options;
    this.#owners = options.owners;
    this.#driver = options.driver;
    this.#iommu = modelOf(machine.iommu);
    this.#names = new Set(deviceEvents(machine.iommu));
    this.#requester = requesterOf(options.bdf);
    this.#interrupts = archOf(machine).interruptAddress;
  }

  /** Takes a line that begins at byte `offset` of the file. Returns false if it is of no interest. */
  take(line: string, offset: number): boolean {
    const text = withoutStamp(line);
    const space = text.indexOf(' ');
    const name = space < 0 ? text : text.slice(0, space);
    if (!this.#names.has(name)) return false;
    this.#at++;
    this.#event(name, text, offset);
    return true;
  }

  #event(name: string, text: string, offset: number): void {
    if (name === 'pci_nvme_mmio_start_success') {
      this.#owned = this.#owners.findLast((owner) => owner.from <= offset)?.driver === this.#driver;
      this.#current = undefined;
      this.#open.clear();
      return;
    }
    if (!name.startsWith('pci_nvme_')) this.#translated(name, text);
    else if (this.#owned) this.#nvme(name, text);
  }

  #nvme(name: string, text: string): void {
    switch (name) {
      case 'pci_nvme_admin_cmd':
        this.#current = undefined;
        break;
      case 'pci_nvme_io_cmd':
        this.#fetched(text);
        break;
      case 'pci_nvme_map_addr': {
        const match = /addr 0x([0-9a-f]+) len (\d+)/.exec(text);
        if (match) this.#current?.addresses.push({ addr: hex(match[1]), len: Number(match[2]) });
        break;
      }
      case 'pci_nvme_enqueue_req_completion': {
        const match = /cid (\d+) cqid (\d+)/.exec(text);
        if (!match) break;
        // Each of our submission queues has a completion queue with the same number.
        const key = commandKey(Number(match[2]), Number(match[1]));
        const command = this.#open.get(key);
        if (command) command.completed = this.#at;
        this.#open.delete(key);
        break;
      }
    }
  }

  #translated(name: string, text: string): void {
    const said = this.#iommu.trace.read(name, text);
    if (said === undefined) return;
    // Invalidations also count while no driver owns the controller.
    if ('addr' in said) this.invalidations.push({ at: this.#at, ...said });
    else if (this.#owned && said.requester === this.#requester && said.phys !== this.#interrupts) {
      const { requester: _, ...translation } = said;
      this.translations.push({ at: this.#at, ...translation });
    }
  }

  #fetched(text: string): void {
    const match = /cid (\d+) nsid 0x[0-9a-f]+ sqid (\d+) opc 0x([0-9a-f]+)/.exec(text);
    if (!match) return;
    const command: DeviceCommand = {
      fetched: this.#at,
      completed: undefined,
      sqid: Number(match[2]),
      cid: Number(match[1]),
      opcode: hex(match[3]),
      addresses: [],
    };
    this.commands.push(command);
    this.#open.set(commandKey(command.sqid, command.cid), command);
    this.#current = command;
  }
}

/** Unique among the commands in flight. */
export function commandKey(qid: number, cid: number): number {
  return qid * 0x10000 + cid;
}

/** QEMU can put a time before each line. */
export function withoutStamp(line: string): string {
  return line.replace(/^(\d{4}-\S+\s+|\d+@[\d.]+:\s*)/, '');
}

function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? '', 16);
}
