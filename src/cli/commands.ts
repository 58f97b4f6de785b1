/**
 * What phyrlab can be told to do. Only the command that is asked for is loaded: its file may import all that it needs.
 */
import type { Command } from 'commander';

export interface Entry {
  does: string;
  example: string;
  load: () => Promise<Command>;
}

/** As the help lists them. */
export const COMMANDS: Record<string, Entry> = {
  run: {
    does: 'run the cells of suites or patterns (default: smoke) and judge them',
    example: "phyrlab run smoke 'vtd-lazy/*/fio-verify/*' --jobs 2",
    load: async () => (await import('./run.js')).runCommand(),
  },
  repro: {
    does: 'run exactly that cell again, as a run on this or another machine had it: declaration, seed, images',
    example: 'phyrlab repro vtd-strict/switch/fio-verify/phyr8',
    load: async () => (await import('./repro.js')).reproCommand(),
  },
  merge: {
    does: 'put the shards of a run together: one table, one result, one set of reports; what a shard did not bring is lost',
    example: 'phyrlab merge shards/ --report junit=all.xml',
    load: async () => (await import('./merge.js')).mergeCommand(),
  },
  nightly: {
    does: 'all that a night is for: suites, measurements, reports, what is new, and room on the disk; goes on where it was killed',
    example: 'phyrlab nightly --max-time 8h',
    load: async () => (await import('./nightly.js')).nightlyCommand(),
  },
  gc: {
    does: 'remove old runs, and images that are not used, until the rest has room; nothing that is in use',
    example: 'phyrlab gc --disk 10G',
    load: async () => (await import('./gc.js')).gcCommand(),
  },
  list: {
    does: 'show suites, or the cells of a suite or pattern and for what reasons others were pruned',
    example: "phyrlab list 'vtd-*/switch/p2p-*'",
    load: async () => (await import('./list.js')).listCommand(),
  },
  show: {
    does: 'show one cell without booting it: machine, PCI tree, where DMA may flow, and what is due and why',
    example: 'phyrlab show no-iommu/switch/p2p-near/phyr8',
    load: async () => (await import('./show.js')).showCommand(),
  },
  shell: {
    does: 'a shell, or one command, in the guest of a cell, with the modules loaded and the devices bound',
    example: "phyrlab shell vtd-strict/switch/fio-verify/phyr8 -- 'dmesg | tail'",
    load: async () => (await import('./shell.js')).shellCommand(),
  },
  reload: {
    does: 'build what was edited in guest/ and load it anew in the guest of a phyrlab shell in another terminal',
    example: 'phyrlab reload',
    load: async () => (await import('./reload.js')).reloadCommand(),
  },
  watch: {
    does: 'run cells, and again after each change in guest/, harness/ or the scenarios; a run under way is ended for it',
    example: 'phyrlab watch vtd-strict/switch/fio-verify/phyr8',
    load: async () => (await import('./watch.js')).watchCommand(),
  },
  images: {
    does: 'what guests boot and what builds it',
    example: 'phyrlab images build 7.3 debug',
    load: async () => (await import('./images.js')).imagesCommand(),
  },
  report: {
    does: 'write a run as one HTML file that works offline: verdicts, causes, evidence, costs, history',
    example: 'phyrlab report --open',
    load: async () => (await import('./report.js')).reportCommand(),
  },
  findings: {
    does: "what a run found wrong in the kernel's own paths: kernel, evidence, the smallest cell that shows it; known defects too",
    example: 'phyrlab findings --json',
    load: async () => (await import('./findings.js')).findingsCommand(),
  },
  perf: {
    does: 'ask the history of measurements',
    example: 'phyrlab perf gate',
    load: async () => (await import('./perf.js')).perfCommand(),
  },
  check: {
    does: "the modules' sources: compiler warnings (W=1) and sparse on each kernel of the locks, and checkpatch --strict",
    example: 'phyrlab check',
    load: async () => (await import('./check.js')).checkCommand(),
  },
  bench: {
    does: 'measure what mapping and I/O cost: the suite bench, or those of the named cells that measure',
    example: 'phyrlab bench --against HEAD~1',
    load: async () => (await import('./bench.js')).benchCommand(),
  },
  doctor: {
    does: 'what this host can do for phyrlab, and what to do about what it cannot',
    example: 'phyrlab doctor',
    load: async () => (await import('./doctor.js')).doctorCommand(),
  },
};
