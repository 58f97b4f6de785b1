export type { Clock } from './clock.js';
export { type Late, ours, Pace, type PaceOptions } from './pace.js';
