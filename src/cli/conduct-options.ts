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
      'how many guests run at a time; one with more than two vCPUs counts as several (default: one per processor)',
      wholeNumber(1, 1024),
    )
    .option('--keep', 'also keep consoles and traces of guests without a failure')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .option(
      '--boot-timeout <SECONDS>',
      `a guest that is not ready by then is lost (default: ${BOOT_TIMEOUT_S}, longer with a kernel that checks itself)`,
      wholeNumber(1, 3600),
    )
    .option(
      '--retries <N>',
      'how often a lost cell is tried again; a failed cell never is (default: 0; at night 1)',
      wholeNumber(0, 100),
    )
    .option('--cold', 'boot every guest, even if a snapshot of it exists')
    .option('--fail-fast', 'end the run at the first failure; cells that have not ended are lost')
    .option(
      '--max-time <DURATION>',
      'end the run after this time (90s, 20m, 1h30m); cells that have not ended are lost',
      duration,
    );
  return addImageOptions(command);
}

export function addReportOptions(command: Command): Command {
  return command
    .option('--json <FILE>', "write the result as JSON; '-' is standard output, and the table goes to standard error")
    .option(
      '--report <FORMAT=FILE>',
      "also report as json, junit, ktap or kcidb, or 'github' for annotations and a job summary; may be repeated",
      reportTarget,
    );
}
