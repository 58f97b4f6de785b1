export { type Code, codeOf, type ObjectCode, rangesOf, type SourceFile, wantedSpans } from './code.js';
export { CoverageFolder } from './folder.js';
export { lcov } from './lcov.js';
export { type Block, MapFile, type MapRead, type Range } from './map-file.js';
export {
  type Count,
  type Coverage,
  cellsReaching,
  countsOf,
  type FileCounts,
  linesByCells,
  type MergedFile,
  mergeCoverage,
  unreachedIn,
} from './merge.js';
export { rangesText } from './numbers.js';
export { both, type CellReached, type FileReached, type Loaded, reachedBy } from './reached.js';
export {
  type CellCoverage,
  COVERAGE,
  codeFileName,
  type KnownCode,
  type RunCoverage,
  readCoverage,
  storedCell,
  storedCode,
} from './stored.js';
