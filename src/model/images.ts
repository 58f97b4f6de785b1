/**
 * What the image builder hands to the machines: absolute paths into the content-addressed cache plus the keys that identify them.
 */
import type { ArchId } from './machine.js';

/** How to start a program that lives in the toolbox on the host: argv prefix and environment, no privileges needed. */
export interface HostProgram {
  file: string;
  args: string[];
  env: Record<string, string>;
}

export interface Qemu {
  /** e.g. `11.1.3`, as the binary reports it */
  version: string;
  program: HostProgram;
  /** Firmware and ROM directories for `-L`; empty for a QEMU of the user's own. */
  dataDirs: string[];
  key: string;
}

export interface Kernel {
  /** `7.3.4+deb13-cloud-amd64` */
  release: string;
  arch: ArchId;
  /** vmlinux or bzImage, as QEMU takes them */
  image: string;
  /** vmlinux with symbols, and source lines if it was configured so; a packaged kernel comes without. */
  symbols?: string;
  /** cpio archive with the modules that the guest's init loads (virtio_net, pvpanic, ...) below /lab/boot, uncompressed .ko files and their load order */
  bootModules: string;
  /** 1, or how many times longer things may take with it, since it checks itself at every step (KASAN, lockdep). */
  patience: number;
  /** Built from source, here or by the user: what its configuration makes it warn of while it boots is in no list of ours. */
  built?: true;
  /** What it needs on its command line, whatever the machine. */
  args: string[];
  key: string;
}

export interface Modules {
  /** Directory with phyr.ko, phyr_nvme.ko, phyr_probe.ko, phyr_peer.ko for that kernel */
  dir: string;
  /** Are the planted defects built in? */
  plants: boolean;
  key: string;
}

export interface RootFs {
  /** cpio archive: busybox, dropbear, fio, mke2fs, our tools, /init */
  archive: string;
  key: string;
}

/** Everything that a guest of one kernel boots. */
export interface Image {
  qemu: Qemu;
  kernel: Kernel;
  rootfs: RootFs;
  modules: Modules;
}
