/** What differs between the architectures: the board, its processor, its serial console. Pure. */
import type { Machine } from '../model/index.js';
import type { Properties } from './iommu.js';

export interface Platform {
  board: string;
  boardProperties: Properties;
  cpu: string;
  cpuProperties: Properties;
  /** As the kernel knows it. */
  console: string;
  /** Emulated clocks that the kernel need not check. */
  emulatedArgs: string[];
}

export function platform({ arch, hostBridgeP2p }: Machine): Platform {
  switch (arch) {
    case 'x86_64':
      return {
        board: 'q35',
        boardProperties: {},
        cpu: 'max',
        // The kernel lets P2P through any AMD host bridge from family 0x17 (Zen) on and otherwise only through bridges that it lists,
        // which q35's is not. So vendor and family are stated in both cases, lest the CPU of a KVM host decide.
        cpuProperties: hostBridgeP2p
          ? { vendor: 'AuthenticAMD', family: 0x17, model: 1, stepping: 2 }
          : { family: 6, model: 6, stepping: 3 },
        console: 'ttyS0',
        emulatedArgs: ['tsc=reliable', 'no_timer_check'],
      };
    case 'aarch64':
      return {
        board: 'virt',
        boardProperties: { 'gic-version': 3 },
        cpu: 'max',
        // The architecture's own algorithm of pointer authentication costs an emulator dearly.
        cpuProperties: { 'pauth-impdef': 'on' },
        console: 'ttyAMA0',
        emulatedArgs: [],
      };
  }
}
