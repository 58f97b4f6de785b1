export { EVENTS, type EventLog, type RunStart, readEvents, readStart } from './events.js';
export {
  History,
  historyFolder,
  type Sample,
  type SeriesHistory,
  seriesName,
  writeSamples,
} from './history.js';
export { seriesKey } from './history-index.js';
export { type Merged, mergeShards, type ShardLog } from './merge.js';
export { findPastCell, lastRun, type PastCell, runFolders } from './runs.js';
export { samplesOf } from './samples.js';
export { newRunId, RunStore, runsFolder, writeJson, writeWhole } from './store.js';
