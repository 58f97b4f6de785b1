/** What I/O through /dev/phyrN-ctl must do, and what it needs. */
import type { Backend, Expectation, Machine, Path, Topology } from '../../model/index.js';
import { decideLent } from '../shared/lent.js';
import type { CtlIo } from './declaration.js';

/** `hostPath`: how the device reaches the machine's own memory. */
export function decideCtlIo(
  machine: Machine,
  topology: Topology,
  workload: CtlIo,
  backend: Backend,
  dut: string,
  hostPath: Path,
): { run: Expectation } | { prune: string } {
  if (backend !== 'phyr8')
    return { prune: 'I/O without a bio is mapped by phyr.ko as packed lists, whatever the backend: it is run once' };
  return decideLent(machine, topology, workload, backend, dut) ?? { run: { kind: 'works', how: hostPath } };
}
