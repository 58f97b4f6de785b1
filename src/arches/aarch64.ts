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
  // The architecture's pointer authentication algorithm is expensive to emulate.
  cpuProperties: () => ({ 'pauth-impdef': 'on' }),
  console: 'ttyAMA0',
  emulatedArgs: [],
  reservedArgs: () => [],
  // Register GITS_TRANSLATER of QEMU's board. The kernel maps it with the device's first interrupt and keeps it mapped
  // as long as the domain exists.
  interruptAddress: 0x8090040,
  moduleAddresses: { from: 0xffff_8000_0000_0000n, to: 0xffff_8000_8000_0000n },
  bootWarningsListed: false,

  lacks: {
    nvdimm: 'an NVDIMM needs firmware, and arm64 guests boot without',
    secondHostBridge: 'a second host bridge needs firmware, and arm64 guests boot without',
    hostBridgeP2p: 'the kernel trusts no Arm host bridge to forward peer-to-peer traffic: hostBridgeP2p must be false',
    reserved: 'arm64 kernels have no memmap=, so RAM cannot be reserved at an address',
  },

  kernel: {
    option: 'ARM64',
    needs: [
      ...needs('y', 'the machine virt', 'SMP', 'PCI_HOST_GENERIC', 'ARM_GIC_V3'),
      ...needs('y', 'the serial console', 'SERIAL_AMBA_PL011', 'SERIAL_AMBA_PL011_CONSOLE'),
    ],
    image: {
      path: 'arch/arm64/boot/Image',
      name: 'Image',
      magic: { at: 56, text: 'ARM\x64' },
      what: 'an arm64 kernel image',
    },
    packed: false,
    // Debian's cloud kernel has no pvpanic, so panics are read from the console.
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
