/** The reports that a run writes besides the terminal's table: `--report FORMAT=FILE`, may be repeated. */
import { existsSync, statSync } from 'node:fs';
import { access, appendFile, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { type CellRecord, messageOf, type RunResult, UsageError } from '../model/index.js';
import { annotations, FORMATS, type Format, summary } from '../report/index.js';
import { writeWhole } from '../results/store.js';
import { annotate, say } from '../terminal/index.js';

export interface ReportTarget {
  format: Format | 'github';
  /** `-` is standard output. For `github` the runner decides. */
  file: string;
}

const NAMES = [...Object.keys(FORMATS).map((name) => `${name}=FILE`), 'github'];

/** For commander: adds one value of the option to the earlier ones. */
export function reportTarget(text: string, earlier: ReportTarget[] = []): ReportTarget[] {
  if (text === 'github') return [...earlier, { format: 'github', file: '-' }];
  const [, format = '', file = ''] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (!(format in FORMATS)) throw new InvalidArgumentError(`Expected one of ${NAMES.join(', ')}.`);
  return [...earlier, { format: format as Format, file }];
}

/** The reports that the options ask for, and the stream that is left for the table. */
export function targetsOf({ json, report }: { json?: string; report?: ReportTarget[] }): {
  targets: ReportTarget[];
  output: NodeJS.WriteStream;
} {
  const targets = [...(report ?? []), ...(json === undefined ? [] : reportTarget(`json=${json}`))];
  return { targets, output: takesOutput(targets) ? process.stderr : process.stdout };
}

/** Does a report go to standard output? Only one can. */
function takesOutput(targets: readonly ReportTarget[]): boolean {
  const toOutput = targets.filter(({ format, file }) => file === '-' && format !== 'github');
  if (toOutput.length > 1)
    throw new UsageError('two reports cannot both go to standard output', 'write one of them to a file');
  return toOutput.length > 0;
}

/** Checks before the run that the reports can be written after it. */
export async function checkTargets(targets: readonly ReportTarget[]): Promise<void> {
  for (const { format, file } of targets) {
    if (file === '-') continue;
    const full = resolve(file);
    try {
      const exists = existsSync(full);
      if (exists && statSync(full).isDirectory()) throw new Error('it is a folder');
      await access(exists ? full : dirname(full), constants.W_OK);
    } catch (error) {
      throw new UsageError(
        `${format} report: cannot write ${file}: ${messageOf(error)}`,
        'name a file in an existing folder',
      );
    }
  }
}

/** @param shown turns a kept record into the one shown to people; the JSON report has the kept one */
export async function writeReports(
  targets: readonly ReportTarget[],
  kept: RunResult,
  shown: (record: CellRecord) => CellRecord,
): Promise<void> {
  const forPeople = { ...kept, cells: kept.cells.map(shown) };
  for (const { format, file } of targets) {
    const result = format === 'json' ? kept : forPeople;
    if (format === 'github') {
      for (const line of annotations(result)) annotate(process.stdout, line);
      // Only a GitHub runner sets this variable.
      if (process.env.GITHUB_STEP_SUMMARY) await appendFile(process.env.GITHUB_STEP_SUMMARY, summary(result));
    } else if (file === '-') {
      say(FORMATS[format](result));
    } else {
      await writeWhole(resolve(file), FORMATS[format](result));
    }
  }
}
