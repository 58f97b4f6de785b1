/** Excerpts from the kernel log of a cell that did not pass: the part that a person would look at first. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IOMMUS } from '../iommus/index.js';
import { type CellRecord, objectionsOf, signature } from '../model/index.js';

export interface Excerpt {
  /** Relative to the run's folder. */
  file: string;
  /** Number of the first line in that file, from 1. */
  from: number;
  /** As the guest wrote them. */
  lines: string[];
  /** How many lines are left out. */
  left: number;
}

/** The cell's part of the log if there is one, otherwise the whole console of its guest. */
const LOGS = ['kernel.log', 'console.log'];

/** `undefined`: no log was saved. */
export async function excerptFor(runFolder: string, { evidence, oracles }: CellRecord): Promise<Excerpt | undefined> {
  if (evidence === undefined) return undefined;
  const file = LOGS.map((name) => join(evidence, name)).find((one) => existsSync(join(runFolder, one)));
  if (file === undefined) return undefined;
  const text = await readFile(join(runFolder, file), 'utf8');
  const log = oracles.find(({ name, verdict }) => name === 'kernel-log' && verdict === 'fail');
  return { file, ...excerpt(text.split(/\r?\n/), log && objectionsOf(log)[0]?.where?.line) };
}

const MOST = 60;
const LONGEST = 400;

/** The beginning of a kernel report. */
const REPORT = /\bBUG\b|WARNING:|Oops|KASAN|KCSAN|UBSAN|lockdep|possible .* locking|panic|cut here|Call Trace|DMA-API:/;
/** Other lines of interest, of an IOMMU or a driver. */
const TELLING = new RegExp(
  [...IOMMUS.flatMap(({ log }) => log.driver ?? []), /WARNING|\bfault\b|phyr_\w+ [0-9a-f]{4}:/]
    .map(({ source }) => source)
    .join('|'),
);

/**
 * Lines between the head of a kernel report and its call trace that say nothing about the cause: modules, hardware,
 * registers (of x86-64 and arm64) except the instruction pointer, and code bytes.
 */
const SET_UP =
  /^(?:Modules linked in:|\[last unloaded|CPU(?::|#)|Hardware name:|Tainted:|Code:|(?:RSP|EFLAGS|R[A-D]X|R[SD]I|RBP|R\d\d|[CDFEG]S|[CD]R\d|PKRU|PGD|ORIG_RAX)\b|RSP: |(?:x\d+|sp|pstate|pmr_save)\s*:)/;

/**
 * The whole log if it is short. Otherwise it begins a little before the oracle's finding, a kernel report, or another
 * line of interest, or shows the end. Registers are left out, so that the head of a report and its call trace are close
 * together.
 * @param finding the signature of the line that the kernel-log oracle objects to
 */
export function excerpt(lines: readonly string[], finding?: string): Omit<Excerpt, 'file'> {
  const said = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  const named = said.findIndex((line) => signature(bare(line)) === finding);
  const telling = [named, said.findIndex((line) => REPORT.test(line)), said.findIndex((line) => TELLING.test(line))];
  const at = telling.find((one) => one !== -1) ?? -1;
  const latest = Math.max(0, said.length - MOST);
  const start = at === -1 ? latest : Math.max(0, Math.min(at - 3, latest));
  const part = said.slice(start);
  const shown: string[] = [];
  let taken = 0;
  while (taken < part.length && shown.length < MOST) {
    const hidden = setUpAt(part, taken);
    shown.push(
      hidden > 1 ? `[... ${hidden} lines of registers and set-up ...]` : (part[taken] ?? '').slice(0, LONGEST),
    );
    taken += Math.max(1, hidden);
  }
  const marks = shown.filter((line) => /^\[\.\.\. \d+ lines of registers/.test(line)).length;
  return { from: start + 1, lines: shown, left: said.length - (shown.length - marks) };
}

/** How many consecutive lines of set-up follow here. */
function setUpAt(lines: readonly string[], from: number): number {
  let to = from;
  while (to < lines.length && SET_UP.test(bare(lines[to] ?? ''))) to++;
  return to - from;
}

/** Without the kernel's timestamp. */
function bare(line: string): string {
  return line.replace(/^(?:\[ *[\d.]+\](?:\[ *\w+\])? ?)+/, '').trim();
}
