/** Which points a cell can measure, and why the others are left out. Pure. */

import { pathToRam } from '../../fabric/index.js';
import type { Backend, Machine } from '../../model/index.js';
import { type CostPoint, chunkPages } from './points.js';

/** The longest bounce buffer (IO_TLB_SEGSIZE slots of 2 KiB). */
const BOUNCE_KIB = 256;
/** Part of the default pool of 64 MiB, which must have room for one contiguous piece after another. */
const BOUNCED_KIB = 8192;
/** Above this size the cost per page is constant, and the guest would take minutes. */
const BY_PAGE_KIB = 16 * 1024;
/** The most segments of a block layer request. */
const SEGMENTS = 65_535;

export interface CostPlan {
  points: CostPoint[];
  left: { point: CostPoint; why: string }[];
}

export function costPlan(machine: Machine, backend: Backend, points: readonly CostPoint[]): CostPlan {
  const plan: CostPlan = { points: [], left: [] };
  for (const point of points) {
    const why = objection(machine, backend, point);
    if (why === undefined) plan.points.push(point);
    else plan.left.push({ point, why });
  }
  return plan;
}

function objection(machine: Machine, backend: Backend, { layout, kib }: CostPoint): string | undefined {
  const longest = Math.min(kib, 4 * Math.max(...chunkPages(layout)));
  if (pathToRam(machine) === 'bounce') {
    if (kib > BOUNCED_KIB) return `more than ${BOUNCED_KIB} KiB of bounce buffers`;
    if (longest > BOUNCE_KIB && WHOLE_CHUNKS.includes(backend))
      return `chunks longer than a bounce buffer, ${BOUNCE_KIB} KiB, which this backend does not split`;
  }
  if (backend === 'page' && kib > BY_PAGE_KIB) return `more than ${BY_PAGE_KIB} KiB page by page`;
  if (backend === 'iter' && kib / longest > SEGMENTS) return `more than ${SEGMENTS} segments of a request`;
  return undefined;
}

/** Backends that map a chunk in one piece. The others split it if necessary. */
const WHOLE_CHUNKS: readonly Backend[] = ['sg', 'iter', 'iova'];
