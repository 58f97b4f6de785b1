export { executeRun, type RunOptions } from './run.js';
