/**
 * Unified diffs, applied without any fuzz: the lines of a hunk are in its file exactly once, wherever that is. Several patches are applied
 * to one text at once, each made against it and none knowing of the others. Pure.
 */
import { UsageError } from '../model/index.js';

/** Lines of a text that others replace; none of them for an insertion in front of line `at`. */
export interface Edit {
  at: number;
  removed: number;
  lines: string[];
  /** The patch that it belongs to. */
  by: string;
}

export interface FilePatch {
  path: string;
  hunks: Hunk[];
}

interface Hunk {
  /** As the header has it, for messages. */
  header: string;
  /** Each with its sign. */
  lines: string[];
}

const COUNTS = 'the hunk does not have as many lines as it says';
const HEADER = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** What comes before its first file is a description. Paths lose their first part, as with `patch -p1`. */
export function parsePatch(text: string, name: string): FilePatch[] {
  const lines = text.split('\n');
  const files: FilePatch[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const header = HEADER.exec(line);
    if (header) {
      const hunk: Hunk = { header: line, lines: [] };
      let [before, after] = [Number(header[1] ?? 1), Number(header[2] ?? 1)];
      while (before > 0 || after > 0) {
        // Editors take the space of an empty line of context away.
        const next = lines[++at] === '' ? ' ' : (lines[at] ?? '');
        if (!/^[ +-]/.test(next)) throw bad(`${name}: ${line}: ${COUNTS}`);
        if (next[0] !== '+') before--;
        if (next[0] !== '-') after--;
        if (before < 0 || after < 0) throw bad(`${name}: ${line}: ${COUNTS}`);
        hunk.lines.push(next);
      }
      const file = files.at(-1);
      if (!file) throw bad(`${name}: a hunk without a file`);
      file.hunks.push(hunk);
    } else if (line.startsWith('+++ ')) {
      const [, path] = /^\+\+\+ [^/\s]+\/(\S+)/.exec(line) ?? [];
      if (path === undefined)
        throw bad(`${name}: '${line}' names no file: patches change files, they add and remove none`);
      files.push({ path, hunks: [] });
    }
  }
  if (files.length === 0) throw bad(`${name}: no patch`);
  return files;
}

/** Where a patch of this file changes its lines. */
export function editsOf({ path, hunks }: FilePatch, lines: readonly string[], name: string): Edit[] {
  return hunks.flatMap((hunk) => {
    const before = hunk.lines.filter((line) => line[0] !== '+').map((line) => line.slice(1));
    const places = placesOf(before, lines);
    const [place] = places;
    if (place === undefined) throw bad(`${name} does not apply to ${path}: its lines have changed at ${hunk.header}`);
    if (places.length > 1)
      throw bad(`${name} applies to ${path} in ${places.length} places: more context at ${hunk.header}`);
    return editsAt(place, hunk, name);
  });
}

/** All edits at once. No line is changed by two; what two insert at one place comes in the order of their names. */
export function applyEdits(lines: readonly string[], edits: readonly Edit[], path: string): string[] {
  const inOrder = [...edits].sort((a, b) => a.at - b.at || a.removed - b.removed || (a.by < b.by ? -1 : 1));
  const result: string[] = [];
  let done = 0;
  let last: Edit | undefined;
  for (const edit of inOrder) {
    if (edit.at < done) throw bad(`${last?.by} and ${edit.by} change the same line of ${path}: line ${edit.at + 1}`);
    result.push(...lines.slice(done, edit.at), ...edit.lines);
    done = edit.at + edit.removed;
    last = edit;
  }
  return [...result, ...lines.slice(done)];
}

function bad(message: string): UsageError {
  return new UsageError(message, 'guest/plants/README.md says how a patch is made');
}

function placesOf(before: readonly string[], lines: readonly string[]): number[] {
  const places: number[] = [];
  for (let at = 0; at + before.length <= lines.length; at++)
    if (before.every((line, i) => line === lines[at + i])) places.push(at);
  return places;
}

function editsAt(place: number, hunk: Hunk, by: string): Edit[] {
  const edits: Edit[] = [];
  let at = place;
  let open: Edit | undefined;
  for (const line of hunk.lines) {
    if (line[0] === ' ') {
      open = undefined;
      at++;
      continue;
    }
    if (!open) {
      open = { at, removed: 0, lines: [], by };
      edits.push(open);
    }
    if (line[0] === '+') open.lines.push(line.slice(1));
    else {
      open.removed++;
      at++;
    }
  }
  return edits;
}
