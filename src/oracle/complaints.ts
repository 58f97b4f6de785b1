/**
 * Finds complaints in a kernel log: lines with the severity of a warning or worse, and known phrases, because some complaints have no such
 * severity and a console shows none.
 */
import { IOMMUS } from '../iommus/index.js';
import { type ObjectionOf, signature } from '../model/index.js';
import type { LogLine } from './kmsg.js';
import { isClock, isStandstill } from './stall.js';

/** The phrases of all IOMMU drivers, and others. */
function ofIommus(what: 'fault' | 'queueError' | 'otherError', others: readonly RegExp[] = []): RegExp {
  const all = [...IOMMUS.flatMap(({ log }) => log[what] ?? []), ...others];
  return new RegExp(all.map(({ source }) => source).join('|'), 'i');
}

type Code = ObjectionOf<'kernel-log'>['code'];

/** The kinds of complaints, by the name shown to users. */
const KINDS = {
  panic: 'log-panic',
  KASAN: 'log-kasan',
  KFENCE: 'log-kfence',
  UBSAN: 'log-ubsan',
  'DMA debug': 'log-dma-debug',
  lockdep: 'log-lockdep',
  stall: 'log-stall',
  BUG: 'log-bug',
  oops: 'log-oops',
  WARN: 'log-warn',
  corruption: 'log-corruption',
  'leaked memory': 'log-memory-leaked',
  'out of memory': 'log-out-of-memory',
  'allocation failure': 'log-allocation-failure',
  'hardware error': 'log-hardware-error',
  'PCIe error': 'log-pcie-error',
  'IOMMU fault': 'log-iommu-fault',
  'IOMMU queue error': 'log-iommu-queue-error',
  'DMA trouble': 'log-dma-trouble',
  'driver trouble': 'log-driver-trouble',
  'I/O error': 'log-io-error',
  'file system error': 'log-filesystem-error',
  'module trouble': 'log-module-trouble',
  'interrupt trouble': 'log-interrupt-trouble',
  'program died': 'log-program-died',
  kmemleak: 'log-kmemleak',
  'stack trace': 'log-stack-trace',
  // Recognized by their severity only.
  emergency: 'log-error',
  alert: 'log-error',
  critical: 'log-error',
  error: 'log-error',
  warning: 'log-warning',
} as const satisfies Record<string, Code>;
type Kind = keyof typeof KINDS;

/** Kinds that may be the result of the host not running the guest, if the line is about time. */
const LATE: readonly Kind[] = [
  'stall',
  'BUG',
  'IOMMU queue error',
  'driver trouble',
  'I/O error',
  'module trouble',
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
];

/** What a kernel prints if something is wrong, most telling first. */
const PHRASES: [RegExp, Kind][] = [
  [/Kernel panic - not syncing/, 'panic'],
  [/BUG: KASAN|KASAN:/, 'KASAN'],
  [/BUG: KFENCE|KFENCE:/, 'KFENCE'],
  [/UBSAN:/, 'UBSAN'],
  [/DMA-API:(?! (preallocated \d+ debug entries|debugging enabled))/, 'DMA debug'],
  [
    /possible (recursive|circular) locking|inconsistent lock state|lock order detected|irq lock inversion|Invalid wait context|Nested lock was not taken|bad unlock balance|held lock freed|still has locks held|lock held when returning|suspicious RCU usage|sleeping function called from invalid context/,
    'lockdep',
  ],
  [/blocked for more than \d+ seconds|soft lockup|hard LOCKUP|rcu.*(stall|detected stalls)/i, 'stall'],
  [/\bBUG\b:?/, 'BUG'],
  [
    /\bOops\b|general protection fault|unable to handle (page fault|kernel)|synchronous (external )?abort|SError Interrupt/i,
    'oops',
  ],
  [/WARNING:(?! modpost)/, 'WARN'],
  [/------------\[ cut here \]/, 'WARN'],
  [/refcount_t:|list_(add|del) corruption|use-after-free|double free|Bad page (state|map)/, 'corruption'],
  [/Objects remaining|Slab .* on __kmem_cache_shutdown|dma_pool_destroy .* busy/, 'leaked memory'],
  [/invoked oom-killer|Out of memory|oom-kill:|Memory cgroup out of memory/, 'out of memory'],
  [/page allocation failure|allocation stalls|Unable to allocate memory on node/, 'allocation failure'],
  [/\[Hardware Error\]|mce: .*Machine Check|Machine check events logged/i, 'hardware error'],
  [/PCIe Bus Error|AER: (?!enabled)|DPC: (containment|error|unmasked)/, 'PCIe error'],
  [ofIommus('fault'), 'IOMMU fault'],
  [ofIommus('queueError'), 'IOMMU queue error'],
  [
    ofIommus('otherError', [/swiotlb buffer is full|coherent pool|overflow 0x[0-9a-f]+\+\d+ of DMA mask/]),
    'DMA trouble',
  ],
  [/(?:phyr_nvme|nvme|phyr\d)\S*:?.*\b(timeout|timed out|I\/O error|resetting|aborting)/i, 'driver trouble'],
  [/I\/O error\b|critical (medium|target) error|Unrecovered Read Error/, 'I/O error'],
  [
    /EXT4-fs error|Aborting journal|JBD2: .*error|XFS .*(corruption|Corruption|shut(ting)? ?down)|BTRFS (error|critical)|BTRFS.*csum failed|Remounting filesystem read-only|forced readonly/,
    'file system error',
  ],
  [
    /controller (is down|was reset)|completion (of unknown|without)|will reset|genctr mismatch|invalid id \d+ completed/,
    'driver trouble',
  ],
  [
    /^phyr\w*\b(?!: module verification failed| \S+ cannot be used for peer-to-peer DMA).*\b(failed|error|cannot|refused|unknown|invalid)\b/i,
    'module trouble',
  ],
  [/\bnobody cared\b|Disabling IRQ #\d+/, 'interrupt trouble'],
  [
    /\bsegfault at\b|traps: .* (trap|general protection)|unhandled (signal|exception|level \d translation fault)/,
    'program died',
  ],
  [/new suspected memory leaks|\bmemory leak\b(?! detector)|unreferenced object/, 'kmemleak'],
  [/^Call [Tt]race:/, 'stack trace'],
];

const CUT = '[ cut here ]';
const WARNING = 4;
const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning'] as const;
/** A report of one of these kinds continues until its end mark, or until an unrelated line. */
const REPORTS: readonly Kind[] = [
  'panic',
  'KASAN',
  'KFENCE',
  'UBSAN',
  'lockdep',
  'stall',
  'BUG',
  'oops',
  'WARN',
  'corruption',
];
const REPORT_ENDS = /---\[ end (trace|Kernel panic)|^={60,}$/;
/** Lines below the heading of any report. */
const BELOW =
  /^(\s|<\/?[A-Z]+>|Call [Tt]race:|Modules linked in:|CPU: |CPU#|Hardware name:|Tainted: |Workqueue: |RIP: |R[A-Z0-9]{2}: |[CDEFG]S: |CR\d: |DR\d: |PKRU: |Code: |ORIG_RAX|pstate: |(pc|lr|sp) : |x\d+ ?: |---\[ end )/;

export interface Complaint {
  kind: Kind;
  code: Code;
  line: string;
  /** Recognized by a phrase; else only by its severity. */
  phrase: boolean;
}

/** A complaint with all its lines: from index `from` up to, not including, `to`. */
export interface Report extends Complaint {
  from: number;
  to: number;
}

/** Matches lines that are not objected to. */
export type Allowed = Pick<RegExp, 'test'>;

/**
 * A report of many lines is one complaint, represented by its most telling line. An allowed line is not a complaint, nor are the lines below it
 * and a bare "cut here" above it.
 */
export function complaints(lines: readonly LogLine[], allowed: readonly Allowed[] = []): Report[] {
  const found: { said: Complaint[]; from: number; to: number }[] = [];
  let within: 'report' | 'other' | 'allowed' | undefined;
  for (const [at, line] of lines.entries()) {
    const { text } = line;
    if (allowed.some((pattern) => pattern.test(text))) {
      const above = within === 'report' ? found.at(-1) : undefined;
      if (above?.said.every(isCut)) found.pop();
      within = 'allowed';
      continue;
    }
    const said = complaint(line);
    const more = BELOW.test(text) || (within === 'report' && said !== undefined && !text.includes(CUT));
    if (within !== undefined && more) {
      const last = within === 'allowed' ? undefined : found.at(-1);
      if (last !== undefined) last.to = at + 1;
      if (said !== undefined) last?.said.push(said);
    } else if (said !== undefined) {
      found.push({ said: [said], from: at, to: at + 1 });
      within = REPORTS.includes(said.kind) ? 'report' : 'other';
    } else within = undefined;
    if (REPORT_ENDS.test(text)) within = undefined;
  }
  return found.map(({ said, from, to }) => ({ ...mostTelling(said), from, to }));
}

function complaint({ text, level, user }: LogLine): Complaint | undefined {
  const phrase = PHRASES.find(([pattern]) => pattern.test(text));
  const line = text.trim();
  if (phrase) return { kind: phrase[1], code: codeOf(phrase[1], line), line, phrase: true };
  if (user || line === '' || level === undefined || level > WARNING) return undefined;
  const kind = SEVERITIES[level] ?? 'warning';
  return { kind, code: codeOf(kind, line), line, phrase: false };
}

function codeOf(kind: Kind, line: string): Code {
  if (!LATE.includes(kind)) return KINDS[kind];
  if (isStandstill(line)) return 'log-stall';
  return isClock(line) ? 'log-timeout' : KINDS[kind];
}

function isCut({ line }: Complaint): boolean {
  return line.includes(CUT);
}

/** The heading of a report is often only a "cut here". */
function mostTelling(report: readonly Complaint[]): Complaint {
  const rank = ({ kind, phrase }: Complaint) =>
    phrase
      ? PHRASES.findIndex((each) => each[1] === kind)
      : PHRASES.length + (SEVERITIES as readonly Kind[]).indexOf(kind);
  const [first] = report.slice(0, 4).sort((a, b) => rank(a) - rank(b) || Number(isCut(a)) - Number(isCut(b)));
  return first as Complaint;
}

/** Avoids saying things twice, as in "BUG: BUG: scheduling while atomic". */
export function complaintText({ kind, line }: Pick<Complaint, 'kind' | 'line'>): string {
  return line.toLowerCase().includes(kind.toLowerCase()) ? line : `${kind}: ${line}`;
}

export function objectionTo({ code, kind, line }: Complaint, when = ''): ObjectionOf<'kernel-log'> {
  return { code, detail: when + complaintText({ kind, line }), where: { line: signature(line) } };
}
