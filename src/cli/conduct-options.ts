/** The options of every command that runs cells. */
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
}

export const BOOT_TIMEOUT_S = 90;

/** The options that mean the same for every command that runs cells; some say themselves where they report to. */
export function addConductOptions(command: Command, { reports } = { reports: true }): Command {
  if (reports) addReportOptions(command);
  command
    .option(
      '--jobs <N>',
      'guests at a time; one with more than two vCPUs counts as several (default: one a processor)',
      wholeNumber(1, 1024),
    )
    .option('--keep', 'keep consoles and traces of guests without a failure, too')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .option(
      '--boot-timeout <SECONDS>',
      `a guest that is not ready by then is lost (default: ${BOOT_TIMEOUT_S}, longer with a kernel that checks itself)`,
      wholeNumber(1, 3600),
    )
    .option(
      '--retries <N>',
      'try a cell that was lost so many times more; never one that failed (default: 0; at night 1)',
      wholeNumber(0, 100),
    )
    .option('--cold', 'boot every guest, even where the state of one that was ready has been kept')
    .option('--fail-fast', 'the first failure ends the run; what has not ended by then is lost')
    .option('--max-time <DURATION>', 'end the run after 90s, 20m, 1h30m; what has not ended by then is lost', duration);
  return addImageOptions(command);
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--json <FILE>', "write the result as JSON; '-' is standard output, and the table goes to standard error")
    .option(
      '--report <FORMAT=FILE>',
      "also report as json, junit, ktap or kcidb; 'github' for annotations and a job summary; any number of times",
      reportTarget,
    );
}
