import { join } from 'node:path';
import { Command } from 'commander';
import { cacheDirectory } from '../images/index.js';
import { ExitCode, UsageError } from '../model/index.js';
import { changesOf, type Judged, judgePairs, middleOf, type Pair } from '../perf/index.js';
import { matcher } from '../plan/index.js';
import { comparisonLines, historyLines, styleFor } from '../report/index.js';
import { History, historyFolder, runsFolder, seriesName } from '../results/index.js';

interface HistoryOptions {
  runs?: string;
  json?: boolean;
}

export function perfCommand(): Command {
  const perf = new Command('perf').description('ask the history of measurements');
  const add = (name: string, description: string) =>
    perf
      .command(name)
      .description(description)
      .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
      .option('--json', 'one JSON document on standard output');
  add('history', 'series over time, with the runs in which they changed')
    .argument('<SERIES>', "a part of 'CELL METRIC', or a glob for all of it")
    .action((word: string, options: HistoryOptions) =>
      withHistory(options, (history) => showHistory(history, word, options)),
    );
  add('compare', 'what two runs say about each other')
    .argument('<RUN>')
    .argument('<RUN>')
    .action((a: string, b: string, options: HistoryOptions) =>
      withHistory(options, async (history) => {
        const before = await runOf(history, a);
        show(await compare(history, (await runOf(history, b)).run, before.run), options);
      }),
    );
  add('gate', 'exit code 1 if the newest run is worse than its baseline, 2 if nothing could be compared')
    .option('--run <RUN>', 'the run to judge (default: the newest)')
    .option(
      '--baseline <RUN|auto>',
      'what it is held against; auto: for each series the run before that measured it',
      'auto',
    )
    .action((options: HistoryOptions & { run?: string; baseline: string }) =>
      withHistory(options, async (history) => {
        const run = await runOf(history, options.run);
        const fixed = options.baseline === 'auto' ? undefined : (await runOf(history, options.baseline)).run;
        const judged = await compare(history, run.run, fixed);
        show(judged, options);
        if (judged.some(({ comparison }) => comparison.gates)) process.exitCode = ExitCode.failed;
        else if (judged.length === 0) process.exitCode = ExitCode.inconclusive;
      }),
    );
  return perf;
}

export async function withHistory(options: HistoryOptions, use: (history: History) => Promise<void>): Promise<void> {
  using history = await History.open(
    historyFolder(runsFolder(options.runs)),
    join(cacheDirectory(undefined, process.env), 'history'),
  );
  for (const { file, why } of history.refused) process.stderr.write(`phyrlab: left out ${file}: ${why}\n`);
  await use(history);
}

async function runOf(history: History, word?: string): Promise<{ run: string }> {
  const runs = await history.runs();
  const newest = runs.at(-1);
  if (newest === undefined) throw new UsageError('the history is empty', 'phyrlab run vtd-strict-icount/ adds to it');
  if (word === undefined) return newest;
  const found = runs.find(({ run }) => run === word);
  if (found === undefined)
    throw new UsageError(`no run in the history is called '${word}'`, `the newest is ${newest.run}`);
  return found;
}

/**
 * Each series of a run against a run of the user's choice, else against what came before; without either it is left out.
 * @param counts which of the earlier runs count; default: all
 */
export async function compare(
  history: History,
  run: string,
  baseline?: string,
  counts: (run: string) => boolean = () => true,
): Promise<Judged[]> {
  const now = await history.run(run);
  const earlier = baseline === undefined ? await history.before(run, POOLED_RUNS, counts) : await history.run(baseline);
  const pairs: Pair[] = [];
  for (const [key, { series, sample }] of now) {
    const found = earlier.get(key);
    if (found === undefined) continue;
    // A count says all there is to say at once; of timings, a few runs together make a sample.
    const samples = Array.isArray(found) ? found.slice(series.kind === 'exact' ? -1 : 0) : [found.sample];
    const { kind, better, unit } = series;
    const values = { before: samples.flatMap(({ values }) => values), after: sample.values };
    pairs.push({ name: seriesName(series), kind, better, unit, ...values });
  }
  return judgePairs(pairs);
}

const POOLED_RUNS = 10;

function show(judged: readonly Judged[], options: HistoryOptions): void {
  if (options.json) write(JSON.stringify(judged, null, 2));
  else for (const line of comparisonLines(judged, styleFor(process.stdout))) write(line);
}

async function showHistory(history: History, word: string, options: HistoryOptions): Promise<void> {
  const found = await history.series(matcher(word));
  if (found.length === 0) throw new UsageError(`no series has '${word}' in its name`, "try a part of a cell's id");
  const all = found.map((one) => ({
    ...one,
    changes: changesOf(
      one.series.kind,
      one.samples.map((sample) => middleOf(sample.values)),
    ),
  }));
  if (options.json) write(JSON.stringify(all, null, 2));
  else
    for (const series of all)
      for (const line of historyLines(series, series.changes, styleFor(process.stdout))) write(line);
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}
