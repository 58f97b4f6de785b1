/**
 * What a word means that is not the id of a suite: the combination of that id, or all combinations that match the pattern. This includes
 * combinations that a suite omits because others cover them. It is the same for every command.
 */
import { distance } from 'fastest-levenshtein';
import { matcher, UsageError } from '../model/index.js';
import { type Block, partsOf, type Suite } from '../workloads/index.js';
import { type Combination, cellId, combinations, sameContent } from './expand.js';

export interface NamedCell {
  id: string;
  combination: Combination;
  block: Block;
  /** The suites that contain it. */
  suites: string[];
}

/** The combinations that the word names; empty if there is none. */
export function cellsNamed(suites: readonly Suite[], word: string): NamedCell[] {
  if (word.trim() === '')
    throw new UsageError('an empty word names no cell', 'name a suite, a cell or a pattern, or nothing for smoke');
  // An exact id is the most frequent case, and is found without looking at all combinations.
  const exact = matching(suites, (id) => id === word, partsNamed(word));
  return exact.length > 0 ? exact : matching(suites, matcher(word));
}

function matching(
  suites: readonly Suite[],
  fits: (id: string) => boolean,
  within = (block: Block) => block,
): NamedCell[] {
  const found = new Map<string, NamedCell>();
  for (const { id: suite, blocks } of suites)
    for (const block of blocks)
      for (const combination of combinations(within(block))) {
        const id = cellId(combination);
        if (!fits(id)) continue;
        const earlier = found.get(id);
        if (earlier === undefined) found.set(id, { id, combination, block, suites: [suite] });
        else {
          refuseTwins(earlier, { combination, block });
          if (!earlier.suites.includes(suite)) earlier.suites.push(suite);
        }
      }
  return [...found.values()];
}

/** Reduces a block to the parts that the id can name. */
function partsNamed(word: string): (block: Block) => Block {
  return (block) => ({
    ...block,
    machines: block.machines.filter(({ id }) => word.startsWith(`${id}/`)),
    topologies: block.topologies.filter(({ id }) => word.includes(`/${id}/`)),
    workloads: block.workloads.filter(({ id }) => word.includes(`/${id}/`)),
  });
}

/** Suites may share cells, but one id must always mean the same cell. */
function refuseTwins({ id, ...one }: NamedCell, other: Pick<NamedCell, 'combination' | 'block'>): void {
  const due = ({ block: { caughtBy } }: Pick<NamedCell, 'block'>) => caughtBy?.join();
  if (!sameContent(one.combination, other.combination) || due(one) !== due(other)) throw ambiguousCell(id);
}

export function ambiguousCell(id: string): UsageError {
  return new UsageError(
    `two suites have different cells called '${id}'`,
    'give the machine, topology or workload that differs an id of its own',
  );
}

/** Longer than any id, and too long to compare with all of them. */
const LONG = 200;
const SHOWN = 3;

/** The names most similar to the word. Cells are also compared by their parts, so that `vtd-strct` finds `vtd-strict/...`. */
export function closestNames(suites: readonly Suite[], word: string, of: 'all' | 'cells' = 'all'): string[] {
  if (word.length > LONG) return [];
  const likeness = new Map<string, number>();
  const score = (part: string) => {
    const known = likeness.get(part) ?? distance(word, part);
    likeness.set(part, known);
    return known;
  };
  const enough = Math.max(2, word.length / 2);
  const candidates = new Map<string, number>(of === 'cells' ? [] : suites.map(({ id }) => [id, score(id)]));
  for (const { blocks } of suites)
    for (const block of blocks)
      for (const combination of combinations(block)) {
        const id = cellId(combination);
        if (candidates.has(id)) continue;
        const { machine, topology, workload, backend } = partsOf({ id, ...combination });
        candidates.set(id, Math.min(...[machine, topology, workload, backend].map(score), distance(word, id)));
      }
  return [...candidates]
    .filter(([, far]) => far <= enough)
    .sort(([, a], [, b]) => a - b)
    .slice(0, SHOWN)
    .map(([id]) => id);
}
