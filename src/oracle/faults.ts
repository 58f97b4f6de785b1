/**
 * The fault oracle: what QEMU's IOMMU and memory model objected to while the cell ran, from QEMU's own trace on the host.
 * None is due. The guest's log undercounts faults and the NVMe model reports success after a faulted transfer, so that neither is asked.
 */
import type { OracleReport } from '../model/index.js';
import { withoutStamp } from './nvme-trace.js';

export interface FaultWindow {
  /** Was tracing on, as QEMU itself says? */
  enabled: boolean;
  /** Lines that QEMU wrote while the cell ran. */
  lines: readonly string[];
  /** Is that only the beginning of what it wrote? */
  truncated: boolean;
}

export interface Fault {
  kind: string;
  count: number;
  /** One of the lines, whole. */
  example: string;
}

export function judgeFaults(window: FaultWindow): OracleReport {
  const faults = foldFaults(window.lines);
  const least = window.truncated ? 'at least ' : '';
  if (faults.length > 0) {
    const detail = faults.map((fault) => `${least}${fault.count} x ${fault.kind}, e.g. ${fault.example}`).join('; ');
    return { name: 'faults', verdict: 'fail', detail };
  }
  if (!window.enabled) {
    return { name: 'faults', verdict: 'inconclusive', detail: 'QEMU was not tracing IOMMU faults: could not look' };
  }
  return { name: 'faults', verdict: 'pass', detail: 'none' };
}

/** QEMU reports each 4-byte access of a faulted transfer by itself: fold them by kind. */
export function foldFaults(lines: readonly string[]): Fault[] {
  const folded = new Map<string, Fault>();
  for (const line of lines) {
    const text = withoutStamp(line.trim());
    if (text === '') continue;
    const kind = kindOf(text);
    const fault = folded.get(kind);
    if (fault) fault.count++;
    else folded.set(kind, { kind, count: 1, example: text });
  }
  // The recording of a fault in the IOMMU's register accompanies the fault itself.
  if (folded.size > 1) folded.delete('vtd_frr_new');
  return [...folded.values()];
}

function kindOf(text: string): string {
  const event = /^(vtd_\w+|virtio_iommu_\w+|amdvi_\w+|smmuv3_\w+)\b/.exec(text)?.[1];
  if (event !== undefined) return event;
  if (/^Invalid (read|write)/.test(text)) return text.startsWith('Invalid read') ? 'invalid read' : 'invalid write';
  return 'guest error';
}
