export { type BudgetRow, budgetRows, type Measured, NEAR_FLOOR } from './budgets.js';
export { type ChangeOptions, type ChangePoint, changePoints } from './change-points.js';
export { changesOf } from './changes.js';
export {
  type CompareOptions,
  type Comparison,
  compareExact,
  compareNoisy,
  type Direction,
  type NotComparable,
} from './compare.js';
export { DEFAULT_GATE, type GateOptions, type Judged, judgePairs, type Pair } from './gate.js';
export { measuredBy } from './measured.js';
export { pairSeries, type Side, type Sides, type Unpaired } from './pairs.js';
export { randomFrom } from './random.js';
export { type Interval, mannWhitney, median, medianOf, ratio } from './rank.js';
export { countsOf, type Moved, movedCounts, pairRuns } from './runs.js';
