import { describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { UsageError } from '../../../src/model/index.js';
import { expand, findCell } from '../../../src/plan/index.js';
import { qemuCommand, showCell } from '../../../src/report/index.js';
import { setupOf } from '../../../src/report/show.js';

const p2p = suites.filter(({ id }) => id === 'p2p');

describe('phyrlab show', () => {
  it('says every field of every workload in words', () => {
    const shown = suites.flatMap(({ blocks }) =>
      blocks.flatMap(({ machines: [machine], topologies: [topology], workloads, backends: [backend] }) =>
        machine && topology && backend
          ? workloads.map((workload) =>
              setupOf({ machine, topology, workload, backend }).find((line) => line.startsWith('workload')),
            )
          : [],
      ),
    );
    expect(shown.length).toBeGreaterThan(100);
    expect(shown).toContain(
      'workload  register-ram: register, from dma-buf (memory page-less, via dma-buf, ranges apart), engine iommu-testdev, processes 4',
    );
    expect(shown.filter((line) => /\[object|undefined|\b1 \w+s\b/.test(line ?? ''))).toEqual([]);
  });

  it('explains a cell, its machine, and what may flow where', () => {
    expect(showCell(findCell(p2p, 'vtd-pt-p2p/acs/p2p-near/phyr8'))).toMatchInlineSnapshot(`
      [
        "vtd-pt-p2p/acs/p2p-near/phyr8  (p2p)",
        "  expected: works, through the host bridge: port 1 of switch sw redirects peer traffic upwards, and the kernel trusts this host bridge to forward it",
        "",
        "machine   vtd-pt-p2p: x86_64, 2 vCPUs, 768 MiB, real time",
        "          IOMMU intel, domain identity",
        "          the kernel trusts the host bridge to forward peer-to-peer traffic",
        "kernel    console=ttyS0 ignore_loglevel log_buf_len=2M panic=-1 mitigations=off nokaslr cryptomgr.notests tsc=reliable no_timer_check intel_iommu=on iommu.passthrough=1",
        "workload  p2p-near: p2p-copy, peer near, sizeKiB 1024",
        "          disk to a peer's BAR to disk, without the CPU touching a byte",
        "backend   phyr8",
        "",
        "topology acs",
        "host bridge",
        "├─ memory of the machine: dut reaches it by physical address",
        "├─ 00:03.0  rp0: root port, ACS redirects to peers upwards",
        "│  └─ 01:00.0  sw: switch, upstream port",
        "│     ├─ 02:00.0  sw: switch port, ACS redirects to peers upwards",
        "│     │  └─ 03:00.0  dut: NVMe of 64 MiB, device under test",
        "│     └─ 02:01.0  sw: switch port, ACS redirects to peers upwards",
        "│        └─ 04:00.0  near: ivshmem, a BAR of 16 MiB",
        "│                    dut <-> near: works, through the host bridge: port 1 of switch sw redirects peer traffic upwards, and the kernel trusts this host bridge to forward it",
        "└─ 00:04.0  rp1: root port, ACS redirects to peers upwards",
        "   └─ 05:00.0  far: ivshmem, a BAR of 16 MiB",
        "               dut <-> far: works, through the host bridge: no bridge is above both, and the kernel trusts this host bridge to forward it",
      ]
    `);
  });

  it('draws several functions, a second host bridge and page tables', () => {
    const lines = showCell(findCell(p2p, 'vtd-strict-p2p/fabric/p2p-beyond/phyr8'));
    expect(lines.slice(lines.indexOf('topology fabric'))).toMatchInlineSnapshot(`
      [
        "topology fabric",
        "host bridge",
        "├─ memory of the machine: dut reaches it by IOVA",
        "├─ 00:03.0  rp0: root port, ACS redirects to peers upwards",
        "│  └─ 01:00.0  sw: switch, upstream port",
        "│     ├─ 02:00.0  sw: switch port, no ACS",
        "│     │  ├─ 03:00.0  dut: NVMe of 64 MiB, device under test, a function of card",
        "│     │  └─ 03:00.1  sibling: ivshmem, a BAR of 16 MiB, a function of card",
        "│     │              dut <-> sibling: not modelled: both are below port 0 of switch sw and no port between redirects: the address is a bus address, but QEMU sends it through the IOMMU instead of routing it in the switch",
        "│     └─ 02:01.0  sw: switch port, no ACS",
        "│        └─ 04:00.0  near: ivshmem, a BAR of 16 MiB",
        "│                    dut <-> near: not modelled: both are below switch sw and no port between redirects: the address is a bus address, but QEMU sends it through the IOMMU instead of routing it in the switch",
        "├─ 00:04.0  rp1: root port, ACS redirects to peers upwards",
        "│  └─ 05:00.0  far: ivshmem, a BAR of 16 MiB",
        "│              dut <-> far: works, by IOVA: no bridge is above both; the IOMMU leads to the peer",
        "├─ 00:05.0  flat: ivshmem, a BAR of 16 MiB",
        "│           dut <-> flat: works, by IOVA: no bridge is above both; the IOMMU leads to the peer",
        "└─ 00:06.0  hb1: second host bridge (pxb-pcie)",
        "   └─ 06:00.0  rp2: root port, ACS redirects to peers upwards",
        "      └─ 07:00.0  beyond: ivshmem, a BAR of 16 MiB",
        "                  dut <-> beyond: works, by IOVA: no bridge is above both; the IOMMU leads to the peer",
      ]
    `);
  });

  it('says why a combination cannot run, and shows its tree all the same', () => {
    const lines = showCell(findCell(suites, 'no-iommu/switch/map-cost/sg'));
    expect(lines[1]).toBe('  cannot run: instruction counts need a machine whose clock is icount');
    expect(lines).toContain('topology switch');
  });

  it('agrees with the plan', () => {
    for (const suite of suites.filter(({ id }) => id === 'smoke' || id === 'p2p')) {
      for (const { id, expect: due } of expand(suite, 1).cells) {
        const [title, outcome] = showCell(findCell([suite], id));
        expect(title).toContain(suite.id);
        expect(outcome).toContain(due.kind === 'works' ? 'works' : due.kind === 'refused' ? due.errno : '');
      }
    }
  });

  it("prints QEMU's command line as a shell would take it", () => {
    const lines = qemuCommand(findCell(suites, 'vtd-strict/switch/crosscheck/sg'));
    expect(lines[0]).toBe('qemu-system-x86_64 \\');
    expect(lines.filter((line) => !line.startsWith('  -')).length).toBe(1);
    expect(lines.join('\n')).toContain('file.filename=FILE-OF-dut,');
    expect(lines.at(-1)).toMatch(/^ {2}-append 'console=.* iommu.strict=1'$/);
  });
});

describe('find', () => {
  it('takes an id, or a pattern that one combination matches', () => {
    expect(findCell(suites, 'vtd-strict/switch/fio-verify/phyr8').suites.length).toBeGreaterThan(1);
    expect(findCell(suites, 'vtd-strict/switch/fio-verify/phyr8!swap*').plant).toBe('swap-direction');
  });

  it.each([
    ['vtd-strict/switch/fio-verfy/phyr8', /no cell is called/, /did you mean .*vtd-strict\/switch\/fio-verify\/phyr8/],
    ['crosscheck', /matches \d+ cells/, /name one/],
    ['nothing-like-it', /no cell is called/, /phyrlab list/],
    ['', /an empty word names no cell/, /name a suite, a cell/],
  ])('refuses %j', (word, message, hint) => {
    expect(() => findCell(suites, word)).toThrow(UsageError);
    try {
      findCell(suites, word);
    } catch (error) {
      expect((error as UsageError).message).toMatch(message);
      expect((error as UsageError).hint).toMatch(hint);
    }
  });
});
