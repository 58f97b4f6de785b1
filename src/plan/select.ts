/**
 * Selects the cells that the words of a command line name. A word is the id of a suite, which stands for the cells that the suite chooses, or
 * the id of a cell, or a pattern (named.ts).
 */

import { type PrunedCell, UsageError } from '../model/index.js';
import { type Cell, partsOf, type Suite } from '../workloads/index.js';
import { cellOf, decide, expand, type Plan, sameContent } from './expand.js';
import { ambiguousCell, cellsNamed, closestNames } from './named.js';

export function select(suites: readonly Suite[], words: readonly string[], runSeed: number): Plan {
  const plans = new Map<string, Plan>();
  for (const word of words) {
    if (plans.has(word)) continue;
    const suite = suites.find(({ id }) => id === word);
    plans.set(word, suite === undefined ? match(suites, word, runSeed) : expand(suite, runSeed));
  }
  return merge([...plans.values()]);
}

function match(suites: readonly Suite[], word: string, runSeed: number): Plan {
  const plan: Plan = { cells: [], pruned: [], omitted: 0 };
  for (const { id, combination, block } of cellsNamed(suites, word)) {
    const decision = decide(combination, block);
    if ('prune' in decision) plan.pruned.push({ ...partsOf({ id, ...combination }), reason: decision.prune });
    else plan.cells.push(cellOf(id, combination, decision.run, runSeed));
  }
  if (plan.cells.length > 0) return plan;
  const [pruned] = plan.pruned;
  if (pruned) throw new UsageError(`'${word}' matches only cells that cannot run: ${pruned.id}: ${pruned.reason}`);
  const others = closestNames(suites, word);
  throw new UsageError(
    `no suite is called '${word}' and no cell id matches it`,
    others.length > 0 ? `did you mean ${others.join(', ')}? List all: phyrlab list` : 'list all: phyrlab list',
  );
}

function merge(plans: readonly Plan[]): Plan {
  const [one] = plans;
  // What is of one suite, or of one pattern, has every id once.
  if (one !== undefined && plans.length === 1) return one;
  refuseTwins(plans.flatMap((plan) => plan.cells));
  return {
    cells: uniqueById(plans.flatMap((plan) => plan.cells)),
    pruned: uniqueById(plans.flatMap((plan) => plan.pruned)),
    omitted: plans.reduce((sum, plan) => sum + plan.omitted, 0),
  };
}

function refuseTwins(cells: readonly Cell[]): void {
  const seen = new Map<string, Cell>();
  const alike = (a: Cell, b: Cell) =>
    sameContent({ ...a, plant: a.plant }, { ...b, plant: b.plant }) &&
    JSON.stringify(a.expect) === JSON.stringify(b.expect);
  for (const cell of cells) {
    const earlier = seen.get(cell.id);
    if (earlier !== undefined && !alike(earlier, cell)) throw ambiguousCell(cell.id);
    seen.set(cell.id, cell);
  }
}

function uniqueById<T extends PrunedCell | { id: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
