/** What is known of an architecture that guests can have. Every field is asked for somewhere, so every field is required. */
import type { Need } from './need.js';

/** Of a QEMU device or machine. */
export type Properties = Record<string, string | number>;

export interface Arch<Id extends string = string> {
  id: Id;
  /** As Debian calls it: the end of a kernel's release. */
  debian: string;
  /** As gdb calls it. */
  gdb: string;

  /** The program of QEMU that emulates it. */
  emulator: string;
  board: string;
  boardProperties: Properties;
  cpu: string;
  /** `hostBridgeP2p`: is the kernel to trust the host bridge with peer-to-peer traffic? */
  cpuProperties(hostBridgeP2p: boolean): Properties;
  /** The serial port, as the kernel knows it. */
  console: string;
  /** Words for the kernel's command line by which it does not check clocks that are emulated. */
  emulatedArgs: readonly string[];
  /** Words for the kernel's command line by which it leaves RAM alone. */
  reservedArgs(reserved: { at: number; mib: number }): readonly string[];
  /** Where devices write to interrupt, if an IOMMU translates that like any other write: QEMU then traces it as a use of memory. */
  interruptAddress: number | undefined;
  /** Where the kernel loads modules: the widest that any configuration has. */
  moduleAddresses: { from: bigint; to: bigint };
  /** Are all warnings that a packaged kernel prints while it boots on this board in the list of allowed lines (src/oracle)? */
  bootWarningsListed: boolean;

  /** Why a machine of it cannot have this; `undefined`: it can. */
  lacks: Record<'nvdimm' | 'secondHostBridge' | 'hostBridgeP2p' | 'reserved', string | undefined>;

  kernel: {
    /** The option of its configuration that only this architecture's kernels have. */
    option: string;
    needs: readonly Need[];
    /** What `make` leaves in a tree. */
    image: {
      path: string;
      /** What `make` calls it, and so its name in the cache. */
      name: string;
      magic: { at: number; text: string };
      what: string;
    };
    /** Is the image in Debian's packages compressed, so that it must be unpacked for QEMU? */
    packed: boolean;
    /** What the guest's init loads before anything else: the network that SSH comes in by, and word of a panic. */
    bootModules: readonly string[];
  };

  /** What its programs and modules are built with; groups are those of images/recipes.json. */
  build: {
    /** The group whose packages come on top of the toolbox: the cross compiler. */
    crossTools: string | undefined;
    /** The group of its QEMU. */
    qemu: string;
    /** The group of its root file system. */
    rootfs: string;
    compiler: string;
    strip: string;
    /** For Kbuild. */
    makeFlags: readonly string[];
    /** Of Debian's library directories. */
    triplet: string;
    /** What its programs have as e_machine. */
    elfMachine: number;
    /** Path of the dynamic loader by which programs are linked. */
    loader: string;
  };
}

export const defineArch = <Id extends string>(arch: Arch<Id>): Arch<Id> => arch;
