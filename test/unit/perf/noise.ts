import { randomFrom } from '../../../src/perf/index.js';

/** What timings in a shared machine look like: 3 % of spread, and one in twenty held up by as much as half its time. */
export function timings(seed: number, count: number, factor = 1): number[] {
  const random = randomFrom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => {
    const held = random() < 0.05 ? 1 + random() / 2 : 1;
    return factor * 100 * Math.exp(0.03 * normal()) * held;
  });
}
