export { type Cause, causesOf } from './causes.js';
export type { HistoryLine } from './history-section.js';
export { htmlReport, type ReportInput } from './report.js';
