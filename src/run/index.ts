export { type BudgetGuests, measureBudgets } from './budgets.js';
export { executeRun, type RunOptions } from './run.js';
