/** The options of all commands that run cells. */
import type { Command } from 'commander';
import { addImageOptions, type Duration, duration, type ImageOptions, wholeNumber } from './options.js';
import { type ReportTarget, reportTarget } from './reports.js';

export interface ConductOptions extends ImageOptions {
  jobs?: number;
  json?: string;
  report?: ReportTarget[];
  keep?: boolean;
  runs?: string;
  bootTimeout?: number;
  retries?: number;
  cold?: boolean;
  failFast?: boolean;
  maxTime?: Duration;
  /** Measure which code each cell reaches. */
  coverage?: boolean;
  /** With its debug information, to measure the kernel's code as well. */
  vmlinux?: string;
}

export const BOOT_TIMEOUT_S = 90;

/** Adds them. A command that decides by itself where its reports go sets `reports: false`. */
export function addConductOptions(command: Command, { reports } = { reports: true }): Command {
  if (reports) addReportOptions(command);
  command
    .option(
      '--jobs <N>',
      'how many guests run at a time (default: one per processor); a guest with more than two vCPUs counts as several',
      wholeNumber(1, 1024),
    )
    .option('--keep', 'also keep the consoles and traces of guests without a failure')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .option(
      '--boot-timeout <SECONDS>',
      `a guest that is not ready by then is lost (default: ${BOOT_TIMEOUT_S}, longer for a debug kernel)`,
      wholeNumber(1, 3600),
    )
    .option(
      '--retries <N>',
      'how often to retry a lost cell (default: 0; nightly: 1); failed cells are never retried',
      wholeNumber(0, 100),
    )
    .option('--cold', 'boot every guest, even if there is a snapshot of it')
    .option('--fail-fast', 'stop at the first failure; unfinished cells are lost')
    .option('--max-time <DURATION>', 'stop after this time (90s, 20m, 1h30m); unfinished cells are lost', duration);
  return addImageOptions(command);
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--json <FILE>', "write the result as JSON; with '-' to standard output, and the table to standard error")
    .option(
      '--report <FORMAT=FILE>',
      "also write a report: json, junit, ktap or kcidb; 'github' writes annotations and a job summary; may be repeated",
      reportTarget,
    );
}

export function addVmlinuxOption(command: Command): Command {
  return command.option(
    '--vmlinux <FILE>',
    "with coverage also measure the kernel's own code, by its vmlinux with debug information (Debian: package linux-image-RELEASE-dbg)",
  );
}
