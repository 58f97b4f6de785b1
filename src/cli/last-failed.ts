/** --last-failed: the cells that have not passed, as the runs that had them were asked for. */
import { type Asked, countOf, describe } from '../model/index.js';
import type { Plan } from '../plan/index.js';
import { notPassed, type Unpassed } from '../results/index.js';
import type { Cell, Suite } from '../workloads/index.js';
import { planOf } from './scenarios.js';

export interface LastFailed {
  plan: Plan;
  seed: number;
  asked: Partial<Asked> & Pick<Asked, 'words'>;
  /** For a person, before it begins. */
  notes: string[];
}

/**
 * One run has one kernel: the newest of those that something is left of; the others have their turn when that has passed.
 * `undefined`: there is nothing left that could be run; `notes` say why.
 */
export async function lastFailed(
  runs: string,
  suitesOf: (scenarios: string | undefined) => Promise<readonly Suite[]>,
  seed: number | undefined,
): Promise<LastFailed | { plan: undefined; notes: string[] }> {
  const notes: string[] = [];
  const groups = new Map<string, [Unpassed, ...Unpassed[]]>();
  for (const one of await notPassed(runs)) {
    const { kernel, qemu, scenarios } = one.run.asked ?? {};
    const key = JSON.stringify([kernel, qemu, scenarios]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  const others = [...groups.values()];
  for (const sources of groups.values()) {
    others.shift();
    const [newest] = sources;
    const suites = await suitesOf(newest.run.asked?.scenarios).catch((error: unknown) => {
      notes.push(`${counted(sources)} cannot be run: ${describe(error)}`);
      return undefined;
    });
    if (suites === undefined) continue;
    const cells = sources.flatMap((source) => again(suites, source, seed));
    const gone = count(sources) - cells.length;
    if (gone > 0)
      notes.push(`${countOf(gone, 'cell that has not passed is', 'cells that have not passed are')} no more`);
    if (cells.length === 0) continue;
    const unfinished = sources.reduce((sum, one) => sum + one.unfinished.length, 0);
    notes.push(
      `${countOf(cells.length, 'cell has', 'cells have')} not passed${unfinished > 0 ? `; ${unfinished} of them not run to the end` : ''}`,
    );
    if (others.length > 0) notes.push(`${counted(others.flat())} on another kernel or QEMU, after these`);
    const words = [...new Set(sources.flatMap((source) => source.run.asked?.words ?? idsOf(source)))];
    return {
      plan: { cells, pruned: [], omitted: 0 },
      seed: seed ?? newest.run.seed,
      asked: { ...newest.run.asked, words },
      notes,
    };
  }
  return { plan: undefined, notes: notes.length > 0 ? notes : ['every cell that was run has passed since'] };
}

/** As the suites have them now, with the seed that they had; by the words of that run, since an id alone may mean cells of several suites. */
function again(suites: readonly Suite[], source: Unpassed, seed: number | undefined): Cell[] {
  const ids = idsOf(source);
  const was = new Map([...source.failed, ...source.unfinished].map((cell) => [cell.id, cell]));
  const { run } = source;
  let planned: Plan;
  try {
    planned = planOf(suites, run.asked?.words ?? ids, seed ?? run.seed);
  } catch {
    // What was asked for is no more.
    return [];
  }
  return planned.cells.flatMap((cell) => {
    const past = was.get(cell.id);
    return past === undefined ? [] : [seed === undefined ? { ...cell, seed: past.seed } : cell];
  });
}

const idsOf = ({ failed, unfinished }: Unpassed): string[] => [...failed, ...unfinished].map(({ id }) => id);

const count = (sources: readonly Unpassed[]): number => sources.flatMap(idsOf).length;

const counted = (sources: readonly Unpassed[]): string => `${count(sources)} more that have not passed`;
