export {
  History,
  historyFolder,
  type Sample,
  type SeriesHistory,
  seriesName,
  writeSamples,
} from './history.js';
export { seriesKey } from './history-index.js';
export { samplesOf } from './samples.js';
export { newRunId, RunStore, runsFolder, writeJson } from './store.js';
