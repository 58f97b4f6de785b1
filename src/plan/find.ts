/**
 * One combination by its id, whether it is a cell or was pruned: what `phyrlab show` explains.
 */
import { type Expectation, type Suite, UsageError } from '../model/index.js';
import { type Combination, cellId, combinations, decide } from './expand.js';
import { matcher, nearest } from './select.js';

export interface Found extends Combination {
  id: string;
  /** The suites that have it. */
  suites: string[];
  /** What is due, or why it cannot run. */
  outcome: { expect: Expectation } | { pruned: string };
}

/** `word` is the id of a combination, or a pattern that only one matches. */
export function find(suites: readonly Suite[], word: string): Found {
  const all = new Map<string, Found>();
  for (const suite of suites)
    for (const block of suite.blocks)
      for (const combination of combinations(block)) {
        const id = cellId(combination);
        const earlier = all.get(id);
        if (earlier !== undefined) {
          if (!earlier.suites.includes(suite.id)) earlier.suites.push(suite.id);
          continue;
        }
        const decision = decide(combination, block);
        const outcome = 'run' in decision ? { expect: decision.run } : { pruned: decision.prune };
        all.set(id, { ...combination, id, suites: [suite.id], outcome });
      }
  const exact = all.get(word);
  if (exact !== undefined) return exact;
  const matches = word.trim() === '' ? [] : [...all.values()].filter(({ id }) => matcher(word)(id));
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only;
  if (only !== undefined) {
    const some = matches.slice(0, 3).map(({ id }) => id);
    throw new UsageError(
      `'${word}' matches ${matches.length} cells and one can be shown`,
      `name one, e.g. ${some.join(', ')}`,
    );
  }
  const near = nearest(word, [...all.keys()]);
  throw new UsageError(
    `no cell is called '${word}'`,
    near.length > 0 ? `near ones: ${near.join(', ')}; all: phyrlab list SUITE` : 'all of them: phyrlab list SUITE',
  );
}
