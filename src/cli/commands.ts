/**
 * The commands of phyrlab. Only the one that the user asks for is loaded, so its file may import whatever it needs.
 */
import type { Command } from 'commander';

export interface Entry {
  does: string;
  /** Examples of the command and of its subcommands. */
  examples: readonly string[];
  load: () => Promise<Command>;
}

/** In the order of the help text. */
export const COMMANDS: Record<string, Entry> = {
  run: {
    does: 'run the cells of suites or patterns (default: smoke) and judge them',
    examples: [
      'phyrlab run',
      "phyrlab run smoke 'vtd-lazy/*/fio-verify/*' --jobs 2",
      'phyrlab run ci --shard 2/4 --seed 7 --report junit=results.xml',
      'phyrlab run --last-failed',
    ],
    load: async () => (await import('./run.js')).runCommand(),
  },
  repro: {
    does: 'run one cell of an earlier run again, with the same declaration, seed and images',
    examples: [
      'phyrlab repro vtd-strict/switch/fio-verify/phyr8',
      'phyrlab repro ./vtd-strict.switch.fio-verify.phyr8 --kernel debug',
    ],
    load: async () => (await import('./repro.js')).reproCommand(),
  },
  merge: {
    does: 'merge the shards of a run into one table, one result and one set of reports; cells of a missing shard count as lost',
    examples: ['phyrlab merge shards/ --report junit=all.xml'],
    load: async () => (await import('./merge.js')).mergeCommand(),
  },
  nightly: {
    does: 'run all suites and measurements, report what is new since the last night, and free disk space; resumes a night that was killed',
    examples: ['phyrlab nightly --max-time 8h', 'phyrlab nightly --suite smoke'],
    load: async () => (await import('./nightly.js')).nightlyCommand(),
  },
  gc: {
    does: 'remove old runs and unused images until the rest fits; keeps whatever is in use',
    examples: ['phyrlab gc --disk 10G', 'phyrlab gc --dry-run'],
    load: async () => (await import('./gc.js')).gcCommand(),
  },
  list: {
    does: 'list the suites, or the cells of a suite or pattern and why others were pruned',
    examples: ['phyrlab list', "phyrlab list 'vtd-*/switch/p2p-*'", 'phyrlab list ci --pruned'],
    load: async () => (await import('./list.js')).listCommand(),
  },
  show: {
    does: 'show a cell without booting it: machine, PCI tree, DMA routes, and the expected result with its reason',
    examples: ['phyrlab show no-iommu/switch/p2p-near/phyr8'],
    load: async () => (await import('./show.js')).showCommand(),
  },
  shell: {
    does: 'open a shell in the guest of a cell, or run one command there; the modules are loaded and the devices bound',
    examples: [
      'phyrlab shell vtd-strict/switch/crosscheck/phyr8',
      "phyrlab shell vtd-strict/switch/fio-verify/phyr8 -- 'dmesg | tail'",
    ],
    load: async () => (await import('./shell.js')).shellCommand(),
  },
  reload: {
    does: "build what changed in guest/ and load it in the guest of another terminal's phyrlab shell",
    examples: ['phyrlab reload'],
    load: async () => (await import('./reload.js')).reloadCommand(),
  },
  watch: {
    does: 'run cells, and run them again after each change in guest/, harness/ or the scenarios',
    examples: ['phyrlab watch vtd-strict/switch/fio-verify/phyr8'],
    load: async () => (await import('./watch.js')).watchCommand(),
  },
  images: {
    does: 'build, update, list and remove the images that guests boot',
    examples: [
      'phyrlab images build 7.3 debug',
      'phyrlab images update',
      'phyrlab images list',
      'phyrlab images gc --keep-days 7',
    ],
    load: async () => (await import('./images.js')).imagesCommand(),
  },
  report: {
    does: 'write a run as one HTML file that works offline: verdicts, causes, evidence, costs, history',
    examples: ['phyrlab report --open'],
    load: async () => (await import('./report.js')).reportCommand(),
  },
  coverage: {
    does: 'show which lines and branches of the modules cells reach: run cells and measure it, or merge runs that did',
    examples: [
      'phyrlab coverage smoke --lcov smoke.info',
      'phyrlab coverage vtd-strict/switch/fio-verify/phyr8',
      'phyrlab coverage newest --unreached phyr_nvme/queue.c',
      'phyrlab coverage --reaching guest/phyr/dma/map.c:40-60',
    ],
    load: async () => (await import('./coverage.js')).coverageCommand(),
  },
  mutate: {
    does: 'put small defects into the modules, one at a time, and see whether the cells that reach them notice; needs a run that measured coverage; resumes a session that was killed',
    examples: [
      'phyrlab mutate --count 50 --max-time 1h',
      'phyrlab mutate --seed 7 guest/phyr/dma/map.c phyr_nvme/dptr.c',
      'phyrlab mutate --surviving',
    ],
    load: async () => (await import('./mutate.js')).mutateCommand(),
  },
  findings: {
    does: "list what a run found wrong in the kernel's own code, with the smallest cell that shows it; includes known defects",
    examples: ['phyrlab findings', 'phyrlab findings --json'],
    load: async () => (await import('./findings.js')).findingsCommand(),
  },
  log: {
    does: "judge any kernel's log, from a file or standard input, by the rules of the kernel-log oracle",
    examples: ['phyrlab log - < kmsg', "phyrlab log --allow 'nouveau *: DRM: *' kern.log"],
    load: async () => (await import('./log.js')).logCommand(),
  },
  perf: {
    does: 'compare measurements over time',
    examples: [
      "phyrlab perf history 'map-cost/phyr8 map'",
      'phyrlab perf compare 20261121-0135 newest',
      'phyrlab perf gate',
    ],
    load: async () => (await import('./perf.js')).perfCommand(),
  },
  check: {
    does: 'check the sources of the modules: W=1 and sparse on each locked kernel, checkpatch --strict',
    examples: ['phyrlab check'],
    load: async () => (await import('./check.js')).checkCommand(),
  },
  bench: {
    does: 'measure what mapping and I/O cost (default: the suite bench)',
    examples: ['phyrlab bench', 'phyrlab bench vtd-strict-icount --phases --counts', 'phyrlab bench --against HEAD~1'],
    load: async () => (await import('./bench.js')).benchCommand(),
  },
  doctor: {
    does: 'check what phyrlab can use on this host, and say how to fix what is missing',
    examples: ['phyrlab doctor'],
    load: async () => (await import('./doctor.js')).doctorCommand(),
  },
};
