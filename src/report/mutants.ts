/** Mutants and what became of them, for a terminal and for programs. Pure. */
import { rangesText } from '../coverage/index.js';
import { countOf, harmless } from '../model/index.js';
import { HOW, type Score, type Share, SKIPPED, shares, summaryOf, type Trial } from '../mutate/index.js';
import type { MutationSession } from '../results/index.js';
import { flowing, grid, wrapped } from '../terminal/index.js';
import { formatSeconds } from './format.js';
import type { Style } from './style.js';

interface Output {
  width: number;
  style: Style;
}

interface Wanted extends Output {
  /** With the diffs of those that no cell reaches, too. */
  whole: boolean;
}

const placeOf = ({ file, line, operator }: Trial) => `${file}:${line} ${operator}`;

const NOTICED = { load: 'a module does not load', died: 'the guest died', stuck: 'it hangs' };

/** One line as it is known; `undefined` for what is no mutant. */
export function mutantLine(trial: Trial, { width, style }: Output): string[] {
  const { outcome } = trial;
  const line = (verdict: string, paint: (text: string) => string, said: string) => {
    const [first = '', ...rest] = flowing([verdict.padEnd(9), placeOf(trial)], `${said}`, width);
    return [first.replace(verdict, paint), ...rest];
  };
  switch (outcome.kind) {
    case 'skipped':
      return [];
    case 'killed': {
      const by = outcome.how === 'oracle' ? outcome.oracles.join(', ') : NOTICED[outcome.how];
      return line('killed', style.good, `${by}: ${outcome.by}, ${formatSeconds(trial.ms)}`);
    }
    case 'survived':
      return line('survived', style.bad, `${countOf(outcome.cells.length, 'cell')} passed, ${formatSeconds(trial.ms)}`);
    case 'unreached':
      return line('unreached', style.doubtful, 'no cell runs this line');
    case 'explained':
      return line('explained', style.dim, outcome.why);
    case 'unjudged':
      return line('unjudged', style.doubtful, outcome.reason);
  }
}

const UNREACHED = 'not reached: no cell runs their lines';

/** Their lines, by file. */
function placesOf(trials: readonly Trial[], width: number, style: Style): string[] {
  const files = new Map<string, number[]>();
  for (const { file, line } of trials) files.set(file, [...(files.get(file) ?? []), line]);
  const lines = [...files].map(([file, some]) => `  ${file}: ${rangesText(some)}`);
  return lines.length === 0 ? [] : ['', style.doubtful(UNREACHED), ...lines.flatMap((line) => wrapped(line, width))];
}

function percent({ killed, of }: Share): string {
  return of === 0 ? '-' : `${Math.floor((100 * killed) / of)} %`;
}

function row(name: string, score: Score): string[] {
  const { reached, all } = shares(score);
  const { killed, survived, unreached } = score;
  return [name, ...[killed, survived, unreached].map(String), percent(reached), percent(all)];
}

/** Scores, who noticed what, and each mutant that lives with its diff. */
export function mutationLines(
  session: Pick<MutationSession, 'seed' | 'run' | 'started'>,
  trials: readonly Trial[],
  { width, style, whole }: Wanted,
): string[] {
  const summary = summaryOf(trials);
  const { all, files, operators, oracles, how, skipped, survivors, unreached, unjudged, anHour } = summary;
  const align = (column: number) => (column === 0 ? 'left' : 'right');
  const head = ['killed', 'survived', 'unreached', 'of reached', 'of all'];
  const table = (name: string, rows: string[][]) => grid([[name, ...head], ...rows], { width, align });
  const scored = shares(all);
  const also = [
    ...(all.explained > 0 ? [`${all.explained} explained (harness/mutants.json), which do not count`] : []),
    ...(all.unjudged > 0 ? [`${all.unjudged} not judged, which do not count`] : []),
  ];
  const listed = (title: string, some: readonly Trial[], paint: (text: string) => string) =>
    some.length === 0 ? [] : ['', paint(title), ...some.flatMap((one) => survivorLines(one, width, style))];
  return [
    ...table('file', [...files.map(({ file, ...score }) => row(file, score)), row('all', all)]),
    '',
    ...table(
      'operator',
      operators.map(({ operator, ...score }) => row(operator, score)),
    ),
    ...(whole ? listed(UNREACHED, unreached, style.doubtful) : placesOf(unreached, width, style)),
    ...listed('not judged', unjudged, style.doubtful),
    ...listed('survived: cells ran them, and none objected', survivors, style.bad),
    '',
    ...[
      `noticed by ${list(oracles.map(({ oracle, killed }) => `${oracle} ${killed}`)) || 'nobody'}${counts(how, HOW)}`,
      `tried and left out${counts(skipped, SKIPPED) || ': none'}`,
      ...also,
      `killed ${percent(scored.reached)} of ${scored.reached.of} reached, ${percent(scored.all)} of all ${scored.all.of}; seed ${session.seed}, cells of ${session.run}, ${Math.round(anHour)} mutants an hour, ${session.started.slice(0, 10)}`,
    ].flatMap((line) => wrapped(line, width)),
  ];
}

/** `; 2 do not compile, …`, without what there is none of. */
function counts<K extends string>(numbers: Record<K, number>, words: Record<K, string>): string {
  const some = (Object.keys(numbers) as K[]).filter((name) => numbers[name] > 0);
  return some.length === 0 ? '' : `: ${list(some.map((name) => `${numbers[name]} ${words[name]}`))}`;
}

function list(parts: readonly string[]): string {
  return parts.join(', ');
}

function survivorLines(trial: Trial, width: number, style: Style): string[] {
  const { outcome, diff, exact } = trial;
  const near =
    exact || outcome.kind === 'unreached' ? '' : ' (its own line has no code; the nearest that has is reached)';
  const cells = 'cells' in outcome ? outcome.cells : [];
  const said =
    outcome.kind === 'unjudged'
      ? outcome.reason
      : cells.length === 0
        ? ''
        : `${countOf(cells.length, 'cell')}: ${cells.slice(0, 3).join(', ')}${cells.length > 3 ? ', ...' : ''}${near}`;
  const paint = (line: string) => (line.startsWith('-') ? style.bad : line.startsWith('+') ? style.good : style.dim);
  return [
    '',
    ...wrapped(`${placeOf(trial)}, in ${trial.function}()`, width),
    ...(said === '' ? [] : wrapped(`  ${said}`, width)),
    ...diff.slice(2).map((line) => paint(line)(`  ${harmless(line).replaceAll('\t', '    ')}`)),
  ];
}

/** For programs. */
export function mutationJson(session: MutationSession, trials: readonly Trial[]): object {
  const { survivors, unreached, unjudged, anHour, ...summary } = summaryOf(trials);
  const ids = (some: readonly Trial[]) => some.map(({ id }) => id);
  return {
    schema: 1,
    session,
    shares: shares(summary.all),
    ...summary,
    mutants_an_hour: Math.round(anHour * 10) / 10,
    survivors: ids(survivors),
    unreached: ids(unreached),
    unjudged: ids(unjudged),
    mutants: trials,
  };
}

/** What a person is told who stops in between. */
export function pausedLine(done: number, count: number): string {
  return `${done} of ${countOf(count, 'mutant')} are done; the same command goes on with the rest`;
}
