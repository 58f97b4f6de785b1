export { reproCommand } from './repro.js';
export { executeRun, type RunOptions } from './run.js';
