/** Estimates how long a run still takes, from the cells that have ended in it and from earlier runs of the same cells. */
import type { Earlier } from '../results/index.js';

/** How much the pace of earlier runs counts at the beginning of this one, in ms of cells. */
const TRUST_MS = 10_000;
/** How many cells must have ended before an estimate without earlier runs. */
const FEWEST = 2;

interface Spent {
  id: string;
  ms: number;
}

/**
 * In ms, or `undefined` if there is nothing to estimate from. A cell weighs as much as it took in earlier runs. This run shows how much time
 * passes per weight, which accounts for its parallel guests, its boots and its host.
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
