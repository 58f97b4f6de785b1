export {
  type BudgetRow,
  budgetRows,
  type IoCosts,
  type MapCosts,
  type Measured,
  NEAR_FLOOR,
  type Reads,
  type Translated,
} from './budgets.js';
export { type ChangeOptions, type ChangePoint, changePoints } from './change-points.js';
export { changesOf } from './changes.js';
export { type CompareOptions, type Comparison, compareExact, compareNoisy, type Direction } from './compare.js';
export { DEFAULT_GATE, type GateOptions, type Judged, judgePairs, type Pair } from './gate.js';
export { randomFrom } from './random.js';
export { type Interval, mannWhitney, median, middleOf, ratio } from './rank.js';
