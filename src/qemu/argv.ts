/** Turns a machine and a topology into QEMU's arguments. Pure: the caller passes paths and descriptors. */
import { archOf, type Properties } from '../arches/index.js';
import { modelOf } from '../iommus/index.js';
import { type Machine, type NvmeNode, type Topology, walk } from '../model/index.js';
import { kernelArgs } from './kernel-args.js';
import { OWN_SLOTS, type PciDevice, pciDevices } from './pci.js';

/**
 * The path of the file behind each NVMe and ivshmem node (by the node's id), each persistent memory region, and the
 * NVDIMM.
 */
export type Backing = ReadonlyMap<string, string>;

export interface ArgvSpec {
  machine: Machine;
  topology: Topology;
  /** The best accelerator that the host has. */
  accelerator: 'kvm' | 'tcg';
  /** Firmware directories. */
  dataDirs: readonly string[];
  kernel: string;
  initrd: string;
  backing: Backing;
  /** Descriptors that QEMU inherits: the monitor, a socket, and the serial console. */
  qmpFd: number;
  consoleFd: number;
  /** QEMU writes trace events and guest errors to this file. */
  traceFile: string;
  /** Trace events in addition to the IOMMU's faults. */
  traceEvents?: readonly string[];
  /** QEMU's coverage plugin, and the file that it writes. */
  coverage?: { plugin: string; map: string };
  /** Wait for a snapshot to restore instead of booting. */
  incoming?: boolean;
}

export function qemuArgv(spec: ArgvSpec): string[] {
  const { machine } = spec;
  // -icount needs emulation.
  const accelerator = machine.clock === 'icount' ? 'tcg' : spec.accelerator;
  const { board, boardProperties, cpu, cpuProperties } = archOf(machine);
  const { qemu, trace } = modelOf(machine.iommu);
  const iommuPlace = { bus: 'pcie.0', addr: slot(OWN_SLOTS.iommu) };
  return [
    ...spec.dataDirs.flatMap((dir) => ['-L', dir]),
    ...['-name', machine.id, '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    // After a panic, let the kernel print its whole report. panic=-1 then resets the guest, which ends QEMU.
    ...['-action', 'panic=none'],
    ...['-machine', option(board, { ...boardProperties, ...qemu.machine, ...(machine.nvdimmMiB && { nvdimm: 'on' }) })],
    ...acceleratorArgs(machine, accelerator),
    ...['-cpu', option(cpu, cpuProperties(machine.hostBridgeP2p))],
    ...['-smp', String(machine.vcpus), '-m', memorySize(machine)],
    ...nvdimmArgs(machine, spec.backing),
    ...['-chardev', option('socket', { id: 'qmp', fd: spec.qmpFd }), '-mon', 'chardev=qmp,mode=control'],
    ...[
      '-chardev',
      option('file', { id: 'console', path: `/proc/self/fd/${spec.consoleFd}` }),
      '-serial',
      'chardev:console',
    ],
    // The guest's network consists of the forwarded SSH port only.
    ...['-netdev', option('user', { id: 'net', restrict: 'on', hostfwd: 'tcp:127.0.0.1:0-:22' })],
    ...deviceArgs('virtio-net-pci', {
      id: 'net0',
      bus: 'pcie.0',
      addr: slot(OWN_SLOTS.network),
      netdev: 'net',
      rombar: 0,
    }),
    ...deviceArgs('pvpanic-pci', { id: 'pvpanic', bus: 'pcie.0', addr: slot(OWN_SLOTS.pvpanic) }),
    ...qemu.devices(machine.iommu, iommuPlace).flatMap(([driver, properties]) => deviceArgs(driver, properties)),
    ...pciDevices(spec.topology).flatMap((device, index) => topologyArgs(device, index + 1, spec.backing)),
    ...[...trace.faults, ...(spec.traceEvents ?? [])].flatMap((event) => ['-trace', event]),
    ...['-d', 'guest_errors,invalid_mem', '-D', spec.traceFile],
    ...(spec.coverage ? ['-plugin', option(spec.coverage.plugin, { map: spec.coverage.map })] : []),
    ...(spec.incoming ? ['-incoming', 'defer'] : []),
    ...[
      '-kernel',
      spec.kernel,
      '-initrd',
      spec.initrd,
      '-append',
      kernelArgs(machine, spec.topology, accelerator).join(' '),
    ],
  ];
}

function memorySize({ memoryMiB, nvdimmMiB }: Machine): string {
  return `${memoryMiB}M${nvdimmMiB === undefined ? '' : `,slots=1,maxmem=${memoryMiB + nvdimmMiB}M`}`;
}

function nvdimmArgs({ nvdimmMiB }: Machine, backing: Backing): string[] {
  if (nvdimmMiB === undefined) return [];
  const memdev = `memory-${NVDIMM}`;
  return [
    ...memoryArgs(NVDIMM, nvdimmMiB, fileOf(NVDIMM, backing)),
    ...deviceArgs('nvdimm', { id: `dimm-${NVDIMM}`, memdev }),
  ];
}

function acceleratorArgs(machine: Machine, accelerator: ArgvSpec['accelerator']): string[] {
  if (accelerator === 'kvm') return ['-accel', 'kvm'];
  if (machine.clock === 'icount') return ['-accel', 'tcg,thread=single', '-icount', 'shift=0,sleep=off'];
  return ['-accel', 'tcg,thread=multi'];
}

function topologyArgs(device: PciDevice, chassis: number, backing: Backing): string[] {
  const { id, bus, driver, node } = device;
  const where = {
    id,
    bus,
    addr: device.multifunction || device.fn > 0 ? `${slot(device.slot)}.${device.fn}` : slot(device.slot),
    ...(device.multifunction && { multifunction: 'on' }),
  };
  switch (node.kind) {
    case 'nvme':
      return nvmeArgs(node, where, backing);
    case 'ivshmem':
      return [
        ...memoryArgs(node.id, node.sizeMiB, fileOf(node.id, backing)),
        // A master's memory is part of a snapshot, which does no harm; with a peer's, QEMU would refuse to save one.
        ...deviceArgs(driver, { ...where, memdev: `memory-${node.id}`, master: 'on' }),
      ];
    case 'edu':
      return deviceArgs(driver, { ...where, dma_mask: `0x${(2n ** BigInt(node.dmaMaskBits) - 1n).toString(16)}` });
    case 'iommu-testdev':
      return deviceArgs(driver, where);
    case 'host-bridge':
      return deviceArgs(driver, { ...where, bus_nr: device.below ?? 0 });
    default:
      return deviceArgs(driver, driver === 'x3130-upstream' ? where : { ...where, chassis, slot: 0 });
  }
}

/** The file lives as long as the guest, so flushing it to the host's disk would prove nothing. */
function diskArgs(nodeId: string, backing: Backing): string[] {
  const disk = {
    'node-name': `disk-${nodeId}`,
    'cache.no-flush': 'on',
    discard: 'unmap',
    'file.driver': 'file',
    'file.filename': fileOf(nodeId, backing),
    'file.locking': 'off',
    'file.cache.no-flush': 'on',
    'file.discard': 'unmap',
  };
  return ['-blockdev', option('driver=raw', disk)];
}

function nvmeArgs(node: NvmeNode, where: Properties, backing: Backing): string[] {
  const { id, blockSize, maxTransferKiB, cmbMiB, pmrMiB } = node;
  return [
    ...diskArgs(id, backing),
    ...(pmrMiB === undefined ? [] : memoryArgs(id, pmrMiB, fileOf(pmrOf(id), backing))),
    ...deviceArgs('nvme', {
      ...where,
      serial: id,
      drive: `disk-${id}`,
      logical_block_size: blockSize,
      physical_block_size: blockSize,
      // A power of two, in pages of the controller.
      ...(maxTransferKiB !== undefined && { mdts: Math.log2(maxTransferKiB / 4) }),
      ...(cmbMiB !== undefined && { cmb_size_mb: cmbMiB }),
      ...(pmrMiB !== undefined && { pmrdev: `memory-${id}` }),
    }),
  ];
}

/** Key in `Backing` for an NVMe's persistent memory region. Its disk has the node's own id. */
export function pmrOf(nodeId: string): string {
  return `${nodeId}.pmr`;
}

/** Key in `Backing` for the file that a copy of a controller memory buffer is written to. */
export function cmbOf(nodeId: string): string {
  return `${nodeId}.cmb`;
}

function memoryArgs(nodeId: string, sizeMiB: number, file: string): string[] {
  const memory = { id: `memory-${nodeId}`, share: 'on', 'mem-path': file, size: `${sizeMiB}M` };
  return ['-object', option('memory-backend-file', memory)];
}

/** Key in `Backing` for the machine's NVDIMM. No node has this id, since ids are lower-case. */
export const NVDIMM = 'NVDIMM';

/**
 * Key in `Backing` and size of each file that QEMU needs for a machine and its topology, and of those for copies of
 * controller memory buffers.
 */
export function backingFiles(
  { nvdimmMiB }: Pick<Machine, 'nvdimmMiB'>,
  topology: Topology,
): { key: string; sizeMiB: number }[] {
  const nvdimm = nvdimmMiB === undefined ? [] : [{ key: NVDIMM, sizeMiB: nvdimmMiB }];
  const nodes = [...walk(topology)].flatMap(({ node }) => {
    if (node.kind === 'ivshmem') return [{ key: node.id, sizeMiB: node.sizeMiB }];
    if (node.kind !== 'nvme') return [];
    const pmr = node.pmrMiB === undefined ? [] : [{ key: pmrOf(node.id), sizeMiB: node.pmrMiB }];
    const cmb = node.cmbMiB === undefined ? [] : [{ key: cmbOf(node.id), sizeMiB: node.cmbMiB }];
    return [{ key: node.id, sizeMiB: node.sizeMiB }, ...pmr, ...cmb];
  });
  return [...nvdimm, ...nodes];
}

function fileOf(nodeId: string, backing: Backing): string {
  const file = backing.get(nodeId);
  if (file === undefined) throw new TypeError(`no backing file for node '${nodeId}'`);
  return file;
}

function deviceArgs(driver: string, properties: Properties): string[] {
  return ['-device', option(driver, properties)];
}

/** `head,key=value,...`. QEMU expects a comma inside a value to be doubled. */
function option(head: string, properties: Properties): string {
  return [
    head,
    ...Object.entries(properties).map(([key, value]) => `${key}=${String(value).replaceAll(',', ',,')}`),
  ].join(',');
}

function slot(n: number): string {
  return `0x${n.toString(16)}`;
}
