export { artefactsOf } from './evidence.js';
export { executeRun, type RunOptions } from './run.js';
