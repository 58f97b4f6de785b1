/** What differs between the architectures that guests have: which groups of packages, and the names of compilers and directories. */
import type { Machine } from '../model/index.js';

export interface Target {
  arch: Machine['arch'];
  /** Group whose packages come on top of the toolbox: the cross compiler. */
  crossTools: string | undefined;
  qemu: string;
  emulator: string;
  rootfs: string;
  compiler: string;
  strip: string;
  /** For Kbuild. */
  makeFlags: readonly string[];
  /** For fio's configure, which would ask the machine that it runs on. */
  fioFlags: string;
  /** Of Debian's library directories. */
  triplet: string;
  /** Path of the dynamic loader by which programs are linked. */
  loader: string;
}

export const TARGETS: Record<Machine['arch'], Target> = {
  x86_64: {
    arch: 'x86_64',
    crossTools: undefined,
    qemu: 'qemu',
    emulator: 'qemu-system-x86_64',
    rootfs: 'rootfs',
    compiler: 'gcc-14',
    strip: 'strip',
    makeFlags: [],
    fioFlags: '',
    triplet: 'x86_64-linux-gnu',
    loader: 'lib64/ld-linux-x86-64.so.2',
  },
  aarch64: {
    arch: 'aarch64',
    crossTools: 'toolbox-arm64',
    qemu: 'qemu-arm64',
    emulator: 'qemu-system-aarch64',
    rootfs: 'rootfs-arm64',
    compiler: 'aarch64-linux-gnu-gcc-14',
    strip: 'aarch64-linux-gnu-strip',
    makeFlags: ['ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-'],
    fioFlags: '--cpu=aarch64 ',
    triplet: 'aarch64-linux-gnu',
    loader: 'lib/ld-linux-aarch64.so.1',
  },
};
