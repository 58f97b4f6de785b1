/**
 * One combination by its id, whether it is a cell or was pruned: what `phyrlab show` explains.
 */
import { type Block, type Expectation, type Suite, UsageError } from '../model/index.js';
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
  const all = new Map<string, { combination: Combination; block: Block; suites: string[] }>();
  for (const suite of suites)
    for (const block of suite.blocks)
      for (const combination of combinations(block)) {
        const id = cellId(combination);
        const earlier = all.get(id);
        if (earlier === undefined) all.set(id, { combination, block, suites: [suite.id] });
        else if (!earlier.suites.includes(suite.id)) earlier.suites.push(suite.id);
      }
  const ids = [...all.keys()];
  const matches = all.has(word) ? [word] : word.trim() === '' ? [] : ids.filter(matcher(word));
  const [id] = matches;
  const found = id === undefined ? undefined : all.get(id);
  if (id !== undefined && found !== undefined && matches.length === 1) {
    const decision = decide(found.combination, found.block);
    const outcome = 'run' in decision ? { expect: decision.run } : { pruned: decision.prune };
    return { ...found.combination, id, suites: found.suites, outcome };
  }
  if (matches.length > 1) {
    throw new UsageError(
      `'${word}' matches ${matches.length} cells and one can be shown`,
      `name one, e.g. ${matches.slice(0, 3).join(', ')}`,
    );
  }
  const near = nearest(word, ids);
  throw new UsageError(
    `no cell is called '${word}'`,
    near.length > 0 ? `near ones: ${near.join(', ')}; all: phyrlab list SUITE` : 'all of them: phyrlab list SUITE',
  );
}
