/**
 * The fault oracle: what QEMU's IOMMU and memory model objected to while the cell ran, from QEMU's own trace on the host.
 * None is due but those that a workload provokes. The guest's log undercounts faults and the NVMe model reports success after a faulted transfer, so that neither is asked.
 */
import { IOMMUS } from '../iommus/index.js';
import { couldNotLook, type ObjectionOf, type OracleReport, objects, passes } from '../model/index.js';
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
  code: ObjectionOf<'faults'>['code'];
  kind: string;
  count: number;
  /** One of the lines, whole. */
  example: string;
}

/** An access that must fault, or must be bent by a device that has too few address bits. */
export interface Provoked {
  addr: number;
  bytes: number;
  how: 'read' | 'write' | 'clamped';
}

export function judgeFaults(window: FaultWindow, provoked: readonly Provoked[] = []): OracleReport {
  const { rest, missing } = without(provoked, window.lines.flatMap(messagesIn));
  const faults = foldFaults(rest);
  const least = window.truncated ? 'at least ' : '';
  if (faults.length > 0) {
    return objects(
      'faults',
      faults.map(({ code, kind, count, example }) => ({
        code,
        detail: `${least}${count} x ${kind}, e.g. ${example}`,
        where: { event: kind },
      })),
    );
  }
  if (!window.enabled) {
    const detail = 'QEMU was not tracing IOMMU faults: could not look';
    return couldNotLook('faults', [{ code: 'faults-untraced', detail }]);
  }
  if (window.truncated)
    return couldNotLook('faults', [{ code: 'trace-cut', detail: "QEMU's trace is too long to be read whole" }]);
  const [first] = missing;
  if (first !== undefined) {
    const what = first.how === 'clamped' ? 'a clamped address' : `a fault of a ${first.how}`;
    const detail = `due and not seen: ${what} at 0x${first.addr.toString(16)}`;
    return objects('faults', [{ code: 'fault-missing', detail, where: { access: first.how } }]);
  }
  const detail = provoked.length === 0 ? 'none' : `the ${provoked.length} that were due, and no other`;
  return passes('faults', detail);
}

/** They accompany a fault and say no more. */
const ECHOES = IOMMUS.flatMap(({ trace }) => trace.echoes);

/** QEMU's edu ends its message without ending the line, so that whatever comes next is on the same one. */
function messagesIn(line: string): string[] {
  return line.split(/(?<=EDU: clamping DMA 0x[0-9a-f]+ to 0x[0-9a-f]+!)/);
}

/** What is left when the provoked faults are taken out, and which of those are not there. */
function without(provoked: readonly Provoked[], lines: readonly string[]): { rest: string[]; missing: Provoked[] } {
  if (provoked.length === 0) return { rest: [...lines], missing: [] };
  const missing = new Set(provoked);
  const rest = lines.filter((line) => {
    const text = withoutStamp(line.trim());
    if (ECHOES.some((event) => text.startsWith(event))) return false;
    const clamped = /^EDU: clamping DMA 0x([0-9a-f]+)/.exec(text);
    const addr = Number.parseInt(clamped?.[1] ?? /\baddr(?:ess)?[ =]+0x([0-9a-f]+)/i.exec(text)?.[1] ?? '', 16);
    // QEMU's memory model may say in its own words what the IOMMU has refused.
    const invalid = /^Invalid (read|write)/.exec(text)?.[1];
    const write = invalid ? String(Number(invalid === 'write')) : /\bwrite (\d)/.exec(text)?.[1];
    const due = provoked.filter((one) => {
      if (addr < one.addr || addr >= one.addr + one.bytes || Number.isNaN(addr)) return false;
      if (clamped !== null || one.how === 'clamped') return clamped !== null && one.how === 'clamped';
      return write === undefined || (write === '1') === (one.how === 'write');
    });
    if (invalid === undefined) for (const one of due) missing.delete(one);
    return due.length === 0;
  });
  return { rest, missing: [...missing] };
}

/** QEMU reports each 4-byte access of a faulted transfer by itself: fold them by kind. */
export function foldFaults(lines: readonly string[]): Fault[] {
  const folded = new Map<string, Fault>();
  for (const line of lines) {
    const text = withoutStamp(line.trim());
    if (text === '') continue;
    const { code, kind } = kindOf(text);
    const fault = folded.get(kind);
    if (fault) fault.count++;
    else folded.set(kind, { code, kind, count: 1, example: text });
  }
  for (const event of ECHOES) if (folded.size > 1) folded.delete(event);
  return [...folded.values()];
}

function kindOf(text: string): Pick<Fault, 'code' | 'kind'> {
  for (const { trace } of IOMMUS) {
    const [event] = trace.events.exec(text) ?? [];
    if (event !== undefined) return { code: 'iommu-fault-undue', kind: event };
  }
  if (/^Invalid (read|write)/.test(text))
    return { code: 'access-undue', kind: text.startsWith('Invalid read') ? 'invalid read' : 'invalid write' };
  return { code: 'device-complaint', kind: 'guest error' };
}
