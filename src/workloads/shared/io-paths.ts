/**
 * The ways by which a process has I/O done on its memory: by the kernel's driver and by ours behind the block layer (`odirect`), and by
 * ours without it, on memory named in each request or registered.
 */
export interface IoPath {
  driver: 'nvme' | 'phyr_nvme';
  via: 'odirect' | 'direct' | 'registered';
}

/** The kernel's first: it is the reference. */
export const IO_PATHS: readonly IoPath[] = [
  { driver: 'nvme', via: 'odirect' },
  { driver: 'phyr_nvme', via: 'odirect' },
  { driver: 'phyr_nvme', via: 'direct' },
  { driver: 'phyr_nvme', via: 'registered' },
];
