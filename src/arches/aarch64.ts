import { defineArch } from './arch.js';
import { needs } from './need.js';

export const aarch64 = defineArch({
  id: 'aarch64',
  debian: 'arm64',
  gdb: 'aarch64',

  emulator: 'qemu-system-aarch64',
  board: 'virt',
  boardProperties: { 'gic-version': 3 },
  cpu: 'max',
  // The architecture's own algorithm of pointer authentication costs an emulator dearly.
  cpuProperties: () => ({ 'pauth-impdef': 'on' }),
  console: 'ttyAMA0',
  emulatedArgs: [],
  reservedArgs: () => [],
  // The register GITS_TRANSLATER of QEMU's board. The kernel maps it with a device's first interrupt, for the life of the domain.
  interruptAddress: 0x8090040,
  moduleAddresses: { from: 0xffff_8000_0000_0000n, to: 0xffff_8000_8000_0000n },
  bootWarningsListed: false,

  lacks: {
    nvdimm: 'only a firmware tells a kernel of an NVDIMM, and arm64 guests boot without one',
    secondHostBridge: 'only a firmware tells a kernel of a second host bridge, and arm64 guests boot without one',
    hostBridgeP2p:
      'the kernel knows no ARM host bridge that forwards peer-to-peer traffic: hostBridgeP2p must be false',
    reserved: 'the command line of an arm64 kernel cannot reserve RAM at an address (there is no memmap=)',
  },

  kernel: {
    option: 'ARM64',
    needs: [
      ...needs('y', 'the machine virt', 'SMP', 'PCI_HOST_GENERIC', 'ARM_GIC_V3'),
      ...needs('y', 'the console that is watched', 'SERIAL_AMBA_PL011', 'SERIAL_AMBA_PL011_CONSOLE'),
    ],
    image: {
      path: 'arch/arm64/boot/Image',
      name: 'Image',
      magic: { at: 56, text: 'ARM\x64' },
      what: 'an arm64 kernel image',
    },
    packed: false,
    // Debian's small kernel has no pvpanic; its panics are read off the console.
    bootModules: ['virtio_net'],
  },

  build: {
    crossTools: 'toolbox-arm64',
    qemu: 'qemu-arm64',
    rootfs: 'rootfs-arm64',
    compiler: 'aarch64-linux-gnu-gcc-14',
    strip: 'aarch64-linux-gnu-strip',
    makeFlags: ['ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-'],
    triplet: 'aarch64-linux-gnu',
    elfMachine: 183,
    loader: 'lib/ld-linux-aarch64.so.1',
  },
});
