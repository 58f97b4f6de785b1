/** I/O without a bio: what a registered list costs, what /dev/phyrN-ctl must refuse, and a device that goes while its node is in use. */
import { expect, it } from 'vitest';
import { parseKtap } from '../../src/guest/index.js';
import type { Iommu } from '../../src/model/index.js';
import { pciPlan } from '../../src/qemu/index.js';
import { machine, oneDisk, sh, withModules } from './boot-rig.js';

const bdf = pciPlan(oneDisk).get('dut') ?? '';

const BUDGET = 250;

it.each<[string, Iommu]>([
  ['translated', { kind: 'intel', domain: 'strict' }],
  ['passed through', { kind: 'intel', domain: 'passthrough' }],
])('an I/O on a registered list costs at most 250 instructions, %s', async (_name, iommu) => {
  await withModules({ machine: machine({ iommu, clock: 'icount', vcpus: 1 }) }, async (session) => {
    await sh(session, `insmod /lab/modules/phyr.ko; insmod /lab/modules/phyr_test.ko; lab bind ${bdf} phyr_test`);
    const report = await sh(session, 'cat /sys/kernel/debug/phyr_test/reg_cost');
    expect(parseKtap(report).tests.find(({ name }) => name === 'reg: cost of an I/O')?.status).toBe('pass');
    const looked = [...report.matchAll(/registered: look list_kib=(\d+) len=(\d+) median=(\d+) max=(\d+)/g)];
    expect(looked.map(([, list, len]) => `${list} ${len}`)).toEqual(
      [1024, 8192, 65536].flatMap((list) => [`${list} 4096`, `${list} 131072`]),
    );
    for (const [line, , , , max] of looked) expect(Number(max), line).toBeLessThanOrEqual(BUDGET);
    const flushes = [...report.matchAll(/registered: flushes \S+ during=(\d+) after=(\d+)/g)];
    expect(flushes.map(([, during]) => during)).toEqual(['0', '0', '0']);
    // That it counts is seen where unmapping invalidates.
    if (iommu.kind === 'intel' && iommu.domain === 'strict')
      for (const [line, , after] of flushes) expect(Number(after), line).toBeGreaterThan(0);
  });
});

const EVENT = '/sys/kernel/tracing/events/phyr_nvme/phyr_nvme_ctl_buffer/enable';

/** That a handle goes is said under the lock of the table (a preempt depth in the flags): once out of it, it can be another thread's. */
const LOST_UNDER_LOCK = /\] \S{3}[1-9]\S* +[\d.]+: phyr_nvme_ctl_buffer: .* len=0$/m;

it('the node refuses what is wrong, bears many threads, and its device may go', async () => {
  await withModules({ machine: machine({ iommu: { kind: 'intel', domain: 'strict' } }) }, async (session) => {
    await sh(session, `lab load phyr8; lab bind ${bdf} phyr_nvme`);
    await sh(session, `echo 1 > ${EVENT}`);
    expect(JSON.parse(await sh(session, 'phyrio refuse /dev/phyr0-ctl'))).toMatchObject({ op: 'refuse', wrong: 0 });
    expect(await sh(session, `cat /sys/kernel/tracing/trace; echo 0 > ${EVENT}`)).toMatch(LOST_UNDER_LOCK);
    expect(JSON.parse(await sh(session, 'phyrio stress /dev/phyr0-ctl 4 1 9'))).toMatchObject({ op: 'stress', bad: 0 });
    const [shown, last] = (
      await sh(
        session,
        `phyrio repeat /dev/phyr0-ctl 1000000 65536 buffer >/tmp/repeat & pid=$!; sleep 0.5
         cat /sys/kernel/debug/phyr_nvme/${bdf}/buffers | tr '\\n' ' '; echo
         lab unbind ${bdf} >/dev/null; wait $pid || cat /tmp/repeat`,
      )
    ).split('\n');
    expect(shown).toMatch(/^buffer access=r charged=32 pinned phyr8 ram, 131072 bytes in \d+ chunks/);
    expect(JSON.parse(last ?? '')).toMatchObject({ errno: 'ENODEV' });
    await sh(session, 'lab unload');
    expect((await sh(session, "dmesg | grep -cE 'WARNING:|BUG:|KFENCE' || :")).trim()).toBe('0');
  });
});
