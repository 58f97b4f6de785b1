/** Two stories of the same events, the guest's and the device's, as both would be recorded; each step can be left out or bent. */
import type { Machine } from '../../../src/model/index.js';
import { type DeviceEvidence, NvmeTrace, type Story } from '../../../src/oracle/index.js';
import { Prot, type StoryEvent } from '../../../src/oracle/story.js';

export const PAGE = 4096;
export const READ = 2;
export const WRITE = 1;

export const VTD = { arch: 'x86_64', iommu: { kind: 'intel', domain: 'strict', scalable: 'first-stage' } } as const;
export const AMD = { arch: 'x86_64', iommu: { kind: 'amd', domain: 'strict' } } as const;
export const VIRTIO = { arch: 'x86_64', iommu: { kind: 'virtio', domain: 'strict' } } as const;
export const SMMU = { arch: 'aarch64', iommu: { kind: 'smmuv3', domain: 'strict' } } as const;

type Told = StoryEvent extends infer E ? (E extends StoryEvent ? Omit<E, 'time'> : never) : never;

export class Scene {
  readonly events: StoryEvent[] = [];
  readonly lines: string[] = ['pci_nvme_mmio_start_success setting controller enable bit succeeded'];
  readonly #by: Story['by'];
  readonly #machine: Pick<Machine, 'arch' | 'iommu'>;
  #time = 0;

  constructor(by: Story['by'] = 'dma', machine: Pick<Machine, 'arch' | 'iommu'> = VTD) {
    this.#by = by;
    this.#machine = machine;
  }

  guest(event: Told): this {
    this.#time += 1000;
    this.events.push({ time: this.#time, ...event } as StoryEvent);
    return this;
  }

  device(...lines: string[]): this {
    this.lines.push(...lines);
    return this;
  }

  map(addr: number, phys: number, prot: number = Prot.write, len = PAGE): this {
    return this.guest({ kind: 'map', addr, phys, len, prot });
  }

  unmap(addr: number, len = PAGE): this {
    return this.guest({ kind: 'unmap', addr, len });
  }

  /** Both sides see a flush of everything. */
  flush(): this {
    this.guest({ kind: 'flush', addr: 0, len: 0 });
    return this.device('vtd_inv_desc_iotlb_domain iotlb invalidate whole domain 0xa');
  }

  submit(cid: number, ranges: { phys: number; len: number; mmio?: boolean }[], opcode = READ): this {
    const len = ranges.reduce((sum, range) => sum + range.len, 0);
    this.guest({ kind: 'submit', qid: 1, cid, opcode, len });
    for (const { phys, len, mmio } of ranges) this.guest({ kind: 'range', phys, len, mmio: mmio ?? false });
    return this;
  }

  fetch(cid: number, addresses: [addr: number, len: number][], opcode = READ): this {
    this.device(`pci_nvme_io_cmd cid ${cid} nsid 0x1 sqid 1 opc 0x${opcode} opname 'NVME_NVM_CMD'`);
    return this.device(...addresses.map(([addr, len]) => `pci_nvme_map_addr addr 0x${addr.toString(16)} len ${len}`));
  }

  translate(iova: number, gpa: number): this {
    return this.device(
      `vtd_dmar_translate dev 03:00.00 iova 0x${iova.toString(16)} -> gpa 0x${gpa.toString(16)} mask 0xfff`,
    );
  }

  /** As AMD's IOMMU says it. */
  translateAmd(iova: number, gpa: number): this {
    return this.device(`amdvi_translation_result devid: 03:00.0 gpa 0x${iova.toString(16)} hpa 0x${gpa.toString(16)}`);
  }

  /** The device completes and the guest hears of it. */
  complete(cid: number): this {
    this.device(`pci_nvme_enqueue_req_completion cid ${cid} cqid 1 dw0 0x0 dw1 0x0 status 0x0`);
    return this.guest({ kind: 'complete', qid: 1, cid });
  }

  evidence(more: Partial<DeviceEvidence & Pick<Story, 'lost' | 'pool'>> = {}): DeviceEvidence {
    const trace = new NvmeTrace({
      machine: this.#machine,
      owners: [{ from: 0, driver: 'phyr_nvme' }],
      driver: 'phyr_nvme',
      bdf: '0000:03:00.0',
    });
    for (const [at, line] of this.lines.entries()) trace.take(line, at);
    const story: Story = { by: this.#by, lost: more.lost ?? 0, pool: more.pool ?? [0, 0], events: this.events };
    return { story, trace, truncated: false, expect: { kind: 'works', how: 'iova' }, moved: 0, ...more };
  }
}

/** A read of two pages, which do not adjoin, as it should be; `bend` each step by naming it. */
export function goodRead(): Scene {
  return new Scene()
    .map(0x1000, 0xa000)
    .map(0x2000, 0xc000)
    .submit(7, [
      { phys: 0xa000, len: PAGE },
      { phys: 0xc000, len: PAGE },
    ])
    .fetch(7, [
      [0x1000, PAGE],
      [0x2000, PAGE],
    ])
    .translate(0x1000, 0xa000)
    .translate(0x2000, 0xc000)
    .complete(7)
    .unmap(0x1000, 2 * PAGE)
    .flush();
}
