/**
 * The device's story: what QEMU's NVMe and IOMMU models trace, read line by line. All of it happens under QEMU's one big lock, so
 * that the order of the lines is the order of the events.
 */

import type { Iommu } from '../model/index.js';

/** Switched on for a cell: a line for each command, each address of its data, each translation and each completion. */
const NVME_EVENTS = [
  'pci_nvme_mmio_start_success',
  'pci_nvme_admin_cmd',
  'pci_nvme_io_cmd',
  'pci_nvme_map_addr',
  'pci_nvme_enqueue_req_completion',
] as const;

/** The same for Intel's IOMMU. */
const VTD_EVENTS = [
  'vtd_dmar_translate',
  'vtd_inv_desc_iotlb_global',
  'vtd_inv_desc_iotlb_domain',
  'vtd_inv_desc_iotlb_pages',
  'vtd_inv_desc_iotlb_pasid_pages',
  'vtd_inv_desc_iotlb_pasid',
] as const;

/** A first stage is invalidated by PASID, of which QEMU tells the descriptor alone, as of any other. */
const VTD_FIRST_STAGE_EVENTS = [...VTD_EVENTS, 'vtd_inv_desc'] as const;

/** What the other models say of a translation; their invalidations are not traced. */
const TRANSLATION_EVENTS = {
  virtio: ['virtio_iommu_translate_out'],
  amd: ['amdvi_translation_result'],
  smmuv3: ['smmuv3_translate_success'],
} as const;

const NAMES = new Set<string>([...NVME_EVENTS, ...VTD_FIRST_STAGE_EVENTS, ...Object.values(TRANSLATION_EVENTS).flat()]);

/** QEMU's trace events that tell what an NVMe behind this IOMMU does. */
export function deviceEvents(iommu: Iommu): readonly string[] {
  return [...NVME_EVENTS, ...iommuEvents(iommu)];
}

function iommuEvents(iommu: Iommu): readonly string[] {
  if (iommu.kind === 'none') return [];
  if (iommu.kind !== 'intel') return TRANSLATION_EVENTS[iommu.kind];
  return iommu.scalable === 'first-stage' ? VTD_FIRST_STAGE_EVENTS : VTD_EVENTS;
}

/** Are invalidations among them? */
export function invalidationsTraced({ kind }: Iommu): boolean {
  return kind === 'intel';
}

/** Who, from where, to where. */
const TRANSLATIONS: Record<string, RegExp> = {
  vtd_dmar_translate: /dev (\S+) iova 0x([0-9a-f]+) -> gpa 0x([0-9a-f]+)/,
  virtio_iommu_translate_out: /0x(?<iova>[0-9a-f]+) -> 0x(?<phys>[0-9a-f]+) for sid=(?<sid>\d+)/,
  amdvi_translation_result: /devid: (\S+) gpa 0x([0-9a-f]+) hpa 0x([0-9a-f]+)/,
  smmuv3_translate_success: /sid=(0x[0-9a-f]+) iova=0x([0-9a-f]+) translated=0x([0-9a-f]+)/,
};

/**
 * Interrupts are writes to the register GITS_TRANSLATER of QEMU's board `virt`. An SMMU translates them like all else, by a mapping that
 * the kernel makes with a device's first interrupt and keeps for the life of the domain.
 */
const INTERRUPTS_ARM64 = 0x8090040;

/** A command as the device fetched it. Times are positions in the trace. */
export interface DeviceCommand {
  fetched: number;
  /** `undefined`: the trace ends before. */
  completed: number | undefined;
  sqid: number;
  cid: number;
  opcode: number;
  /** Where the device looked for the data, in the order of the data. */
  addresses: { addr: number; len: number }[];
}

export interface Translation {
  at: number;
  iova: number;
  phys: number;
  /** `phys` is where the IOMMU's page begins, which may be a large one of a size that is not said. */
  largePage?: true;
}

/** `pages` undefined: everything. */
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

/** Who was about to own the controller from this byte of the trace file on. */
export interface Owner {
  from: number;
  driver: string;
}

const PAGE = 4096;

/**
 * Collects what the controller did while `driver` owned it: from the enabling of the controller that follows the driver's mark to
 * the next enabling that follows another's.
 */
export class NvmeTrace implements DeviceTrace {
  readonly commands: DeviceCommand[] = [];
  readonly translations: Translation[] = [];
  readonly invalidations: Invalidation[] = [];
  readonly #owners: readonly Owner[];
  readonly #driver: string;
  readonly #functions: ReadonlySet<string>;
  readonly #open = new Map<number, DeviceCommand>();
  #current: DeviceCommand | undefined;
  #owned = false;
  #at = 0;

  /** `bdf`: of the device whose translations are wanted. */
  constructor(options: { owners: readonly Owner[]; driver: string; bdf: string }) {
    this.#owners = options.owners;
    this.#driver = options.driver;
    this.#functions = new Set(traceNames(options.bdf));
  }

  /** Takes a line that begins at byte `offset` of the file; false if it is not of this story. */
  take(line: string, offset: number): boolean {
    const text = withoutStamp(line);
    const space = text.indexOf(' ');
    const name = space < 0 ? text : text.slice(0, space);
    if (!NAMES.has(name)) return false;
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
    // An invalidation may come while nobody owns the controller, and counts all the same.
    if (name.startsWith('vtd_inv_')) this.#invalidated(name, text);
    if (!this.#owned) return;
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
        // Each of our queues has a completion queue with its own number.
        const key = commandKey(Number(match[2]), Number(match[1]));
        const command = this.#open.get(key);
        if (command) command.completed = this.#at;
        this.#open.delete(key);
        break;
      }
      default: {
        const match = TRANSLATIONS[name]?.exec(text);
        if (!match) break;
        const { sid = match[1], iova = match[2], phys = match[3] } = match.groups ?? {};
        if (this.#functions.has(sid ?? '') && hex(phys) !== INTERRUPTS_ARM64) {
          const large = name === 'amdvi_translation_result' && ({ largePage: true } as const);
          this.translations.push({ at: this.#at, iova: hex(iova), phys: hex(phys), ...large });
        }
      }
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

  #invalidated(name: string, text: string): void {
    if (name === 'vtd_inv_desc') {
      this.#descriptor(text);
      return;
    }
    const pages = /addr 0x([0-9a-f]+) mask 0x([0-9a-f]+)/.exec(text);
    this.invalidations.push(
      name.endsWith('_pages') && pages
        ? { at: this.#at, addr: hex(pages[1]), bytes: PAGE * 2 ** hex(pages[2]) }
        : { at: this.#at, addr: 0, bytes: undefined },
    );
  }

  /** Type, bits 5:4 of the low half: by PASID alone, or by page; bits 5:0 and 63:12 of the high half: so many pages (a power of 2), where. */
  #descriptor(text: string): void {
    const [, high, low] = /type p-iotlb high 0x([0-9a-f]+) low 0x([0-9a-f]+)/.exec(text) ?? [];
    if (high === undefined) return;
    const [at, bits] = [this.#at, hex(high)];
    const bytes = PAGE * 2 ** (bits % 64);
    const byPage = Math.floor(hex(low) / 16) % 4 === 3;
    this.invalidations.push(
      byPage ? { at, addr: Math.floor(bits / bytes) * bytes, bytes } : { at, addr: 0, bytes: undefined },
    );
  }
}

/** Unique among the commands that are under way. */
export function commandKey(qid: number, cid: number): number {
  return qid * 0x10000 + cid;
}

/** Each model has a way of its own to write `0000:03:00.0`. */
function traceNames(bdf: string): string[] {
  const [bus, device, fn] = /([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/.exec(bdf)?.slice(1) ?? [];
  const sid = hex(bus) * 256 + hex(device) * 8 + hex(fn);
  return [`${bus}:${device}.0${fn}`, `${bus}:${device}.${fn}`, String(sid), `0x${sid.toString(16)}`];
}

/** QEMU puts a time before each line when it is told to. */
export function withoutStamp(line: string): string {
  return line.replace(/^(\d{4}-\S+\s+|\d+@[\d.]+:\s*)/, '');
}

function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? '', 16);
}
