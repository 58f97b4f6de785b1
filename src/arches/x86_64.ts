import { defineArch } from './arch.js';
import { needs } from './need.js';

export const x86_64 = defineArch({
  id: 'x86_64',
  debian: 'amd64',
  gdb: 'i386:x86-64',

  emulator: 'qemu-system-x86_64',
  board: 'q35',
  boardProperties: {},
  cpu: 'max',
  // The kernel allows P2P through any AMD host bridge from family 0x17 (Zen) on, otherwise only through listed bridges,
  // and q35's is not listed. So set vendor and family in both cases; otherwise the CPU of a KVM host would decide.
  cpuProperties: (hostBridgeP2p) =>
    hostBridgeP2p
      ? { vendor: 'AuthenticAMD', family: 0x17, model: 1, stepping: 2 }
      : { family: 6, model: 6, stepping: 3 },
  console: 'ttyS0',
  emulatedArgs: ['tsc=reliable', 'no_timer_check'],
  reservedArgs: ({ at, mib }) => [`memmap=${mib}M$0x${at.toString(16)}`],
  interruptAddress: undefined,
  moduleAddresses: { from: 0xffff_ffff_a000_0000n, to: 0xffff_ffff_ff00_0000n },
  bootWarningsListed: true,

  lacks: { nvdimm: undefined, secondHostBridge: undefined, hostBridgeP2p: undefined, reserved: undefined },

  kernel: {
    option: 'X86_64',
    needs: [
      ...needs('y', 'the machine q35', 'SMP', 'ACPI', 'PCI_MMCONFIG'),
      ...needs('y', 'devices with 28 address bits', 'ZONE_DMA'),
      ...needs('y', 'the serial console', 'SERIAL_8250', 'SERIAL_8250_CONSOLE'),
      ...needs('m', 'panic notification', 'PVPANIC_PCI'),
    ],
    image: {
      path: 'arch/x86/boot/bzImage',
      name: 'bzImage',
      magic: { at: 0x202, text: 'HdrS' },
      what: 'an x86 kernel image',
    },
    packed: true,
    bootModules: ['virtio_net', 'pvpanic-pci'],
  },

  build: {
    crossTools: undefined,
    qemu: 'qemu',
    rootfs: 'rootfs',
    compiler: 'gcc-14',
    strip: 'strip',
    makeFlags: [],
    triplet: 'x86_64-linux-gnu',
    elfMachine: 62,
    loader: 'lib64/ld-linux-x86-64.so.2',
  },
});
