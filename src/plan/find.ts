/**
 * One combination by its id, whether it is a cell or was pruned: what `phyrlab show` explains.
 */
import { countOf, type Expectation, UsageError } from '../model/index.js';
import type { Suite } from '../workloads/index.js';
import { type Combination, decide } from './expand.js';
import { named, near } from './named.js';

export interface Found extends Combination {
  id: string;
  /** The suites that have it. */
  suites: string[];
  /** What is due, or why it cannot run. */
  outcome: { expect: Expectation } | { pruned: string };
}

/** `word` is the id of a combination, or a pattern that only one matches: of those that can run, if any can. */
export function find(suites: readonly Suite[], word: string): Found {
  const all = named(suites, word).map(({ combination, block, ...more }): Found => {
    const decision = decide(combination, block);
    const outcome = 'run' in decision ? { expect: decision.run } : { pruned: decision.prune };
    return { ...combination, ...more, outcome };
  });
  const able = all.filter(({ outcome }) => 'expect' in outcome);
  const matches = able.length > 0 ? able : all;
  const [found] = matches;
  if (found !== undefined && matches.length === 1) return found;
  if (matches.length > 1) {
    throw new UsageError(
      `'${word}' matches ${countOf(matches.length, 'cell')} and one can be shown`,
      `name one, e.g. ${matches
        .slice(0, 3)
        .map(({ id }) => id)
        .join(', ')}`,
    );
  }
  const others = near(suites, word, 'cells');
  throw new UsageError(
    `no cell is called '${word}'`,
    others.length > 0 ? `near ones: ${others.join(', ')}; all: phyrlab list SUITE` : 'all of them: phyrlab list SUITE',
  );
}
