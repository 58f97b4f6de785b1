/** How long a run has still to go, from how long cells took: those that have ended in it, and the same cells in earlier runs. */
import type { Earlier } from '../results/index.js';

/** Ours until there is better: so much of what earlier runs did counts as if it had been done in this one. ms of cells */
const TRUST_MS = 10_000;
/** Without earlier runs, fewer say nothing of the others. */
const FEWEST = 2;

interface Spent {
  id: string;
  ms: number;
}

/**
 * In ms, or `undefined` where nobody can know. The time of a cell, as far as it is known from before, is what it weighs; how much time passes
 * for that much weight is seen in this run, with its guests at a time, its boots and its host.
 */
export function timeLeft(
  ended: readonly Spent[],
  left: readonly string[],
  elapsedMs: number,
  { durations, pace }: Earlier,
): number | undefined {
  if (left.length === 0) return undefined;
  const weights = ended.map(({ id, ms }) => durations.get(id) ?? ms);
  const known = [...weights, ...left.flatMap((id) => durations.get(id) ?? [])];
  if (known.length === 0 || (pace === undefined && ended.length < FEWEST)) return undefined;
  const middle = sum(known) / known.length;
  const trust = pace === undefined ? 0 : TRUST_MS;
  const done = sum(weights) + trust;
  if (done === 0) return undefined;
  return (sum(left.map((id) => durations.get(id) ?? middle)) * (elapsedMs + trust * (pace ?? 0))) / done;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
