/** --last-failed: finds the cells that have not passed since they last ran, and how those runs were asked for. */
import { type Asked, countOf, messageOf } from '../model/index.js';
import type { Plan } from '../plan/index.js';
import { notPassed, type Unpassed } from '../results/index.js';
import type { Cell, Suite } from '../workloads/index.js';
import { planAsked } from './scenarios.js';

export interface LastFailed {
  plan: Plan;
  seed: number;
  asked: Partial<Asked> & Pick<Asked, 'words'>;
  /** Shown to the user before the run. */
  notes: string[];
}

/**
 * A run has one kernel, so this takes the newest group of runs with the same kernel, QEMU and scenarios that has unpassed cells. The other
 * groups follow once that one has passed. With `plan: undefined` nothing is left to run; `notes` say why.
 */
export async function lastFailed(
  runs: string,
  suitesOf: (scenarios: string | undefined) => Promise<readonly Suite[]>,
  seed: number | undefined,
): Promise<LastFailed | { plan: undefined; notes: string[] }> {
  const notes: string[] = [];
  const groups = new Map<string, [Unpassed, ...Unpassed[]]>();
  for (const one of await notPassed(runs)) {
    const { kernel, qemu, scenarios, script } = one.run.asked ?? {};
    const key = JSON.stringify([kernel, qemu, scenarios, script]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  const others = [...groups.values()];
  for (const sources of groups.values()) {
    others.shift();
    const [newest] = sources;
    const suites = await suitesOf(newest.run.asked?.scenarios).catch((error: unknown) => {
      notes.push(`${counted(sources)} cannot be run: ${messageOf(error)}`);
      return undefined;
    });
    if (suites === undefined) continue;
    const cells = sources.flatMap((source) => again(suites, source, seed));
    const gone = count(sources) - cells.length;
    if (gone > 0)
      notes.push(`${countOf(gone, 'cell that did not pass does', 'cells that did not pass do')} not exist any more`);
    if (cells.length === 0) continue;
    const unfinished = sources.reduce((sum, one) => sum + one.unfinished.length, 0);
    notes.push(
      `${countOf(cells.length, 'cell has', 'cells have')} not passed${unfinished > 0 ? `; ${unfinished} of them did not finish` : ''}`,
    );
    if (others.length > 0) notes.push(`${counted(others.flat())} to run after these, with another kernel or QEMU`);
    const words = [...new Set(sources.flatMap((source) => source.run.asked?.words ?? idsOf(source)))];
    return {
      plan: { cells, pruned: [], omitted: 0 },
      seed: seed ?? newest.run.seed,
      asked: { ...newest.run.asked, words },
      notes,
    };
  }
  return { plan: undefined, notes: notes.length > 0 ? notes : ['all cells that were run have passed since'] };
}

/**
 * The cells as the suites declare them now, with the seed that they had. Looked up by the words of that run, because an id alone may match
 * cells of several suites.
 */
function again(suites: readonly Suite[], source: Unpassed, seed: number | undefined): Cell[] {
  const ids = idsOf(source);
  const was = new Map([...source.failed, ...source.unfinished].map((cell) => [cell.id, cell]));
  const { run } = source;
  let planned: Plan;
  try {
    planned = planAsked(suites, run.asked ?? { words: ids }, seed ?? run.seed);
  } catch {
    // The suite or pattern does not exist any more.
    return [];
  }
  return planned.cells.flatMap((cell) => {
    const past = was.get(cell.id);
    return past === undefined ? [] : [seed === undefined ? { ...cell, seed: past.seed } : cell];
  });
}

const idsOf = ({ failed, unfinished }: Unpassed): string[] => [...failed, ...unfinished].map(({ id }) => id);

const count = (sources: readonly Unpassed[]): number => sources.flatMap(idsOf).length;

const counted = (sources: readonly Unpassed[]): string => countOf(count(sources), 'more unpassed cell');
