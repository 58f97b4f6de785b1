/** The architectures that guests can have: a file for each, and an entry in LIST. */
import { z } from 'zod';
import { aarch64 } from './aarch64.js';
import type { Arch } from './arch.js';
import { x86_64 } from './x86_64.js';

export type { Arch, Properties } from './arch.js';
export { type Need, needs } from './need.js';

const LIST = [x86_64, aarch64] as const;

export type ArchId = (typeof LIST)[number]['id'];
export const ARCHES: readonly Arch<ArchId>[] = LIST;
export const ArchId = z.enum(LIST.map(({ id }) => id) as [ArchId, ...ArchId[]]);

/** The host's architecture, which guests have by default. The packages of the toolbox are for it. */
export const HOST = x86_64;

const BY_ID = new Map(ARCHES.map((arch) => [arch.id, arch]));

export function archOf({ arch }: { arch: ArchId }): Arch<ArchId> {
  const found = BY_ID.get(arch);
  if (found === undefined) throw new TypeError(`there is no architecture '${arch}'`);
  return found;
}
