export { type Excerpt, excerptFor } from './evidence.js';
export {
  History,
  historyFolder,
  type Sample,
  type SeriesHistory,
  seriesName,
  writeSamples,
} from './history.js';
export { seriesKey } from './history-index.js';
export { findRun, type RecordedRun, readRun } from './read.js';
export { samplesOf } from './samples.js';
export { newRunId, RunStore, runsFolder, writeJson, writeWhole } from './store.js';
