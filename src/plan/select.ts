/**
 * What a person names on the command line -> cells. A word is the id of a suite, else the id of a cell, else a pattern over all
 * cell ids: with `*` a glob for the whole id, without one a part of it.
 */
import { distance } from 'fastest-levenshtein';
import { type Cell, type PrunedCell, type Suite, UsageError } from '../model/index.js';
import { contentOf, expand, type Plan } from './expand.js';

export function select(suites: readonly Suite[], words: readonly string[], runSeed: number): Plan {
  const expanded = new Map<string, Plan>();
  const planOf = (suite: Suite): Plan => {
    const plan = expanded.get(suite.id) ?? expand(suite, runSeed);
    expanded.set(suite.id, plan);
    return plan;
  };
  return merge(
    words.map((word) => {
      const suite = suites.find(({ id }) => id === word);
      return suite === undefined ? match(suites, planOf, word) : planOf(suite);
    }),
  );
}

/** A matrix of thousands is asked only for what no other suite has: a pattern is meant to name a handful. */
function match(suites: readonly Suite[], planOf: (suite: Suite) => Plan, word: string): Plan {
  if (word.trim() === '')
    throw new UsageError('an empty word names no cell', 'name a suite, a cell or a pattern, or nothing for smoke');
  const some = merge(suites.filter(({ matrix }) => !matrix).map(planOf));
  const found = pick(some, word);
  if (found.cells.length > 0) return found;
  const all = merge(suites.map(planOf));
  const plan = pick(all, word);
  if (plan.cells.length > 0) return plan;
  const [pruned] = plan.pruned;
  if (pruned) throw new UsageError(`'${word}' matches only cells that cannot run: ${pruned.id}: ${pruned.reason}`);
  const near = nearest(word, [...suites.map(({ id }) => id), ...all.cells.map((cell) => cell.id)]);
  throw new UsageError(
    `no suite is called '${word}' and no cell id matches it`,
    near.length > 0 ? `near ones: ${near.join(', ')}; all: phyrlab list` : 'all of them: phyrlab list',
  );
}

function pick(plan: Plan, word: string): Plan {
  const exact = [...plan.cells, ...plan.pruned].some((cell) => cell.id === word);
  const wanted = exact ? (id: string) => id === word : matcher(word);
  return {
    cells: plan.cells.filter((cell) => wanted(cell.id)),
    pruned: plan.pruned.filter((cell) => wanted(cell.id)),
    omitted: 0,
  };
}

export function matcher(pattern: string): (id: string) => boolean {
  if (!pattern.includes('*')) return (id) => id.includes(pattern);
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const regex = new RegExp(`^${source.join('.*')}$`);
  return (id) => regex.test(id);
}

/** The few candidates most like the word; ids are also compared by their parts, so that `vtd-strct` finds `vtd-strict/...`. */
export function nearest(word: string, candidates: string[]): string[] {
  const score = (candidate: string) =>
    Math.min(...[candidate, ...candidate.split('/')].map((part) => distance(word, part)));
  return candidates
    .map((candidate) => ({ candidate, score: score(candidate) }))
    .filter(({ score }) => score <= Math.max(2, word.length / 2))
    .sort((a, b) => a.score - b.score)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

function merge(plans: readonly Plan[]): Plan {
  refuseTwins(plans.flatMap((plan) => plan.cells));
  return {
    cells: uniqueById(plans.flatMap((plan) => plan.cells)),
    pruned: uniqueById(plans.flatMap((plan) => plan.pruned)),
    omitted: plans.reduce((sum, plan) => sum + plan.omitted, 0),
  };
}

/** Suites may share cells, not names: one id must always mean one cell. */
function refuseTwins(cells: readonly Cell[]): void {
  const seen = new Map<string, string>();
  for (const cell of cells) {
    const content = contentOf({ ...cell, plant: cell.plant }) + JSON.stringify(cell.expect);
    if ((seen.get(cell.id) ?? content) !== content) {
      throw new UsageError(
        `two suites have different cells called '${cell.id}'`,
        'give the machine, topology or workload that differs an id of its own',
      );
    }
    seen.set(cell.id, content);
  }
}

function uniqueById<T extends PrunedCell | { id: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
