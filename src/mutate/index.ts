export { type Explained, explanationOf, parseExplained } from './explained.js';
export { changedLine, diffOf, drawn, type Mutant, mutantsOf, mutated } from './mutants.js';
export { OPERATORS } from './operators.js';
export { inOrderOfPromise } from './order.js';
export { type Reach, reachOf } from './reach.js';
export { type Score, type Share, type Summary, shares, summaryOf } from './score.js';
export { HOW, Outcome, SKIPPED, Trial } from './trials.js';
