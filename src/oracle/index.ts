export { type DataClaim, type Due, formatBytes, judgeData } from './data.js';
export { DriverStats, otherBackend, structureCounts } from './driver.js';
export { foldFaults, judgeFaults } from './faults.js';
export { fioDue, fioJobFile, fioRegions } from './fio-pattern.js';
export { judge } from './judge.js';
export { judgeKernelLog, logWindow, splats } from './kernel-log.js';
export { judgeLeaks, Snapshot } from './leaks.js';
export { readStamp, SECTOR, stamped, stampedDue } from './stamp.js';
export { judgeTranslate, judgeWatch, Translate, Watch } from './translation.js';
