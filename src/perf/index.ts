export { type ChangeOptions, type ChangePoint, changePoints } from './change-points.js';
export { type CompareOptions, type Comparison, compareExact, compareNoisy, type Direction } from './compare.js';
export { randomFrom } from './random.js';
export { type Interval, mannWhitney, median, ratio } from './rank.js';
