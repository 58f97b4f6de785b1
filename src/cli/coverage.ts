import { randomInt } from 'node:crypto';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { type Coverage, type KnownCode, lcov, type MergedFile, mergeCoverage } from '../coverage/index.js';
import { openImages } from '../images/index.js';
import { ExitCode, UsageError } from '../model/index.js';
import {
  coverageJson,
  coverageLines,
  progressReporter,
  reachingLines,
  StatusLine,
  styleFor,
  summaryLines,
  unreachedLines,
} from '../report/index.js';
import { findRun, runAt, runsFolder, writeWhole } from '../results/index.js';
import { columnsOf, print } from '../terminal/index.js';
import { conduct } from './conduct.js';
import { addConductOptions, addVmlinuxOption, type ConductOptions } from './conduct-options.js';
import { interruptible } from './interrupt.js';
import { measuredIn, newestMeasured } from './measured.js';
import { addKernelOptions, CELLS, type KernelOptions, RUN, wholeNumber } from './options.js';
import { askedFor } from './run.js';
import { loadSuites, planOf } from './scenarios.js';
import { textOf } from './sources.js';

interface CoverageOptions extends ConductOptions, KernelOptions {
  lcov?: string;
  unreached?: string;
  reaching?: string;
  seed?: number;
  scenarios?: string;
}

export function coverageCommand(): Command {
  const command = new Command('coverage')

    .argument(
      '[SUITE|PATTERN|RUN...]',
      `what to run and measure: ${CELLS}; or what has been measured: ${RUN} (default: the newest that was)`,
    )
    .option('--lcov <FILE>', "also write it as lcov's tracefile; '-' is standard output")
    .option('--json <FILE>', "also write it as JSON, with the cells that reach each line; '-' is standard output")
    .option(
      '--unreached <FILE>',
      'instead of the table, the lines that no cell reaches; of all files whose path contains this',
    )
    .option('--reaching <FILE:LINE>', 'instead of the table, the cells that reach a line, or one of some: FILE:FROM-TO')
    .option('--seed <N>', 'seed of the run (default: a new one)', wholeNumber(0, 2 ** 32 - 1))
    .option('--scenarios <DIR>', 'also load the scenario files in this folder');
  addVmlinuxOption(command);
  addKernelOptions(command);
  return addConductOptions(command, { reports: false }).action(coverage);
}

async function coverage(words: string[], options: CoverageOptions): Promise<void> {
  const runs = runsFolder(options.runs);
  if (options.json === '-' && options.lcov === '-')
    throw new UsageError('two reports cannot both go to standard output', 'give one of them a file');
  const output = options.json === '-' || options.lcov === '-' ? process.stderr : process.stdout;
  const told = words.filter(isRun);
  if (told.length > 0 && told.length < words.length)
    throw new UsageError(
      `${told[0]} is a run, and ${words.find((word) => !isRun(word))} is none`,
      'name runs, or what to run',
    );
  const folders =
    words.length > 0 && told.length === 0
      ? [await measure(words, options, output)]
      : words.length > 0
        ? words.map((word) => findRun(runs, word))
        : [newestMeasured(runs)];
  const kept = await Promise.all(folders.map(measuredIn));
  const merged = mergeCoverage(kept);
  if (options.lcov !== undefined) await write(options.lcov, lcov(merged));
  if (options.json !== undefined)
    await write(
      options.json,
      `${JSON.stringify(
        coverageJson(
          merged,
          folders.map((folder) => basename(folder)),
        ),
        null,
        2,
      )}\n`,
    );
  const codes = kept.flatMap((one) => one.codes);
  print(output, `${shown(merged, codes, options, output).join('\n')}\n`);
  if (merged.cells.length === 0) process.exitCode = ExitCode.inconclusive;
}

function shown(
  merged: Coverage,
  codes: readonly KnownCode[],
  { unreached, reaching }: CoverageOptions,
  output: NodeJS.WriteStream,
): string[] {
  const [width, style] = [columnsOf(output), styleFor(output)];
  if (reaching !== undefined) {
    const [, path = '', from = '', to = from] = /^(.+):(\d+)(?:-(\d+))?$/.exec(reaching) ?? [];
    if (path === '') throw new UsageError(`'${reaching}' names no line`, 'write FILE:LINE or FILE:FROM-TO');
    const [file, other] = filesCalled(merged, path);
    if (other !== undefined)
      throw new UsageError(`'${path}' is a part of ${file?.path} and of ${other.path}`, 'name one of them');
    return file === undefined ? [] : reachingLines(merged, file, Number(from), Number(to));
  }
  if (unreached === undefined) return coverageLines(merged, { width, style });
  const files = filesCalled(merged, unreached);
  return [
    ...files.flatMap((file) => unreachedLines(file, textOf(file.path, codes), style)),
    ...summaryLines({ ...merged, files }, width),
  ];
}

function filesCalled({ files }: Coverage, word: string): MergedFile[] {
  const exact = files.filter(({ path }) => path === word);
  const found = exact.length > 0 ? exact : files.filter(({ path }) => path.includes(word));
  if (found.length === 0)
    throw new UsageError(`no file with code is called '${word}'`, 'phyrlab coverage lists those that are');
  return found;
}

/** No suite and no cell begins with a digit, as all runs do. */
function isRun(word: string): boolean {
  return /^\d|^newest$/.test(word) || runAt(word) !== undefined;
}

/** The folder of the run. */
async function measure(words: string[], options: CoverageOptions, output: NodeJS.WriteStream): Promise<string> {
  const started = performance.now();
  const seed = options.seed ?? randomInt(2 ** 32);
  const asked = askedFor(words, options);
  const plan = planOf(await loadSuites(asked.scenarios), words, seed);
  using interrupt = interruptible();
  using status = new StatusLine(output);
  const { signal } = interrupt;
  await using images = await openImages({ ...options, progress: progressReporter(status), signal });
  const { id, exitCode } = await conduct(
    { plan, seed, asked },
    { ...options, coverage: true, targets: [], output, started },
    { images, status, signal },
  );
  process.exitCode = exitCode;
  return join(runsFolder(options.runs), id);
}

async function write(file: string, text: string): Promise<void> {
  if (file === '-') print(process.stdout, text);
  else await writeWhole(file, text);
}
