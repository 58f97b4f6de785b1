export { countSizes, judgePages, type Page, pagesDue, parseRuns, type Run, sizesOf } from './address-space.js';
export { type Blocks, blocksDue } from './blocks.js';
export { Churn, type ChurnArea, churnClaim, churnGenerations, churnOp } from './churn.js';
export { type DataClaim, type Due, formatBytes, judgeData } from './data.js';
export { type DeviceEvidence, judgeDevice } from './device.js';
export { DriverStats, otherBackend, structureCounts } from './driver.js';
export { EngineOutcome, judgeEngine, knowsWriteOnly } from './engine.js';
export { foldFaults, judgeFaults, type Provoked } from './faults.js';
export { fioDue, fioJobFile, fioRegions } from './fio-pattern.js';
export { findingsIn, type Judgement, judge, knownOn } from './judge.js';
export { judgeKernelLog, logWindow, splats } from './kernel-log.js';
export { judgeLeaks, P2pMemory, Snapshot } from './leaks.js';
export { bothLives } from './lives.js';
export {
  type DeviceTrace,
  NVME_EVENTS,
  NvmeTrace,
  type Owner,
  TRANSLATION_EVENTS,
  VTD_EVENTS,
  VTD_FIRST_STAGE_EVENTS,
} from './nvme-trace.js';
export { readStamp, SECTOR, stamped, stampedDue } from './stamp.js';
export { decodeEvents, type Story, storyIn } from './story.js';
export { judgeTranslate, judgeWatch, Translate, Watch } from './translation.js';
