export type { Clock } from './clock.js';
export { type CpioItem, cpioArchive, writeCpio } from './cpio.js';
export { busyboxApplets, type ElfFacts, elfFacts, libraryClosure } from './elf.js';
export { type Late, ours, Pace, type PaceOptions } from './pace.js';
