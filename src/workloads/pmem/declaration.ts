import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER, WITHOUT_BIO } from '../shared/backends.js';
import { works } from '../shared/decision.js';
import { IO_PATHS } from '../shared/io-paths.js';
import { pathToNvdimm } from './refusal.js';

/**
 * I/O between the disk and an NVDIMM, with the kernel's driver and with ours. Then the guest is power-cycled, and the
 * NVDIMM must keep its content. `raw`: memory without struct pages, which phyr_store exports. `fsdax`: memory with
 * pages, a file on a DAX file system.
 */
export const Pmem = z.strictObject({
  id: Id,
  kind: z.literal('pmem'),
  mode: z.enum(['raw', 'fsdax']),
  /** Size of one copy. */
  sizeKiB: z.int().min(64).max(4096).multipleOf(4),
});
export type Pmem = z.infer<typeof Pmem>;

export const pmem = defineKind({
  name: 'pmem',
  describe: 'I/O between the disk and an NVDIMM, whose content must survive a power failure',
  schema: Pmem,
  clock: 'wall',
  kernel: 'any',
  modules: ['phyr_store'],
  faultyModules: never,
  backends: ({ mode }) => (mode === 'raw' ? WITHOUT_BIO : OF_DRIVER),
  diskKiB: ({ sizeKiB }) => 2 * IO_PATHS.length * sizeKiB,
  decide({ mode }, { machine }) {
    if (machine.nvdimmMiB === undefined) return { prune: 'the machine has no NVDIMM' };
    const how = pathToNvdimm(machine);
    return mode === 'raw' && how === 'bounce' ? { run: { kind: 'refused', errno: 'EIO' } } : works(how);
  },
  peer: none,
  ranges: none,
  watched: () => true,
  oneWay: false,
  ownDomain: false,
  powersOff: ({ kind }) => kind !== 'refused',
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
