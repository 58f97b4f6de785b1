export { formatBytes } from './format.js';
export { p2pTable } from './p2p-table.js';
export { comparisonLines, historyLines } from './perf.js';
export { progressReporter } from './progress.js';
export { qemuCommand, showCell } from './show.js';
export { StatusLine } from './status-line.js';
export { type Style, styleFor } from './style.js';
export { TerminalReport } from './terminal.js';
