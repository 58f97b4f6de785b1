/** A guest that works: what is plugged in stands where planned, and both sides see the same bytes. */
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Topology } from '../../src/model/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { type Bootable, bootable, login, machine, makeRig, never, openFiles } from './boot-rig.js';

const limits = { deadlineMs: 30_000, signal: never };

const everything = Topology.parse({
  id: 'everything',
  root: [
    { kind: 'ivshmem', id: 'on-root', sizeMiB: 2 },
    { kind: 'root-port', id: 'empty', below: [] },
    { kind: 'root-port', id: 'rp1', below: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16, blockSize: 4096 }] },
    {
      kind: 'root-port',
      id: 'rp2',
      below: [
        {
          kind: 'switch',
          id: 'sw',
          acs: false,
          below: [
            { kind: 'nvme', id: 'ref', role: 'reference', sizeMiB: 16 },
            {
              kind: 'switch',
              id: 'inner',
              acs: true,
              below: [
                { kind: 'ivshmem', id: 'peer', sizeMiB: 8 },
                { kind: 'nvme', id: 'third', role: 'reference', sizeMiB: 16 },
              ],
            },
            { kind: 'ivshmem', id: 'big', sizeMiB: 256 },
          ],
        },
      ],
    },
  ],
});

let image: Bootable;
beforeAll(async () => {
  image = await bootable();
});

describe('a guest', () => {
  it('has the planned devices at the planned addresses, cut off from the network, its files seen by the host', async () => {
    const before = await openFiles();
    await using rig = await makeRig();
    const guest = await rig.start(image, {
      topology: everything,
      machine: machine({ iommu: { kind: 'intel', domain: 'strict' }, hostBridgeP2p: true }),
    });
    const session = await login(guest);
    const sh = async (command: string) => (await session.exec(command, limits)).stdout.trim();

    // Where the plan says, by QEMU's account and by the guest's.
    await guest.checkPci();
    const plan = pciPlan(everything);
    for (const id of ['dut', 'ref', 'third'])
      expect(await sh(`cat /sys/bus/pci/devices/${plan.get(id)}/nvme/*/serial`), id).toBe(id);
    for (const [id, size] of [
      ['on-root', 2],
      ['peer', 8],
      ['big', 256],
    ] as const) {
      const resource = await sh(`sed -n 3p /sys/bus/pci/devices/${plan.get(id)}/resource`);
      const [start, end] = resource.split(' ').map(Number);
      expect([id, (end ?? 0) - (start ?? 0) + 1]).toEqual([id, size * 2 ** 20]);
    }
    expect(await sh(`cat /sys/bus/pci/devices/${plan.get('dut')}/nvme/*/nvme*/queue/logical_block_size`)).toBe('4096');
    expect(await sh(`cat /sys/bus/pci/devices/${plan.get('dut')}/iommu_group/type`)).toBe('DMA');

    // The CPU by which the kernel judges the host bridge.
    expect(await sh("sed -n 's/^vendor_id.*: //p;s/^cpu family.*: //p' /proc/cpuinfo | head -2")).toBe(
      'AuthenticAMD\n23',
    );

    // The disk's and the BAR's bytes, in both directions.
    const disk = await open(guest.files.get('dut') ?? '', 'r+');
    await disk.write(Buffer.alloc(4096, 'H'), 0, 4096, 8192);
    const disks = `/dev/$(basename /sys/bus/pci/devices/${plan.get('dut')}/nvme/nvme*/nvme*n1)`;
    expect(await sh(`dd if=${disks} bs=4096 skip=2 count=1 2>/dev/null | tr -d H | wc -c`)).toBe('0');
    await sh(`echo guest-was-here | dd of=${disks} bs=4096 conv=sync,fsync seek=1 2>/dev/null`);
    const seen = Buffer.alloc(14);
    await disk.read(seen, 0, 14, 4096);
    expect(seen.toString()).toBe('guest-was-here');
    await disk.close();

    // Only the host's forward leads in, and nothing out: 10.0.2.2 would be this host.
    let visitors = 0;
    const server = createServer(() => visitors++).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect((await session.exec(`echo hello | nc -w 2 10.0.2.2 ${port}`, limits)).code).not.toBe(0);
    expect(visitors).toBe(0);
    server.close();

    // What an oracle relies on.
    expect(await guest.traceEnabled()).toBe(true);
    expect(await guest.traceEnabled('pci_nvme_map_prp')).toBe(false);

    await session.push(
      [
        { path: '/lab/run/hello', mode: 0o755, source: { data: '#!/bin/sh\nprintf "{\\"n\\":%d}\\n" "$@"\n' } },
        { path: '/lab/run/big', mode: 0o644, source: { data: Buffer.alloc(3 << 20, 'x') } },
      ],
      { signal: never },
    );
    expect(await sh('wc -c < /lab/run/big')).toBe(String(3 << 20));
    expect(await session.execLines('/lab/run/hello 1 2 3', z.object({ n: z.number() }), limits)).toEqual(
      [1, 2, 3].map((n) => ({ n })),
    );
    expect(await sh('echo $PATH')).toContain('/usr/local/bin');
    expect((await session.exec('cat; exit 7', { ...limits, stdin: 'in' })).code).toBe(7);
    expect(await sh('echo $$')).toBe(await sh('echo $$'));

    // Each of several is tried, and the first that failed says how they ended.
    const several = await session.exec('phyrctl watch stop , counters , watch this', limits);
    const said = several.stdout.trim().split('\n');
    expect(said.map((line) => Object.keys(JSON.parse(line)))).toEqual([['error'], ['counters'], ['error']]);
    expect(several.code).toBe(1);

    await session.close();
    await guest.close();
    expect((await guest.died).message).toBe('the guest was closed');
    expect(await rig.leftovers()).toEqual([]);
    expect(await openFiles()).toBe(before);
  });

  it('loses nothing of what its kernel says while we are busy', async () => {
    await using rig = await makeRig();
    const guest = await rig.start(image);
    const session = await login(guest);
    const said = Array.from({ length: 60 }, (_, i) => `said ${i} ${'x'.repeat(100)} end`);
    const say = 'i=0; while [ $i -lt 60 ]; do echo "said $i $(printf %100s | tr " " x) end"; i=$((i + 1)); done';
    const later = `echo on > /proc/sys/kernel/printk_devkmsg; (sleep 0.3; ${say} | while read -r x; do echo "$x" > /dev/kmsg; done) >/dev/null 2>&1 &`;
    await session.exec(later, limits);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    await guest.console.line(/said 59 .*end/);
    expect(guest.console.tail().flatMap((line) => /said .*/.exec(line)?.[0] ?? [])).toEqual(said);
  });
});
