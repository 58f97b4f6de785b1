export { type Measured, Reaching } from './coverage.js';
export { Desk, type Sections } from './desk.js';
export { askDesk, deskFolder, desks, serveDesk } from './desk-control.js';
export { artefactsOf } from './evidence.js';
export { executeRun, lacking, type RunOptions } from './run.js';
export { Snapshots } from './snapshots.js';
export { type TrialOptions, type Tried, tryCells } from './trial.js';
