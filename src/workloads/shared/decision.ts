import { pathToRam } from '../../fabric/index.js';
import type { DmaPath, Machine } from '../../model/index.js';
import type { Decision } from '../kind.js';

export function works(how: DmaPath): Decision {
  return { run: { kind: 'works', how } };
}

/** For workloads on the machine's own memory. */
export function worksOnHost({ machine }: { machine: Machine }): Decision {
  return works(pathToRam(machine));
}
