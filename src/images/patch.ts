/**
 * Applies unified diffs without fuzz: the lines of a hunk must occur in the file exactly once, anywhere. Several
 * patches are applied at once, all made against the same text and independent of each other. Pure.
 */
import { UsageError } from '../model/index.js';

/** Replaces lines of a text; without lines to replace, it inserts in front of line `at`. */
export interface Edit {
  at: number;
  removed: number;
  lines: string[];
  /** The name of its patch. */
  by: string;
}

export interface FilePatch {
  path: string;
  hunks: Hunk[];
}

interface Hunk {
  /** The `@@` line, for messages. */
  header: string;
  /** With their signs. */
  lines: string[];
}

const COUNTS = 'the hunk does not have as many lines as its header says';
const HEADER = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/** Text before the first file is a description. Paths lose their first part, as with `patch -p1`. */
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
        // Some editors remove the space of an empty context line.
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
        throw bad(`${name}: '${line}' names no file: a patch can only change files, not add or remove them`);
      files.push({ path, hunks: [] });
    }
  }
  if (files.length === 0) throw bad(`${name} is not a patch`);
  return files;
}

/** Where a patch changes the lines of this file. */
export function editsOf({ path, hunks }: FilePatch, lines: readonly string[], name: string): Edit[] {
  return hunks.flatMap((hunk) => {
    const before = hunk.lines.filter((line) => line[0] !== '+').map((line) => line.slice(1));
    const places = placesOf(before, lines);
    const [place] = places;
    if (place === undefined) throw bad(`${name} does not apply to ${path}: its lines have changed at ${hunk.header}`);
    if (places.length > 1)
      throw bad(`${name} applies to ${path} in ${places.length} places: add context at ${hunk.header}`);
    return editsAt(place, hunk, name);
  });
}

/**
 * Applies all edits at once. Two patches may not change the same line; two insertions at one place are sorted by patch
 * name.
 */
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
  return new UsageError(message, 'guest/plants/README.md explains how to make a patch');
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
