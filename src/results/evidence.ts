/** What the kernel said while a cell ran that did not pass: the part of it that a person would look at first. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IOMMUS } from '../iommus/index.js';
import { type CellRecord, objectionsOf, signature } from '../model/index.js';

export interface Excerpt {
  /** Below the run's folder. */
  file: string;
  /** Number of the first line in that file, from 1. */
  from: number;
  /** As the guest wrote them. */
  lines: string[];
  /** How many lines of it are not shown. */
  left: number;
}

/** The cell's own part of the log, else all that its guest said. */
const LOGS = ['kernel.log', 'console.log'];

/** `undefined`: nothing was kept. */
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

/** What begins a report of the kernel. */
const REPORT = /\bBUG\b|WARNING:|Oops|KASAN|KCSAN|UBSAN|lockdep|possible .* locking|panic|cut here|Call Trace|DMA-API:/;
/** What else tells something: an IOMMU, a driver. */
const TELLING = new RegExp(
  [...IOMMUS.flatMap(({ log }) => log.driver ?? []), /WARNING|\bfault\b|phyr_\w+ [0-9a-f]{4}:/]
    .map(({ source }) => source)
    .join('|'),
);

/**
 * What stands between the head of a kernel's report and its call trace, and says nothing of the cause: modules, hardware, registers
 * (of x86-64 and arm64) but for the place that the processor was at, and the bytes of its code.
 */
const SET_UP =
  /^(?:Modules linked in:|\[last unloaded|CPU(?::|#)|Hardware name:|Tainted:|Code:|(?:RSP|EFLAGS|R[A-D]X|R[SD]I|RBP|R\d\d|[CDFEG]S|[CD]R\d|PKRU|PGD|ORIG_RAX)\b|RSP: |(?:x\d+|sp|pstate|pmr_save)\s*:)/;

/**
 * All of it if that is short; else from a little before the oracle's finding, or a report of the kernel, or what else tells something,
 * or the end. Registers are left out, so that a report's head and its call trace stand together.
 * @param finding the line that the kernel-log oracle objects to, by its signature
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

/** How many lines of set-up follow one another here. */
function setUpAt(lines: readonly string[], from: number): number {
  let to = from;
  while (to < lines.length && SET_UP.test(bare(lines[to] ?? ''))) to++;
  return to - from;
}

/** Without the time that the kernel puts before it. */
function bare(line: string): string {
  return line.replace(/^(?:\[ *[\d.]+\](?:\[ *\w+\])? ?)+/, '').trim();
}
