/**
 * The fault oracle: what QEMU's IOMMU and memory model objected to while the cell ran, from QEMU's trace on the host. Only faults that a workload
 * provokes are expected. The guest's log and the NVMe model are not used, because the log undercounts faults and the model reports success
 * even after a DMA fault.
 */
import { IOMMUS } from '../iommus/index.js';
import { couldNotLook, type ObjectionOf, type OracleReport, objects, passes } from '../model/index.js';
import { withoutStamp } from './nvme-trace.js';

export interface FaultWindow {
  /** Does QEMU say that tracing was on? */
  enabled: boolean;
  /** The lines that QEMU wrote while the cell ran. */
  lines: readonly string[];
  /** Are the lines incomplete at their end? */
  truncated: boolean;
}

export interface Fault {
  code: ObjectionOf<'faults'>['code'];
  kind: string;
  count: number;
  /** One complete line. */
  example: string;
}

/** An access that must fault, or that a device with too few address bits must truncate. */
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
    return couldNotLook('faults', [{ code: 'trace-cut', detail: "QEMU's trace is too long to be read completely" }]);
  const [first] = missing;
  if (first !== undefined) {
    const what = first.how === 'clamped' ? 'a clamped address' : `a fault of a ${first.how}`;
    const detail = `expected but not seen: ${what} at 0x${first.addr.toString(16)}`;
    return objects('faults', [{ code: 'fault-missing', detail, where: { access: first.how } }]);
  }
  const detail = provoked.length === 0 ? 'none' : `the ${provoked.length} that were expected, and no other`;
  return passes('faults', detail);
}

/** Lines that accompany a fault and add nothing. */
const ECHOES = IOMMUS.flatMap(({ trace }) => trace.echoes);

/** QEMU's edu does not end its message with a line end, so the next message is on the same line. */
function messagesIn(line: string): string[] {
  return line.split(/(?<=EDU: clamping DMA 0x[0-9a-f]+ to 0x[0-9a-f]+!)/);
}

/** The lines without the provoked faults, and the provoked faults that are missing. */
function without(provoked: readonly Provoked[], lines: readonly string[]): { rest: string[]; missing: Provoked[] } {
  if (provoked.length === 0) return { rest: [...lines], missing: [] };
  const missing = new Set(provoked);
  const rest = lines.filter((line) => {
    const text = withoutStamp(line.trim());
    if (ECHOES.some((event) => text.startsWith(event))) return false;
    const clamped = /^EDU: clamping DMA 0x([0-9a-f]+)/.exec(text);
    const addr = Number.parseInt(clamped?.[1] ?? /\baddr(?:ess)?[ =]+0x([0-9a-f]+)/i.exec(text)?.[1] ?? '', 16);
    // QEMU's memory model may report again what the IOMMU has refused.
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

/** QEMU reports each 4-byte access of a faulted transfer separately. Counts them by kind. */
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
