/** Everything that the harness knows about an architecture of guests. All fields are required. */
import type { Need } from './need.js';

/** Properties of a QEMU device or machine. */
export type Properties = Record<string, string | number>;

export interface Arch<Id extends string = string> {
  id: Id;
  /** Debian's name, which is the end of a kernel's release. */
  debian: string;
  /** gdb's name. */
  gdb: string;

  /** The QEMU program that emulates it. */
  emulator: string;
  board: string;
  boardProperties: Properties;
  cpu: string;
  /** `hostBridgeP2p`: should the kernel trust the host bridge to forward peer-to-peer traffic? */
  cpuProperties(hostBridgeP2p: boolean): Properties;
  /** The kernel's name of the serial port. */
  console: string;
  /** Kernel arguments that disable checks of emulated clocks. */
  emulatedArgs: readonly string[];
  /** Kernel arguments that reserve RAM. */
  reservedArgs(reserved: { at: number; mib: number }): readonly string[];
  /**
   * The address that devices write to for interrupts, if an IOMMU translates it like other writes. QEMU's trace then
   * shows it as a memory access.
   */
  interruptAddress: number | undefined;
  /** Where the kernel loads modules: the widest range of any configuration. */
  moduleAddresses: { from: bigint; to: bigint };
  /**
   * Does the list of allowed lines (src/oracle) contain all warnings that a packaged kernel prints during boot on this
   * board?
   */
  bootWarningsListed: boolean;

  /** Why a machine of this architecture cannot have the feature; `undefined`: it can. */
  lacks: Record<'nvdimm' | 'secondHostBridge' | 'hostBridgeP2p' | 'reserved', string | undefined>;

  kernel: {
    /** A configuration option that only kernels of this architecture have. */
    option: string;
    needs: readonly Need[];
    /** What `make` leaves in a build tree. */
    image: {
      path: string;
      /** The name of the make target, and of the file in the cache. */
      name: string;
      magic: { at: number; text: string };
      what: string;
    };
    /** Is the image in Debian's packages compressed, so that it must be unpacked for QEMU? */
    packed: boolean;
    /** The modules that the guest's init loads first: the network for SSH, and panic notification. */
    bootModules: readonly string[];
  };

  /** How its programs and modules are built. Groups are those of images/recipes.json. */
  build: {
    /** The group with the cross compiler, which comes on top of the toolbox. */
    crossTools: string | undefined;
    /** The group of its QEMU. */
    qemu: string;
    /** The group of its root file system. */
    rootfs: string;
    compiler: string;
    strip: string;
    /** Arguments for Kbuild. */
    makeFlags: readonly string[];
    /** The name of Debian's library directories. */
    triplet: string;
    /** The value of e_machine in its programs. */
    elfMachine: number;
    /** Path of the dynamic loader in its programs. */
    loader: string;
  };
}

export const defineArch = <Id extends string>(arch: Arch<Id>): Arch<Id> => arch;
