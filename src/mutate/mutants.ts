/** All mutants of a source, and the order in which a seed draws them. */
import { createHash } from 'node:crypto';
import { type CFunction, functionsOf } from './functions.js';
import { type Edit, OPERATORS } from './operators.js';
import { newlinesIn } from './tokens.js';

export interface Mutant {
  /** The same for the same mutant of the same source. */
  id: string;
  file: string;
  function: string;
  operator: string;
  /** In the order of the source; the line of the first. */
  edits: readonly Edit[];
  line: number;
  /** Lines that must have been reached if the mutant was, from the best guess to the worst: those of one of these have code. */
  where: readonly (readonly number[])[];
}

export function mutantsOf(file: string, source: string): Mutant[] {
  const lineAt = lineFinder(source);
  return functionsOf(source).flatMap((one) =>
    OPERATORS.flatMap(({ name, sites }) =>
      sites(one).map((edits) => {
        const sorted = [...edits].sort((a, b) => a.from - b.from);
        const said = sorted.map(({ from, to, text }) => [from, source.slice(from, to), text]);
        const lines = sorted.map(({ from }) => lineAt(from));
        return {
          id: createHash('sha256')
            .update(JSON.stringify([file, name, said]))
            .digest('hex')
            .slice(0, 10),
          file,
          function: one.name,
          operator: name,
          edits: sorted,
          line: lines[0] ?? 0,
          where: [[...new Set(lines)], ...around(one, sorted[0]?.from ?? 0)],
        };
      }),
    ),
  );
}

/** A line may have no code of its own: then its statement's, then what follows in the block, then what comes before in the function. */
function around({ tokens, open, close, statements }: CFunction, offset: number): number[][] {
  const lineOf = (at: number) => tokens[at]?.line ?? 0;
  const statement = statements.findLast(({ first }) => (tokens[first]?.at ?? 0) <= offset);
  const [first, last] = [statement?.first ?? open, statement?.last ?? open];
  const end = tokens.findIndex(({ text }, at) => at > last && (text === '}' || text === '{'));
  const below = range(lineOf(last) + 1, lineOf(end < 0 ? close : end)).map((line) => [line]);
  const above = range(lineOf(open), lineOf(first) - 1)
    .reverse()
    .map((line) => [line]);
  return [range(lineOf(first), lineOf(last)), ...below, ...above];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}

function lineFinder(source: string): (offset: number) => number {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1;
}

/** The source with the defect. Every other line keeps its number: a warning of the kernel's holds the number of its line. */
export function mutated(source: string, edits: readonly Edit[]): string {
  let [result, at] = ['', 0];
  for (const { from, to, text } of edits) {
    const lost = newlinesIn(source.slice(from, to)) - newlinesIn(text);
    result += `${source.slice(at, from)}${text}${'\n'.repeat(Math.max(0, lost))}`;
    at = to;
  }
  return result + source.slice(at);
}

/**
 * All of them in the order of the seed, one of each operator after the other: operators with few sites are tried as often as those with
 * many. Other files or seeds do not change in which order two of them come.
 */
export function drawn(mutants: readonly Mutant[], seed: number): Mutant[] {
  const rank = (text: string) => createHash('sha256').update(`${seed}\0${text}`).digest('hex');
  const byRank = <T>(items: readonly T[], name: (item: T) => string) =>
    items
      .map((item) => ({ item, key: rank(name(item)) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ item }) => item);
  const queues = byRank(OPERATORS, ({ name }) => name).map(({ name }) =>
    byRank(
      mutants.filter(({ operator }) => operator === name),
      ({ id }) => id,
    ),
  );
  const rounds = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => queues.flatMap((queue) => queue[round] ?? [])).flat();
}

/** The first line that the mutant changes, before and after. */
export function changedLine({ edits, line }: Mutant, source: string): { line: string; becomes: string } {
  const at = (text: string) => text.split('\n')[line - 1] ?? '';
  return { line: at(source), becomes: at(mutated(source, edits)) };
}

const CONTEXT = 2;

/** As `diff -u` shows it. */
export function diffOf({ file, edits }: Mutant, source: string): string[] {
  const [before, after] = [source.split('\n'), mutated(source, edits).split('\n')];
  const changed = before.flatMap((line, at) => (line === after[at] ? [] : [at]));
  const lines = [`--- ${file}`, `+++ ${file}`];
  let shown = 0;
  for (const [index, at] of changed.entries()) {
    const last = changed[index + 1];
    // Changes that are near each other are shown together.
    if (last !== undefined && last - at <= 2 * CONTEXT + 1) continue;
    const first = changed.slice(shown, index + 1)[0] ?? at;
    const [from, to] = [Math.max(0, first - CONTEXT), Math.min(before.length - 1, at + CONTEXT)];
    lines.push(`@@ -${from + 1},${to - from + 1} +${from + 1},${to - from + 1} @@`);
    for (let row = from; row <= to; row++) {
      if (!changed.includes(row)) lines.push(` ${before[row]}`);
      else if (!changed.includes(row - 1) || row === from) {
        let end = row;
        while (changed.includes(end + 1) && end < to) end++;
        lines.push(...before.slice(row, end + 1).map((line) => `-${line}`));
        lines.push(...after.slice(row, end + 1).map((line) => `+${line}`));
        row = end;
      }
    }
    shown = index + 1;
  }
  return lines;
}
