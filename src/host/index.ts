export type { Clock } from './clock.js';
export { type CpioItem, cpioArchive, writeCpio } from './cpio.js';
export { busyboxApplets, type ElfFacts, elfFacts, libraryClosure } from './elf-programs.js';
export { type Elf, type ElfSection, readElf } from './elf-sections.js';
export { type Late, ours, Pace, type PaceOptions } from './pace.js';
