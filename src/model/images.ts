/**
 * What the image builder provides: absolute paths in the content-addressed cache, and the keys that identify them.
 */
import type { ArchId } from './machine.js';

/** How to start a program of the toolbox on the host, without privileges. */
export interface HostProgram {
  file: string;
  args: string[];
  env: Record<string, string>;
}

export interface Qemu {
  /** e.g. `11.1.3`, as the binary reports it */
  version: string;
  program: HostProgram;
  /** Firmware and ROM folders for `-L`; empty for the user's own QEMU. */
  dataDirs: string[];
  key: string;
}

export interface Kernel {
  /** `7.3.4+deb13-cloud-amd64` */
  release: string;
  arch: ArchId;
  /** vmlinux or bzImage, whichever QEMU takes. */
  image: string;
  /** vmlinux with symbols, and with source lines if so configured. Packaged kernels have none. */
  symbols?: string;
  /** cpio archive for the guest's init: uncompressed modules (virtio_net, pvpanic, ...) below /lab/boot, and their load order. */
  bootModules: string;
  /** Factor for deadlines: 1, or more for a kernel that checks itself at every step (KASAN, lockdep). */
  patience: number;
  /** Built from source. Our list of warnings that are normal while booting does not cover it. */
  built?: true;
  /** Kernel arguments that it needs on every machine. */
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

/** Everything that a guest boots. */
export interface Image {
  qemu: Qemu;
  kernel: Kernel;
  rootfs: RootFs;
  modules: Modules;
}
