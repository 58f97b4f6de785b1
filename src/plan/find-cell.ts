/**
 * Finds one cell, planned or pruned, for `phyrlab show` and `shell`.
 */
import { countOf, type Expectation, UsageError } from '../model/index.js';
import type { Suite } from '../workloads/index.js';
import { type Combination, decide } from './expand.js';
import { cellsNamed, closestNames } from './named.js';

export interface FoundCell extends Combination {
  id: string;
  /** The suites that have it. */
  suites: string[];
  /** The expected result, or why it cannot run. */
  outcome: { expect: Expectation } | { pruned: string };
}

/** `word` is the id of a combination, or a pattern that matches one. If several match, but only one can run, it is that one. */
export function findCell(suites: readonly Suite[], word: string): FoundCell {
  const all = cellsNamed(suites, word).map(({ combination, block, ...more }): FoundCell => {
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
      `'${word}' matches ${countOf(matches.length, 'cell')}, but must match one`,
      `name one, e.g. ${matches
        .slice(0, 3)
        .map(({ id }) => id)
        .join(', ')}`,
    );
  }
  const others = closestNames(suites, word, 'cells');
  throw new UsageError(
    `no cell is called '${word}'`,
    others.length > 0
      ? `did you mean ${others.join(', ')}? List all: phyrlab list SUITE`
      : 'list all: phyrlab list SUITE',
  );
}
