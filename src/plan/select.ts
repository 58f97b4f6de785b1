/**
 * What a person names on the command line -> cells. A word is the id of a suite, else the id of a cell, else a pattern over all
 * cell ids: with `*` a glob for the whole id, without one a part of it.
 */
import { distance } from 'fastest-levenshtein';
import { type Cell, type PrunedCell, type Suite, UsageError } from '../model/index.js';
import { expand, type Plan } from './expand.js';

export function select(suites: readonly Suite[], words: readonly string[], runSeed: number): Plan {
  const plans = new Map(suites.map((suite) => [suite.id, expand(suite, runSeed)]));
  const all = merge([...plans.values()]);
  const chosen = words.map((word) => plans.get(word) ?? match(all, word, [...plans.keys()]));
  return merge(chosen);
}

function match(all: Plan, word: string, suiteIds: string[]): Plan {
  if (word.trim() === '')
    throw new UsageError('an empty word names no cell', 'name a suite, a cell or a pattern, or nothing for smoke');
  const exact = [...all.cells, ...all.pruned].some((cell) => cell.id === word);
  const wanted = exact ? (id: string) => id === word : matcher(word);
  const plan = {
    cells: all.cells.filter((cell) => wanted(cell.id)),
    pruned: all.pruned.filter((cell) => wanted(cell.id)),
    omitted: 0,
  };
  if (plan.cells.length > 0) return plan;
  const [pruned] = plan.pruned;
  if (pruned) throw new UsageError(`'${word}' matches only cells that cannot run: ${pruned.id}: ${pruned.reason}`);
  const near = nearest(word, [...suiteIds, ...all.cells.map((cell) => cell.id)]);
  throw new UsageError(
    `no suite is called '${word}' and no cell id matches it`,
    near.length > 0 ? `near ones: ${near.join(', ')}; all: phyrlab list` : 'all of them: phyrlab list',
  );
}

export function matcher(pattern: string): (id: string) => boolean {
  if (!pattern.includes('*')) return (id) => id.includes(pattern);
  const source = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const regex = new RegExp(`^${source.join('.*')}$`);
  return (id) => regex.test(id);
}

/** The few candidates most like the word; ids are also compared by their parts, so that `vtd-strct` finds `vtd-strict/...`. */
function nearest(word: string, candidates: string[]): string[] {
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
    const content = JSON.stringify(cell);
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
