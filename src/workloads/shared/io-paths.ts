/**
 * The paths by which a process can have I/O done on its memory: through the block layer by the kernel's driver or ours (`odirect`), and without
 * it by ours, with memory that each request names or that is registered.
 */
export interface IoPath {
  driver: 'nvme' | 'phyr_nvme';
  via: 'odirect' | 'direct' | 'registered';
}

/** The kernel's first, as the reference. */
export const IO_PATHS: readonly IoPath[] = [
  { driver: 'nvme', via: 'odirect' },
  { driver: 'phyr_nvme', via: 'odirect' },
  { driver: 'phyr_nvme', via: 'direct' },
  { driver: 'phyr_nvme', via: 'registered' },
];
