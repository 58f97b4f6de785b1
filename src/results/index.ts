export { newRunId, RunStore, readResult, runsFolder, writeJson } from './store.js';
