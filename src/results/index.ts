export { EVENTS, type EventLog, type RunStart, readEvents, readStart, whatIsLeft } from './events.js';
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
export { type Merged, mergeShards, type ShardLog } from './merge.js';
export { type Item, type News, newsOf } from './news.js';
export { Nights } from './nights.js';
export { inOrder, type RecordedRun, readRun } from './read.js';
export { findPastCell, findRun, type PastCell, pickRun, runAt, runFolders } from './runs.js';
export { samplesOf } from './samples.js';
export { newRunId, RunStore, runsFolder, writeJson, writeWhole } from './store.js';
export { notPassed, type Unpassed } from './unpassed.js';
