export { newRunId, RunStore, runsFolder, writeJson } from './store.js';
