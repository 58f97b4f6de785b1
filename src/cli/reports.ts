/** Where a run is reported to besides the terminal: `--report FORMAT=FILE`, any number at once. */
import { existsSync, statSync } from 'node:fs';
import { access, appendFile, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { type CellRecord, describe, type RunResult, UsageError } from '../model/index.js';
import { annotations, FORMATS, type Format, summary } from '../report/index.js';
import { writeWhole } from '../results/store.js';
import { annotate, say } from '../terminal/index.js';

export interface ReportTarget {
  format: Format | 'github';
  /** `-` is standard output. For GitHub the runner says where. */
  file: string;
}

const NAMES = [...Object.keys(FORMATS).map((name) => `${name}=FILE`), 'github'];

/** For commander: collects the option's values. */
export function reportTarget(text: string, earlier: ReportTarget[] = []): ReportTarget[] {
  if (text === 'github') return [...earlier, { format: 'github', file: '-' }];
  const [, format = '', file = ''] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (!(format in FORMATS)) throw new InvalidArgumentError(`It takes ${NAMES.join(', ')}.`);
  return [...earlier, { format: format as Format, file }];
}

/** What the options ask for, and the stream that is left for a person. */
export function targetsOf({ json, report }: { json?: string; report?: ReportTarget[] }): {
  targets: ReportTarget[];
  output: NodeJS.WriteStream;
} {
  const targets = [...(report ?? []), ...(json === undefined ? [] : reportTarget(`json=${json}`))];
  return { targets, output: takesOutput(targets) ? process.stderr : process.stdout };
}

/** Does one of them want standard output for itself? Two of them would get in each other's way. */
function takesOutput(targets: readonly ReportTarget[]): boolean {
  const there = targets.filter(({ format, file }) => file === '-' && format !== 'github');
  if (there.length > 1)
    throw new UsageError('two reports cannot both go to standard output', 'give one of them a file');
  return there.length > 0;
}

/** Better said before the run than after it. */
export async function checkTargets(targets: readonly ReportTarget[]): Promise<void> {
  for (const { format, file } of targets) {
    if (file === '-') continue;
    const full = resolve(file);
    try {
      const there = existsSync(full);
      if (there && statSync(full).isDirectory()) throw new Error('it is a folder');
      await access(there ? full : dirname(full), constants.W_OK);
    } catch (error) {
      throw new UsageError(
        `${format} report: cannot write ${file}: ${describe(error)}`,
        'name a file in a folder that is there',
      );
    }
  }
}

/** @param shown a record as it is shown to a person; programs read what is kept */
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
      // Without a runner there is nobody to show it.
      if (process.env.GITHUB_STEP_SUMMARY) await appendFile(process.env.GITHUB_STEP_SUMMARY, summary(result));
    } else if (file === '-') {
      say(FORMATS[format](result));
    } else {
      await writeWhole(resolve(file), FORMATS[format](result));
    }
  }
}
