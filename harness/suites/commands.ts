import type { Suite } from '../../src/workloads/index.js';
import { noIommu, virtioStrict, vtdStrict } from '../machines.js';
import { switched } from '../topologies.js';

/** Paths are relative to the clone. */
export const commands: Suite = {
  id: 'commands',
  describe:
    "commands of a user's kind, on the kernel's own driver and on ours; the places where phyrlab run --script runs",
  blocks: [
    {
      machines: [noIommu, vtdStrict, virtioStrict],
      topologies: [switched],
      workloads: [
        {
          id: 'fio-job',
          kind: 'command',
          files: [{ from: 'harness/commands/verify.fio' }],
          run: 'fio --output-format=json verify.fio',
          verdict: 'fio',
          deadline: 120,
          dut: 'disk',
          // All that the jobs write, and read again.
          movesKiB: 40_000,
        },
        {
          id: 'read-only',
          kind: 'command',
          files: [],
          run: 'dd if=$DUT of=/dev/null bs=64k count=64 iflag=direct && ! dd if=/dev/zero of=$DUT bs=4k count=1 seek=1000000',
          verdict: 'exit',
          deadline: 60,
          dut: 'disk',
          movesKiB: 4096,
          disk: { fillKiB: 4096, after: 'unchanged' },
        },
      ],
      backends: ['nvme', 'phyr8'],
    },
  ],
};
