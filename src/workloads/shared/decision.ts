import { hostPath } from '../../fabric/index.js';
import type { Machine, Path } from '../../model/index.js';
import type { Decision } from '../kind.js';

export function works(how: Path): Decision {
  return { run: { kind: 'works', how } };
}

/** On the machine's own memory. */
export function worksOnHost({ machine }: { machine: Machine }): Decision {
  return works(hostPath(machine));
}
