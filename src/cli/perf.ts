import { join } from 'node:path';
import { Command } from 'commander';
import { cacheDirectory } from '../images/index.js';
import { ExitCode, matcher, type Series, seriesName, shellWord, UsageError } from '../model/index.js';
import {
  changesOf,
  type Judged,
  judgePairs,
  medianOf,
  pairSeries,
  type Side,
  type Sides,
  type Unpaired,
} from '../perf/index.js';
import { comparisonLines, historyLines, styleFor } from '../report/index.js';
import { History, historyFolder, pickRun, readStart, runAt, runsFolder } from '../results/index.js';
import { columnsOf, complain, say } from '../terminal/index.js';
import { RUN } from './options.js';

interface HistoryOptions {
  runs?: string;
  json?: boolean;
}

export function perfCommand(): Command {
  const perf = new Command('perf');
  const add = (name: string, description: string) =>
    perf
      .command(name)
      .description(description)
      .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
      .option('--json', 'one JSON document on standard output');
  add('history', 'show series over time, with the runs in which they changed')
    .argument('<SERIES>', "part of 'CELL METRIC', or a glob that matches all of it")
    .action((word: string, options: HistoryOptions) =>
      withHistory(options, (history) => showHistory(history, word, options)),
    );
  add('compare', 'compare two runs, or two sets of runs')
    .argument('<BEFORE>', `${RUN}; separate several with commas`)
    .argument('<AFTER>', 'the same')
    .action((a: string, b: string, options: HistoryOptions) =>
      withHistory(options, async (history) => {
        const [before, after] = [await runsOf(history, a, options), await runsOf(history, b, options)];
        const compared = await compare(history, before, after);
        await show(compared, after, options);
      }),
    );
  add('gate', 'exit with 1 if the newest run is worse than its baseline, with 2 if that cannot be told')
    .option('--run <RUN>', 'the run to judge, as for compare (default: the newest)')
    .option(
      '--baseline <RUN|auto>',
      'the runs to compare it with, as for compare; auto: for each series the previous runs that measured it',
      'auto',
    )
    .action((options: HistoryOptions & { run?: string; baseline: string }) =>
      withHistory(options, async (history) => {
        const runs = await runsOf(history, options.run, options);
        const compared =
          options.baseline === 'auto' && runs.length === 1
            ? await gate(history, runs[0])
            : await compare(history, await runsOf(history, options.baseline, options), runs);
        await show(compared, runs, options);
        const { judged } = compared;
        if (judged.some(({ comparison }) => comparison.gates)) process.exitCode = ExitCode.failed;
        else if (judged.every(({ comparison }) => comparison.verdict === 'inconclusive'))
          process.exitCode = ExitCode.inconclusive;
      }),
    );
  return perf;
}

export async function withHistory(options: HistoryOptions, use: (history: History) => Promise<void>): Promise<void> {
  using history = await History.open(
    historyFolder(runsFolder(options.runs)),
    join(cacheDirectory(undefined, process.env), 'history'),
  );
  for (const { file, why } of history.refused) complain(`left out ${file}: ${why}`);
  await use(history);
}

/** At least one run of the history. */
type Runs = [string, ...string[]];

/** The runs that the user named, separated by commas; by default the newest. */
async function runsOf(history: History, words: string | undefined, options: HistoryOptions): Promise<Runs> {
  const runs = runsFolder(options.runs);
  const ids = (await history.runs()).map(({ run }) => run).reverse();
  if (ids.length === 0) throw new UsageError('the history is empty', 'phyrlab run vtd-strict-icount/ adds to it');
  const [first, ...more] = words?.split(',') ?? [undefined];
  const idOf = async (word: string | undefined): Promise<string> => {
    const folder = word === undefined ? undefined : runAt(word);
    const id = folder === undefined ? word : (await readStart(folder))?.run.id;
    if (id !== undefined && !ids.includes(id) && runAt(join(runs, id)) !== undefined)
      throw new UsageError(`the history has no measurements of run ${id}`, `the newest run that has some is ${ids[0]}`);
    return pickRun(ids, id, `in the history of ${runs}`);
  };
  const found: Runs = [await idOf(first)];
  for (const word of more) found.push(await idOf(word));
  return [...new Set(found)] as Runs;
}

export interface Compared {
  judged: Judged[];
  unpaired: Unpaired[];
}

/** Compares two sets of runs. */
async function compare(history: History, before: Runs, after: Runs): Promise<Compared> {
  const common = before.find((run) => after.includes(run));
  if (common !== undefined) throw new UsageError(`run ${common} is on both sides`, 'name two different runs');
  return judged(await side(history, before), await side(history, after));
}

/**
 * Compares each series of a run with the runs before it.
 * @param counts which earlier runs to use; default: all
 */
export async function gate(
  history: History,
  run: string,
  counts: (run: string) => boolean = () => true,
): Promise<Compared> {
  const after = await side(history, [run]);
  const earlier = await history.before(run, POOLED_RUNS, counts);
  const before = new Map<string, Side>();
  for (const [key, { series }] of after) {
    // Counts are exact, so one run is enough. Timings need a sample from several runs.
    const samples = earlier.get(key)?.slice(series.kind === 'exact' ? -1 : 0);
    if (samples !== undefined) before.set(key, { series, values: samples.flatMap(({ values }) => values) });
  }
  const names = new Set([...after].flatMap(([key, { series }]) => (before.has(key) ? [] : [seriesName(series)])));
  const others = names.size > 0 ? await history.series((name) => names.has(name)) : [];
  const started = new Map((await history.runs()).map(({ run }, at) => [run, at]));
  const isEarlier = (one: { run: string }) => (started.get(one.run) ?? 0) < (started.get(run) ?? 0) && counts(one.run);
  return judged(
    before,
    after,
    others.flatMap(({ series, samples }) => (samples.some(isEarlier) ? [series] : [])),
  );
}

function judged(before: Sides, after: Sides, others: Series[] = []): Compared {
  const { pairs, unpaired } = pairSeries(before, after, others);
  return { judged: judgePairs(pairs), unpaired };
}

/** All samples of these runs together, by series. */
async function side(history: History, runs: readonly string[]): Promise<Sides> {
  const all = new Map<string, Side>();
  for (const run of runs)
    for (const [key, { series, sample }] of await history.run(run))
      all.set(key, { series, values: [...(all.get(key)?.values ?? []), ...sample.values] });
  return all;
}

const POOLED_RUNS = 10;

async function show({ judged, unpaired }: Compared, [run]: Runs, options: HistoryOptions): Promise<void> {
  if (options.json) return write(JSON.stringify(judged, null, 2));
  const folder = runAt(join(runsFolder(options.runs), run));
  const asked = folder === undefined ? undefined : (await readStart(folder))?.run.asked;
  const lines = comparisonLines(judged, styleFor(process.stdout), {
    unpaired,
    ...(asked !== undefined && {
      again: `phyrlab run ${asked.words.map(shellWord).join(' ')} --kernel ${shellWord(asked.kernel)}`,
    }),
    width: columnsOf(process.stdout),
  });
  for (const line of lines) write(line);
}

async function showHistory(history: History, word: string, options: HistoryOptions): Promise<void> {
  const found = await history.series(matcher(word));
  if (found.length === 0) throw new UsageError(`no series matches '${word}'`, "try a part of a cell's id");
  const all = found.map((one) => ({
    ...one,
    changes: changesOf(
      one.series.kind,
      one.samples.map((sample) => medianOf(sample.values)),
    ),
  }));
  if (options.json) write(JSON.stringify(all, null, 2));
  else
    for (const series of all)
      for (const line of historyLines(series, series.changes, styleFor(process.stdout), columnsOf(process.stdout)))
        write(line);
}

function write(line: string): void {
  say(line);
}
