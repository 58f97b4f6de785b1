import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/model/index.js';
import { decodeEvents, judgeDevice, NvmeTrace, storyIn } from '../../../src/oracle/index.js';
import { Prot } from '../../../src/oracle/story.js';
import { AMD, goodRead, PAGE, READ, Scene, SMMU, VIRTIO, VTD, WRITE } from './device-scene.js';

const said = (scene: Scene, more = {}) => {
  const { report } = judgeDevice(scene.evidence(more));
  return `${report.verdict}: ${report.detail}`;
};

/** AMD-Vi says where the page begins and not how large it is. */
const largePage = (line: string) => (line.startsWith('amdvi') ? { largePage: true } : {});

const page = (phys: number, mmio = false) => [{ phys, len: PAGE, mmio }];

describe('the device oracle', () => {
  it('passes a device that used what was mapped, while it was, and measures how long translations outlive their mappings', () => {
    const { report, metrics } = judgeDevice(goodRead().evidence({ moved: 2 * PAGE }));
    expect(report).toMatchObject({
      name: 'device',
      verdict: 'pass',
      detail: expect.stringContaining('1 commands, 8 KiB'),
    });
    expect(metrics).toEqual([{ what: 'stale window', unit: 'us', value: 1, better: 'neither' }]);
  });

  it('objects to an address that was never mapped', () => {
    const scene = new Scene()
      .submit(7, page(0xa000))
      .fetch(7, [[0x1000, PAGE]])
      .complete(7);
    expect(said(scene)).toMatch(/^fail: read of 4096 bytes, byte 0, at 0x1000: was never mapped for this device/);
  });

  it('objects to use after unmap: before the command was submitted', () => {
    const scene = new Scene()
      .map(0x1000, 0xa000)
      .unmap(0x1000)
      .flush()
      .submit(7, page(0xa000))
      .fetch(7, [[0x1000, PAGE]])
      .complete(7);
    expect(said(scene)).toMatch(/^fail: .*was no longer mapped when the device got the command/);
  });

  it('objects to an unmapping while the device had the command, whenever the device used the address', () => {
    const scene = new Scene()
      .map(0x1000, 0xa000)
      .submit(7, page(0xa000))
      .fetch(7, [[0x1000, PAGE]]);
    scene.translate(0x1000, 0xa000).unmap(0x1000).flush().complete(7);
    expect(said(scene)).toMatch(/^fail: .*unmapped while the device had the command/);
  });

  it('objects to the wrong direction, both ways', () => {
    const scene = (prot: number, opcode: number) =>
      new Scene()
        .map(0x1000, 0xa000, prot)
        .submit(7, page(0xa000), opcode)
        .fetch(7, [[0x1000, PAGE]], opcode)
        .translate(0x1000, 0xa000)
        .complete(7);
    expect(said(scene(Prot.read, READ))).toMatch(/^fail: read .*mapped for the other direction \(read\)/);
    expect(said(scene(Prot.write, WRITE))).toMatch(/^fail: write .*mapped for the other direction \(write\)/);
    // What is registered may be for both; what is mapped for a command is not.
    const both = scene(Prot.read | Prot.write, READ);
    expect(said(both)).toMatch(/^pass/);
    expect(said(both, { oneWay: true })).toMatch(/^fail: read .*mapped for both directions \(read\+write\)/);
    expect(said(scene(Prot.write | Prot.mmio, READ), { oneWay: true })).not.toContain('directions');
  });

  it("objects to a length that is not the request's", () => {
    const scene = new Scene()
      .map(0x1000, 0xa000)
      .submit(7, page(0xa000))
      .fetch(7, [[0x1000, PAGE - 512]])
      .complete(7);
    expect(said(scene)).toMatch(/^fail: read of 4096 bytes: the device moved 3584 bytes/);
  });

  it('objects to a mapping that leads elsewhere than to the data', () => {
    const scene = new Scene()
      .map(0x1000, 0xb000)
      .submit(7, page(0xa000))
      .fetch(7, [[0x1000, PAGE]])
      .complete(7);
    expect(said(scene)).toMatch(/^fail: .*leads to 0xb000, but the data is at 0xa000/);
  });

  it('objects to a BAR mapped as RAM and to RAM mapped as a BAR', () => {
    const scene = (prot: number, mmio: boolean) =>
      new Scene()
        .map(0x1000, 0xa000, prot)
        .submit(7, page(0xa000, mmio))
        .fetch(7, [[0x1000, PAGE]])
        .complete(7);
    expect(said(scene(Prot.write, true))).toMatch(/^fail: .*a BAR was mapped as if it were RAM/);
    expect(said(scene(Prot.write | Prot.mmio, false))).toMatch(/^fail: .*RAM was mapped as if it were a BAR/);
    // Where the kernel chooses how a BAR is mapped it is the kernel's; it has no excuse for the reverse.
    const { report } = judgeDevice(scene(Prot.write, true).evidence({ peersBy: 'kernel' }));
    expect(`${report.verdict} ${report.detail}`).not.toMatch(/as if it were/);
    const detail = 'read of 4096 bytes, byte 0, at 0x1000: a BAR was mapped as if it were RAM';
    expect(report.kernel).toEqual([{ code: 'bar-mapped-as-ram', detail, where: { memory: 'peer' } }]);
    expect(said(scene(Prot.write | Prot.mmio, false), { peersBy: 'kernel' })).toMatch(
      /RAM was mapped as if it were a BAR/,
    );
  });

  it("objects to an address beyond the device's mask: of a peer it is the kernel's where the kernel gave it", () => {
    const scene = (mmio: boolean) =>
      new Scene()
        .map(0x1_0000_0000, 0xa000, Prot.write | (mmio ? Prot.mmio : 0))
        .submit(7, page(0xa000, mmio))
        .fetch(7, [[0x1_0000_0000, PAGE]])
        .complete(7);
    const beyond = /^fail: .*at 0x100000000: an address beyond the device's DMA mask/;
    expect(said(scene(true))).not.toMatch(/beyond/);
    expect(said(scene(true), { dmaBits: 32 })).toMatch(beyond);
    expect(said(scene(false), { dmaBits: 32, peersBy: 'kernel' })).toMatch(beyond);
    const { report } = judgeDevice(scene(true).evidence({ dmaBits: 32, peersBy: 'kernel' }));
    expect(report.detail).not.toMatch(/beyond/);
    expect(report.kernel).toMatchObject([{ code: 'beyond-dma-mask', where: { memory: 'peer' } }]);
    expect(report.kernel?.[0]?.detail).toMatch(/beyond the device's DMA mask, in a peer's memory$/);
  });

  it('finds a page in the large page whose beginning AMD-Vi names, and only where it lies in it', () => {
    const scene = (begin: number) =>
      new Scene('dma', AMD)
        .map(0x1e000, 0x2e000)
        .submit(7, page(0x2e000))
        .fetch(7, [[0x1e000, PAGE]])
        .translateAmd(0x1e000, begin)
        .complete(7);
    expect(said(scene(0x2e000))).toMatch(/^pass/);
    expect(said(scene(0x20000))).toMatch(/^pass/);
    // Another page, and beginnings of no page that has both addresses at one place.
    for (const begin of [0x3e000, 0x2d000, 0x24000, 0x10000]) expect(said(scene(begin))).toMatch(/^fail: .*stale/);
  });

  it('objects to a stale translation: the IOMMU led elsewhere than the mapping', () => {
    const scene = new Scene()
      .map(0x1000, 0xa000)
      .submit(7, page(0xa000))
      .fetch(7, [[0x1000, PAGE]]);
    scene.translate(0x1000, 0xf000).complete(7);
    expect(said(scene)).toMatch(/^fail: 0x1000 led to 0xf000 although it was mapped to 0xa000: a stale translation/);
  });

  it('objects to a translation that belongs to no command and to no mapping of that time', () => {
    const scene = goodRead()
      .map(0x1000, 0xe000)
      .submit(8, page(0xe000))
      .fetch(8, [[0x1000, PAGE]]);
    scene.translate(0x1000, 0xe000).translate(0x2000, 0xc000).complete(8);
    expect(said(scene)).toMatch(/^fail: 0x2000 was used \(it led to 0xc000\): was no longer mapped/);
  });

  it('lets a queue be used that was mapped before and is unmapped after', () => {
    const scene = new Scene().map(0x9000, 0x99000, Prot.read | Prot.write).map(0x1000, 0xa000);
    scene
      .submit(7, page(0xa000))
      .translate(0x9000, 0x99000)
      .fetch(7, [[0x1000, PAGE]]);
    scene.translate(0x1000, 0xa000).complete(7).translate(0x9000, 0x99000).unmap(0x1000).flush();
    expect(said(scene)).toMatch(/^pass/);
  });

  it('objects to an IOVA that is used again before its old translation is flushed, by the guest and by the IOMMU', () => {
    const again = (told: 'both' | 'guest' | 'nobody' | 'untraced', invalidationsTraced = true) => {
      const scene = new Scene()
        .map(0x1000, 0xa000)
        .submit(7, page(0xa000))
        .fetch(7, [[0x1000, PAGE]]);
      scene.translate(0x1000, 0xa000).complete(7).unmap(0x1000);
      if (told === 'both') scene.device('vtd_inv_desc_iotlb_pages iotlb invalidate domain 0xa addr 0x1000 mask 0x0');
      else if (told !== 'untraced')
        scene.device('vtd_inv_desc_iotlb_pages iotlb invalidate domain 0xa addr 0x2000 mask 0x0');
      if (told !== 'nobody') scene.guest({ kind: 'flush', addr: 0x1000, len: PAGE });
      scene
        .map(0x1000, 0xe000)
        .submit(8, page(0xe000))
        .fetch(8, [[0x1000, PAGE]])
        .translate(0x1000, 0xe000)
        .complete(8);
      return said(scene, { invalidationsTraced });
    };
    expect(again('both')).toMatch(/^pass/);
    expect(again('guest')).toMatch(/^fail: IOVA 0x1000 was used by a new mapping before the IOMMU was told/);
    // Where none could be seen nobody looked, but where there are none to see.
    expect(again('untraced')).toMatch(/^inconclusive: 1 IOVAs were reused, but no invalidation was seen/);
    expect(again('untraced', false)).toMatch(/^pass/);
    expect(again('nobody')).toMatch(
      /^fail: IOVA 0x1000 was mapped again before its old translation was flushed; IOVA 0x1000 was used by a new/,
    );
  });

  it('tells the uses of an id apart by their order', () => {
    const scene = goodRead()
      .map(0x1000, 0xe000)
      .submit(7, page(0xe000))
      .fetch(7, [[0x1000, PAGE]]);
    expect(said(scene.translate(0x1000, 0xe000).complete(7))).toMatch(/^pass: 2 commands/);
  });

  it("compares with the request's memory where the device sees physical addresses", () => {
    const scene = (addr: number) =>
      new Scene('identity')
        .submit(7, [{ phys: 0xa200, len: PAGE }])
        .fetch(7, [[addr, PAGE]])
        .complete(7);
    expect(said(scene(0xa200))).toMatch(/^pass/);
    expect(said(scene(0xb200))).toMatch(/^fail: .*leads to 0xb200, but the data is at 0xa200/);
    expect(said(scene(0xb200), { pool: [0xb000, 0xd000] })).toMatch(/^pass: .*2 pages in bounce buffers/);
  });

  it.each(['none', 'identity', 'dma'] as const)(
    'does not pass a command whose data it was not told of: by %s',
    (by) => {
      const scene = (ranges: { phys: number; len: number }[], bytes: number) => {
        const one = new Scene(by)
          .map(0xdead000, 0x666000)
          .guest({ kind: 'submit', qid: 1, cid: 7, opcode: READ, len: bytes });
        for (const { phys, len } of ranges) one.guest({ kind: 'range', phys, len, mmio: false });
        return one
          .fetch(7, [[0xdead000, PAGE]])
          .translate(0xdead000, 0x666000)
          .complete(7);
      };
      const blind = /^inconclusive: for 1 of 1 commands the guest did not record where the data is$/;
      expect(said(scene([], 0))).toMatch(blind);
      expect(said(scene([], PAGE))).toMatch(blind);
      const phys = by === 'dma' ? 0x666000 : 0xdead000;
      expect(said(scene([{ phys, len: PAGE - 512 }], PAGE))).toMatch(blind);
      expect(said(scene([{ phys, len: PAGE }], PAGE))).toMatch(/^pass/);
      expect(said(scene([{ phys: phys + PAGE, len: PAGE }], PAGE))).toMatch(/^fail: .*but the data is at 0x/);
    },
  );

  it('looks at each range of a page', () => {
    const scene = (second: number) =>
      new Scene('none')
        .submit(7, [
          { phys: 0xa000, len: 512 },
          { phys: second, len: PAGE - 512 },
        ])
        .fetch(7, [[0xa000, PAGE]])
        .complete(7);
    expect(said(scene(0xa200))).toMatch(/^pass/);
    expect(said(scene(0xb200))).toMatch(/^fail: .*byte 512, at 0xa200: leads to 0xa200, but the data is at 0xb200/);
  });

  it('says so when it could not look', () => {
    expect(said(goodRead(), { lost: 3 })).toMatch(/^inconclusive: 3 of the guest's events/);
    expect(said(goodRead(), { truncated: true })).toMatch(/^inconclusive/);
    expect(said(goodRead(), { moved: 1 << 20 })).toMatch(/^inconclusive: only 8 KiB of 1 MiB/);
    expect(said(goodRead(), { story: undefined })).toMatch(/^inconclusive/);
    expect(said(goodRead(), { trace: undefined })).toMatch(/^inconclusive/);
    expect(said(goodRead().submit(9, page(0xa000)))).toMatch(/^inconclusive: 1 commands are in only one/);
    expect(said(new Scene())).toMatch(/^inconclusive: the device fetched no command/);
    expect(said(new Scene(), { expect: { kind: 'refused', errno: 'EINVAL' } })).toMatch(/^pass/);
  });

  it('believes an objection even if it saw only a part', () => {
    const scene = new Scene()
      .submit(7, page(0xa000))
      .fetch(7, [[0x1000, PAGE]])
      .complete(7);
    expect(said(scene, { truncated: true, lost: 1 })).toMatch(/^fail/);
  });
});

describe("the device's trace", () => {
  const start = 'pci_nvme_mmio_start_success setting controller enable bit succeeded';
  const command = "pci_nvme_io_cmd cid 8421 nsid 0x1 sqid 2 opc 0x1 opname 'NVME_NVM_CMD_WRITE'";
  const owners = [
    { from: 0, driver: 'nvme' },
    { from: 100, driver: 'phyr_nvme' },
    { from: 200, driver: 'nvme' },
  ];
  const read = (lines: [string, number][], machine: Pick<Machine, 'arch' | 'iommu'> = VTD) => {
    const trace = new NvmeTrace({ machine, owners, driver: 'phyr_nvme', bdf: '0000:03:00.0' });
    return { trace, taken: lines.map(([line, at]) => trace.take(line, at)) };
  };

  it("counts a driver's commands from the start of its controller to the start of the next", () => {
    const { trace } = read([
      [command, 0],
      [start, 10],
      [command, 20],
      [command, 110],
      [start, 120],
      [command, 130],
      [command, 210],
      [start, 220],
      [command, 230],
    ]);
    expect(trace.commands.length).toBe(2);
  });

  it('reads the addresses of a command, and not those of the admin command that follows', () => {
    const { trace, taken } = read([
      [start, 100],
      [command, 101],
      ['pci_nvme_map_addr addr 0xffea0000 len 4096', 102],
      ['vtd_dmar_translate dev 03:00.00 iova 0xffea0000 -> gpa 0x611b000 mask 0xfff', 103],
      ['vtd_dmar_translate dev 04:00.00 iova 0xffea0000 -> gpa 0x611c000 mask 0xfff', 104],
      ["pci_nvme_admin_cmd cid 1 sqid 0 opc 0x6 opname 'NVME_ADM_CMD_IDENTIFY'", 105],
      ['pci_nvme_map_addr addr 0xfff00000 len 4096', 106],
      ['pci_nvme_enqueue_req_completion cid 8421 cqid 2 dw0 0x0 dw1 0x0 status 0x0', 107],
      ['vtd_inv_desc_iotlb_pages iotlb invalidate domain 0xa addr 0xfffdc000 mask 0x2', 108],
      ['vtd_dmar_fault sid 0x300 fault 5 addr 0xfffff000 write 1', 109],
    ]);
    expect(taken).toEqual([...Array(9).fill(true), false]);
    expect(trace.commands).toEqual([
      { fetched: 2, completed: 8, sqid: 2, cid: 8421, opcode: 1, addresses: [{ addr: 0xffea0000, len: 4096 }] },
    ]);
    expect(trace.translations).toEqual([{ at: 4, iova: 0xffea0000, phys: 0x611b000 }]);
    expect(trace.invalidations).toEqual([{ at: 9, addr: 0xfffdc000, bytes: 4 * 4096 }]);
  });

  it.each([
    ['virtio_iommu_translate_out 0xffea0000 -> 0x611b000 for sid=768', VIRTIO],
    ['amdvi_translation_result devid: 03:00.0 gpa 0xffea0000 hpa 0x611b000', AMD],
    [
      'smmuv3_translate_success smmuv3-iommu-memory-region-0-0 sid=0x300 iova=0xffea0000 translated=0x611b000 perm=0x3 stage=1',
      SMMU,
    ],
  ])('reads %s', (line, machine) => {
    const { trace } = read(
      [
        [start, 100],
        [line, 101],
        [line.replace(/768|0x300|03:00/, (sid) => (sid === '768' ? '1024' : sid.replace('3', '4'))), 102],
      ],
      machine,
    );
    expect(trace.translations).toEqual([{ at: 2, iova: 0xffea0000, phys: 0x611b000, ...largePage(line) }]);
  });

  it.each([
    // Two pages from 0xfffd8000 on, by page (granularity 3); all of a PASID (2); and what tells the IOMMU something else.
    ['p-iotlb high 0xfffd8001 low 0x100020036', [{ at: 2, addr: 0xfffd8000, bytes: 2 * PAGE }]],
    ['p-iotlb high 0x0 low 0x100020026', [{ at: 2, addr: 0, bytes: undefined }]],
    ['wait high 0x1020 low 0x200000025', []],
    ['iotlb high 0xfffd8001 low 0x100020032', []],
  ])('reads the descriptor %s', (descriptor, due) => {
    const { trace } = read([
      [start, 100],
      [`vtd_inv_desc invalidate desc type ${descriptor}`, 101],
    ]);
    expect(trace.invalidations).toEqual(due);
  });

  it('takes no interrupt for a use of memory', () => {
    const event = 'smmuv3_translate_success smmuv3-iommu-memory-region-0-0 sid=0x300 iova=0xfffff040 translated=';
    const { trace } = read(
      [
        [start, 100],
        [`${event}0x8090040 perm=0x2 stage=1`, 101],
        [`${event}0x8090044 perm=0x2 stage=1`, 102],
      ],
      SMMU,
    );
    expect(trace.translations).toEqual([{ at: 3, iova: 0xfffff040, phys: 0x8090044 }]);
  });

  it('reads lines with a time before them', () => {
    expect(read([[`1234@1700000000.123456:${start}`, 100]]).taken).toEqual([true]);
  });
});

describe("the guest's story", () => {
  const record = (
    kind: number,
    fields: { addr?: bigint; phys?: bigint; len?: bigint; prot?: number; ids?: number[] },
  ) => {
    const bytes = Buffer.alloc(40);
    bytes.writeBigUInt64LE(5n, 0);
    bytes.writeBigUInt64LE(fields.addr ?? 0n, 8);
    bytes.writeBigUInt64LE(fields.phys ?? 0n, 16);
    bytes.writeBigUInt64LE(fields.len ?? 0n, 24);
    bytes.writeUInt8(kind, 32);
    bytes.writeUInt8(fields.prot ?? 0, 33);
    for (const [i, id] of (fields.ids ?? []).entries()) bytes.writeUInt16LE(id, 34 + 2 * i);
    return bytes;
  };

  it('is decoded as the kernel lays it out', () => {
    const bytes = Buffer.concat([
      record(1, { addr: 0xfffff000n, phys: 0x1000n, len: 4096n, prot: 2 }),
      record(3, { len: 512n, ids: [2, 1, 0x1003] }),
      record(4, { phys: 0x1000n, len: 512n, prot: 4 }),
      record(5, { ids: [0, 1, 0x1003] }),
      record(2, { addr: 0xfffff000n, len: 4096n }),
      record(6, {}),
    ]);
    expect([...decodeEvents(bytes)]).toEqual([
      { time: 5, kind: 'map', addr: 0xfffff000, phys: 0x1000, len: 4096, prot: 2 },
      { time: 5, kind: 'submit', opcode: 2, qid: 1, cid: 0x1003, len: 512 },
      { time: 5, kind: 'range', phys: 0x1000, len: 512, mmio: true },
      { time: 5, kind: 'complete', qid: 1, cid: 0x1003 },
      { time: 5, kind: 'unmap', addr: 0xfffff000, len: 4096 },
      { time: 5, kind: 'flush', addr: 0, len: 0 },
    ]);
  });

  it('is whole or none', () => {
    const head = (recorded: number) => ({ story: { by: 'dma', recorded, lost: 0, pool: [0, 0] } });
    const events = { events: record(6, {}).toString('base64') };
    expect(storyIn([{ other: 1 }, head(2), events, events, { after: 1 }])?.events.length).toBe(2);
    expect(storyIn([{ other: 1 }])).toBeUndefined();
    expect(() => storyIn([head(3), events, events])).toThrow(/3 events, but 2/);
    expect(() => [...decodeEvents(record(9, {}))]).toThrow(/unknown kind 9/);
  });
});
