import { describe, expect, it } from 'vitest';
import { Machine, Topology } from '../../../src/model/index.js';
import { type ArgvSpec, backingFiles, NVDIMM, qemuArgv } from '../../../src/qemu/index.js';

const machine = Machine.parse({
  id: 'vtd-strict',
  arch: 'x86_64',
  hostBridgeP2p: false,
  vcpus: 2,
  memoryMiB: 1024,
  iommu: { kind: 'intel', domain: 'strict' },
  clock: 'wall',
});

const topology = Topology.parse({
  id: 'pair-and-peer',
  root: [
    { kind: 'root-port', id: 'rp1', below: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64 }] },
    {
      kind: 'root-port',
      id: 'rp2',
      below: [
        {
          kind: 'switch',
          id: 'sw',
          acs: false,
          below: [
            { kind: 'nvme', id: 'ref', role: 'reference', sizeMiB: 64, blockSize: 4096 },
            { kind: 'ivshmem', id: 'peer', sizeMiB: 16 },
          ],
        },
      ],
    },
  ],
});

const spec: ArgvSpec = {
  machine,
  topology,
  accelerator: 'tcg',
  dataDirs: ['/fw'],
  kernel: '/k/vmlinuz',
  initrd: '/proc/self/fd/5',
  backing: new Map([
    ['dut', '/proc/self/fd/6'],
    ['ref', '/proc/self/fd/7'],
    ['peer', '/tmp/a,b'],
  ]),
  qmpFd: 3,
  consoleFd: 4,
  traceFile: '/run/trace.log',
};

const withMachine = (changes: Partial<Machine>) => qemuArgv({ ...spec, machine: { ...machine, ...changes } });
const argumentOf = (argv: string[], flag: string) => argv[argv.indexOf(flag) + 1];

describe('qemuArgv', () => {
  it('builds the whole machine', () => {
    const lines: string[] = [];
    for (const word of qemuArgv(spec)) {
      if (word.startsWith('-')) lines.push(word);
      else lines[lines.length - 1] += ` ${word}`;
    }
    expect(lines).toMatchInlineSnapshot(`
      [
        "-L /fw",
        "-name vtd-strict",
        "-nodefaults",
        "-no-user-config",
        "-display none",
        "-no-reboot",
        "-action panic=none",
        "-machine q35,kernel-irqchip=split",
        "-accel tcg,thread=multi",
        "-cpu max,family=6,model=6,stepping=3",
        "-smp 2",
        "-m 1024M",
        "-chardev socket,id=qmp,fd=3",
        "-mon chardev=qmp,mode=control",
        "-chardev file,id=console,path=/proc/self/fd/4",
        "-serial chardev:console",
        "-netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22",
        "-device virtio-net-pci,id=net0,bus=pcie.0,addr=0x1,netdev=net,rombar=0",
        "-device pvpanic-pci,id=pvpanic,bus=pcie.0,addr=0x2",
        "-device intel-iommu,intremap=on",
        "-device pcie-root-port,id=pci-rp1,bus=pcie.0,addr=0x3,chassis=1,slot=0",
        "-blockdev driver=raw,node-name=disk-dut,cache.no-flush=on,discard=unmap,file.driver=file,file.filename=/proc/self/fd/6,file.locking=off,file.cache.no-flush=on,file.discard=unmap",
        "-device nvme,id=pci-dut,bus=pci-rp1,addr=0x0,serial=dut,drive=disk-dut,logical_block_size=512,physical_block_size=512",
        "-device pcie-root-port,id=pci-rp2,bus=pcie.0,addr=0x4,chassis=3,slot=0",
        "-device x3130-upstream,id=pci-sw,bus=pci-rp2,addr=0x0",
        "-device xio3130-downstream,id=pci-sw.0,bus=pci-sw,addr=0x0,chassis=5,slot=0",
        "-blockdev driver=raw,node-name=disk-ref,cache.no-flush=on,discard=unmap,file.driver=file,file.filename=/proc/self/fd/7,file.locking=off,file.cache.no-flush=on,file.discard=unmap",
        "-device nvme,id=pci-ref,bus=pci-sw.0,addr=0x0,serial=ref,drive=disk-ref,logical_block_size=4096,physical_block_size=4096",
        "-device xio3130-downstream,id=pci-sw.1,bus=pci-sw,addr=0x1,chassis=7,slot=0",
        "-object memory-backend-file,id=memory-peer,share=on,mem-path=/tmp/a,,b,size=16M",
        "-device ivshmem-plain,id=pci-peer,bus=pci-sw.1,addr=0x0,memdev=memory-peer,master=on",
        "-trace vtd_dmar_fault",
        "-trace vtd_frr_new",
        "-d guest_errors,invalid_mem",
        "-D /run/trace.log",
        "-kernel /k/vmlinuz",
        "-initrd /proc/self/fd/5",
        "-append console=ttyS0 ignore_loglevel log_buf_len=2M panic=-1 mitigations=off nokaslr cryptomgr.notests tsc=reliable no_timer_check intel_iommu=on iommu.passthrough=0 iommu.strict=1",
      ]
    `);
  });

  it('gives an ACS switch ports that have ACS', () => {
    const acs = structuredClone(topology);
    const port = acs.root[1];
    if (port?.kind === 'root-port' && port.below[0]?.kind === 'switch') port.below[0].acs = true;
    const devices = qemuArgv({ ...spec, topology: acs }).filter((word) => /^(pcie-root-port|xio3130)/.test(word));
    expect(devices).toMatchInlineSnapshot(`
      [
        "pcie-root-port,id=pci-rp1,bus=pcie.0,addr=0x3,chassis=1,slot=0",
        "pcie-root-port,id=pci-rp2,bus=pcie.0,addr=0x4,chassis=3,slot=0",
        "pcie-root-port,id=pci-sw.0,bus=pci-sw,addr=0x0,chassis=5,slot=0",
        "pcie-root-port,id=pci-sw.1,bus=pci-sw,addr=0x1,chassis=7,slot=0",
      ]
    `);
  });

  it('builds every kind of device', () => {
    const every = Topology.parse({
      id: 'every',
      root: [
        {
          kind: 'host-bridge',
          id: 'hb',
          below: [{ kind: 'root-port', id: 'rp', below: [{ kind: 'iommu-testdev', id: 'tester' }] }],
        },
        { kind: 'edu', id: 'edu', dmaMaskBits: 32 },
        {
          kind: 'multifunction',
          id: 'card',
          functions: [
            { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64, maxTransferKiB: 2048, cmbMiB: 16, pmrMiB: 8 },
            { kind: 'ivshmem', id: 'peer', sizeMiB: 16 },
          ],
        },
      ],
    });
    const argv = qemuArgv({ ...spec, topology: every, backing: new Map([...spec.backing, ['dut.pmr', '/f']]) });
    const ours = argv.filter((word) => /^[a-z0-9-]+,id=(pci|memory)-/.test(word));
    expect(ours).toMatchInlineSnapshot(`
      [
        "edu,id=pci-edu,bus=pcie.0,addr=0x4,dma_mask=0xffffffff",
        "memory-backend-file,id=memory-dut,share=on,mem-path=/f,size=8M",
        "nvme,id=pci-dut,bus=pcie.0,addr=0x5.0,multifunction=on,serial=dut,drive=disk-dut,logical_block_size=512,physical_block_size=512,mdts=9,cmb_size_mb=16,pmrdev=memory-dut",
        "memory-backend-file,id=memory-peer,share=on,mem-path=/tmp/a,,b,size=16M",
        "ivshmem-plain,id=pci-peer,bus=pcie.0,addr=0x5.1,memdev=memory-peer,master=on",
        "pxb-pcie,id=pci-hb,bus=pcie.0,addr=0x3,bus_nr=1",
        "pcie-root-port,id=pci-rp,bus=pci-hb,addr=0x0,chassis=5,slot=0",
        "iommu-testdev,id=pci-tester,bus=pci-rp,addr=0x0",
      ]
    `);
  });

  it('leaves access control without redirection if the topology says so', () => {
    expect(argumentOf(qemuArgv(spec), '-append')).not.toContain('acs');
    const direct = qemuArgv({ ...spec, topology: { ...topology, acsRedirect: false } });
    expect(argumentOf(direct, '-append')).toMatch(/ pci=disable_acs_redir=pci:1b36:000c$/);
  });

  it('asks the kernel for the domain and leaves out an IOMMU that is not there', () => {
    expect(argumentOf(withMachine({ iommu: { kind: 'intel', domain: 'lazy' } }), '-append')).toContain(
      'iommu.strict=0',
    );
    expect(argumentOf(withMachine({ iommu: { kind: 'intel', domain: 'passthrough' } }), '-append')).toContain(
      'iommu.passthrough=1',
    );
    const none = withMachine({ iommu: { kind: 'none' } });
    expect(none.join(' ')).not.toMatch(/iommu/);
    expect(argumentOf(none, '-machine')).toBe('q35');
  });

  it('states the CPU by which the kernel judges the host bridge, whatever the host is', () => {
    expect(argumentOf(withMachine({ hostBridgeP2p: true }), '-cpu')).toContain('vendor=AuthenticAMD,family=23');
    expect(argumentOf(withMachine({ hostBridgeP2p: false }), '-cpu')).toContain('family=6');
  });

  it('is another board with another processor, console and IOMMU for arm64', () => {
    const arm = withMachine({ arch: 'aarch64', hostBridgeP2p: false, iommu: { kind: 'smmuv3', domain: 'strict' } });
    expect(argumentOf(arm, '-machine')).toBe('virt,gic-version=3,iommu=smmuv3');
    expect(argumentOf(arm, '-cpu')).toBe('max,pauth-impdef=on');
    expect(argumentOf(arm, '-append')).toMatch(/^console=ttyAMA0 .* iommu.strict=1$/);
    expect(arm).toContain('smmuv3_propagate_event');
    expect(arm.join(' ')).not.toMatch(/intel|vtd_|irqchip/);
    // The topology is the same PCI tree.
    expect(arm.filter((word) => /pci-(dut|sw|peer)\b/.test(word))).toEqual(
      qemuArgv(spec).filter((word) => /pci-(dut|sw|peer)\b/.test(word)),
    );
  });

  it('never counts instructions with KVM', () => {
    const icount = qemuArgv({ ...spec, accelerator: 'kvm', machine: { ...machine, vcpus: 1, clock: 'icount' } });
    expect(argumentOf(icount, '-accel')).toBe('tcg,thread=single');
    expect(argumentOf(icount, '-icount')).toBe('shift=0,sleep=off');
    expect(argumentOf(icount, '-append')).toContain('tsc=reliable');
    const wall = qemuArgv({ ...spec, accelerator: 'kvm' });
    expect(argumentOf(wall, '-accel')).toBe('kvm');
    expect(wall).not.toContain('-icount');
    expect(argumentOf(wall, '-append')).not.toContain('no_timer_check');
  });

  it('adds trace events and kernel arguments', () => {
    const argv = qemuArgv({
      ...spec,
      machine: { ...machine, kernelArgs: ['swiotlb=force'] },
      traceEvents: ['pci_nvme_map_prp'],
    });
    expect(argv.filter((_, i) => argv[i - 1] === '-trace')).toEqual([
      'vtd_dmar_fault',
      'vtd_frr_new',
      'pci_nvme_map_prp',
    ]);
    expect(argumentOf(argv, '-append')).toMatch(/ swiotlb=force$/);
  });

  it('wants a file for every disk and BAR', () => {
    expect(() => qemuArgv({ ...spec, backing: new Map() })).toThrow("no backing file for node 'dut'");
  });

  it('has an NVDIMM whose memory is a file on the host', () => {
    const backing = new Map([...spec.backing, [NVDIMM, '/proc/self/fd/9']]);
    const argv = qemuArgv({ ...spec, backing, machine: { ...machine, nvdimmMiB: 256 } });
    expect(argumentOf(argv, '-machine')).toMatch(/,nvdimm=on$/);
    expect(argumentOf(argv, '-m')).toBe('1024M,slots=1,maxmem=1280M');
    expect(argv).toContain('memory-backend-file,id=memory-NVDIMM,share=on,mem-path=/proc/self/fd/9,size=256M');
    expect(argv).toContain('nvdimm,id=dimm-NVDIMM,memdev=memory-NVDIMM');
    expect(argumentOf(argv, '-append')).toContain('phyrlab_modules=nd_pmem');
    expect(backingFiles({ nvdimmMiB: 256 }, topology)[0]).toEqual({ key: NVDIMM, sizeMiB: 256 });
  });
});
