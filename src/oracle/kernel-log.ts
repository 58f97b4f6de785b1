/**
 * The kernel-log oracle: the guest's console between the marks of one cell.
 */
import type { OracleReport } from '../model/index.js';
import { withoutLeaks, withoutWarnings } from './known-reports.js';

/** What a kernel prints when something is wrong, most telling first. */
const SPLATS: [RegExp, string][] = [
  [/Kernel panic - not syncing/, 'panic'],
  [/BUG: KASAN|KASAN:/, 'KASAN'],
  [/BUG: KFENCE|KFENCE:/, 'KFENCE'],
  [/UBSAN:/, 'UBSAN'],
  [/DMA-API:(?! (preallocated \d+ debug entries|debugging enabled))/, 'DMA debug'],
  [
    /possible (recursive|circular) locking|inconsistent lock state|lock order detected|irq lock inversion|Invalid wait context|Nested lock was not taken|bad unlock balance|held lock freed|still has locks held|lock held when returning|suspicious RCU usage|sleeping function called from invalid context/,
    'lockdep',
  ],
  [/\bBUG\b:?/, 'BUG'],
  [/\bOops\b|general protection fault|unable to handle (page fault|kernel)/i, 'oops'],
  [/WARNING:(?! modpost)/, 'WARN'],
  [/------------\[ cut here \]/, 'WARN'],
  [/refcount_t:|list_(add|del) corruption|use-after-free|double free/, 'corruption'],
  [/blocked for more than \d+ seconds|soft lockup|hard LOCKUP|rcu.*(stall|detected stalls)/i, 'stall'],
  [/Objects remaining|Slab .* on __kmem_cache_shutdown|dma_pool_destroy .* busy/, 'leaked memory'],
  [
    /DMAR:.*\[(DMA|INTR).*fault|fault addr 0x|DMAR: DRHD: handling fault|Event logged \[IO_PAGE_FAULT|arm-smmu-v3.*event: F_|virtio_iommu.*\bfault\b/i,
    'IOMMU fault',
  ],
  [/DMAR: ERROR|DMA PTE for vPFN|swiotlb buffer is full|coherent pool/i, 'DMA trouble'],
  [/(?:phyr_nvme|nvme|phyr\d)\S*:?.*\b(timeout|timed out|I\/O error|resetting|aborting)/i, 'driver trouble'],
  [/I\/O error\b|critical (medium|target) error|Unrecovered Read Error/, 'I/O error'],
  [/EXT4-fs error|Aborting journal|JBD2: .*error/, 'file system error'],
  [/controller (is down|was reset)|completion (of unknown|without)|will reset/, 'driver trouble'],
  [
    /^(?:\[[^\]]*\]\s*)?phyr\w*\b(?!: module verification failed| \S+ cannot be used for peer-to-peer DMA).*\b(failed|error|cannot|refused|unknown|invalid)\b/i,
    'module trouble',
  ],
  [/new suspected memory leaks|\bmemory leak\b(?! detector)|unreferenced object/, 'kmemleak'],
  [/^(?:\[[^\]]*\]\s*)?Call Trace:/, 'stack trace'],
];

export interface LogWindow {
  /** The console's lines between the marks, or `undefined` when a mark is missing: then nobody knows what was looked at. */
  lines: readonly string[] | undefined;
}

/** The lines between the cell's begin and end marks. The end may be missing when the guest died: then all that follows. */
export function logWindow(console: readonly string[], begin: string, end: string): LogWindow {
  const from = console.findLastIndex((line) => line.includes(begin));
  if (from < 0) return { lines: undefined };
  const to = console.findIndex((line, at) => at > from && line.includes(end));
  return to < 0 ? { lines: undefined } : { lines: console.slice(from + 1, to) };
}

/** Taint that says that something went wrong, not merely that a module came from outside: Documentation/admin-guide/tainted-kernels.rst */
const WARNED = 512;
const TAINTS = { 16: 'machine check', 32: 'bad page', 128: 'oops', [WARNED]: 'warning', 16384: 'soft lockup' };

/**
 * `taint`: the kernel's flags before and after, `null` where they could not be read. `expected`: lines that no one objects to.
 * `due`: for an alarm that must ring in one way: it alone is objected to. `known`: reports that are defects of the kernel's own.
 */
export function judgeKernelLog(
  window: LogWindow,
  taint: { before: number | null; after: number | null },
  {
    expected = [],
    due,
    known = [],
  }: { expected?: readonly RegExp[] | undefined; due?: RegExp | undefined; known?: readonly RegExp[] } = {},
): OracleReport {
  if (window.lines === undefined) {
    return {
      name: 'kernel-log',
      verdict: 'inconclusive',
      detail: 'the marks of this cell are not in the console: could not look',
    };
  }
  const objectionable = (line: string) => due?.test(line) ?? !expected.some((pattern) => pattern.test(line));
  const warnings = withoutWarnings(window.lines, known);
  const leaks = withoutLeaks(warnings.lines, known);
  const theirs = [...warnings.found, ...leaks.found];
  const kernel = theirs.length > 0 ? { kernel: theirs } : {};
  const found = splats(leaks.lines.filter(objectionable));
  const first = headline(found);
  const excused = warnings.found.length > 0 ? WARNED : 0;
  const tainted = Object.entries(TAINTS).find(
    ([bit]) => (Number(taint.after) & ~Number(taint.before) & ~excused & Number(bit)) !== 0,
  );
  if (!first && due) return { name: 'kernel-log', verdict: 'pass', detail: `no report like ${due.source}` };
  if (!first && tainted)
    return { name: 'kernel-log', verdict: 'fail', detail: `the kernel is tainted: ${tainted[1]}`, ...kernel };
  if (!first && (taint.before === null || taint.after === null)) {
    return { name: 'kernel-log', verdict: 'inconclusive', detail: 'the kernel does not show whether it is tainted' };
  }
  if (!first) return { name: 'kernel-log', verdict: 'pass', detail: `${window.lines.length} lines, clean`, ...kernel };
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
  return { name: 'kernel-log', verdict: 'fail', detail: `${first.kind}: ${first.line}${more}`, ...kernel };
}

/** One report is several lines, and its first is often a bare "cut here": the most telling of the first few. */
function headline(found: readonly { kind: string; line: string }[]): { kind: string; line: string } | undefined {
  const rank = ({ kind }: { kind: string }) => SPLATS.findIndex((splat) => splat[1] === kind);
  const isCut = ({ line }: { line: string }) => line.includes('[ cut here ]');
  return found.slice(0, 3).sort((a, b) => rank(a) - rank(b) || Number(isCut(a)) - Number(isCut(b)))[0];
}

export function splats(lines: readonly string[]): { kind: string; line: string }[] {
  return lines.flatMap((line) => {
    const hit = SPLATS.find(([pattern]) => pattern.test(line));
    return hit ? [{ kind: hit[1], line: line.replace(/^\[\s*[\d.]+\]\s*/, '').trim() }] : [];
  });
}
