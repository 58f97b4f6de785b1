import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { namesGuestTree, openGuestTree, openImages } from '../images/index.js';
import { type Cell, type CellRecord, ExitCode, exitCodeOf, UsageError, type Verdict } from '../model/index.js';
import { budgetRows, countsOf, judgePairs, measuredBy, movedCounts, pairRuns } from '../perf/index.js';
import { type Plan, select } from '../plan/index.js';
import {
  benchTables,
  budgetTable,
  comparisonLines,
  movedLines,
  progressReporter,
  StatusLine,
  styleFor,
  TerminalReport,
} from '../report/index.js';
import { writeJson } from '../results/index.js';
import { type Executed, execute } from './execute.js';
import { interruptible } from './interrupt.js';
import { addImageOptions, type ImageOptions, wholeNumber } from './options.js';
import { loadSuites } from './scenarios.js';

interface BenchOptions extends ImageOptions {
  against?: string;
  guest?: string;
  rounds: number;
  checkDeterminism?: number | true;
  phases?: boolean;
  counts?: boolean;
  jobs?: number;
  json?: string;
  keep?: boolean;
  runs?: string;
  kernel: string;
  scenarios?: string;
  bootTimeout: number;
}

const SUITE = 'bench';
const DEFAULT_KERNEL = '7.3';
/** Every ratio has the rounds of its cell besides. */
const ROUNDS = 3;

export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measure what mapping and I/O cost: the suite bench, or those of its cells that a pattern names')
    .argument('[PATTERN...]')
    .option(
      '--against <DIR|REV|KERNEL>',
      "also measure these sources of the modules, or this kernel, in turns with the default's, and say what changed",
    )
    .option('--guest <DIR|REV>', 'build the modules from these sources instead of guest/')
    .option(
      '--rounds <N>',
      'with --against: how often each side takes its turn where timings are compared',
      wholeNumber(1, 100),
      ROUNDS,
    )
    .option(
      '--check-determinism [N]',
      'run what is counted N times (default: 2), and name what was not the same each time',
      wholeNumber(2, 1000),
    )
    .option('--phases', 'build, map, consume and unmap apart')
    .option('--counts', 'also tables of metadata, segments, PRP entries, allocations, invalidations, bounces')
    .option('--jobs <N>', 'guests at a time (default: one a processor)', wholeNumber(1, 1024))
    .option('--json <FILE>', 'write the result of the last run as JSON')
    .option('--keep', 'keep consoles and traces of guests without a failure, too')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .option('--kernel <RELEASE|DIR>', 'as for run', DEFAULT_KERNEL)
    .option('--scenarios <DIR>', "also measure the scenarios' cells of the kinds map-cost, io-cost and throughput")
    .option('--boot-timeout <SECONDS>', 'a guest that is not ready by then is lost', wholeNumber(1, 3600), 90);
  return addImageOptions(command).action(bench);
}

async function bench(words: string[], options: BenchOptions): Promise<void> {
  if (options.against !== undefined && options.checkDeterminism !== undefined)
    throw new UsageError('--against and --check-determinism are two questions', 'ask them one after the other');
  const seed = randomInt(2 ** 32);
  const plan = await chosen(words, options, seed);
  using interrupt = interruptible();
  const { signal } = interrupt;
  const status = new StatusLine(process.stdout);
  await using images = await openImages({ ...options, progress: progressReporter(status), signal });
  const terminal = new TerminalReport(status, styleFor(process.stdout));
  await using own = options.guest === undefined ? undefined : await openGuestTree(options.guest, signal);
  const run: Turn = (part, side, remember) =>
    execute({
      ...options,
      plan: part,
      images,
      seed,
      bootTimeoutS: options.bootTimeout,
      kernel: side.kernel ?? options.kernel,
      guest: side.guest ?? own?.dir,
      remember,
      terminal,
      repro: (id) =>
        `npx phyrlab bench '${id}'${options.kernel === DEFAULT_KERNEL ? '' : ` --kernel ${options.kernel}`}`,
      signal,
    });
  const { runs, exitCode } =
    options.against !== undefined
      ? await against(options.against, plan, run, options.rounds, signal)
      : options.checkDeterminism !== undefined
        ? await determinism(plan, run, options.checkDeterminism === true ? 2 : options.checkDeterminism)
        : await once(plan, run, options);
  const last = runs.at(-1);
  if (last !== undefined && options.json !== undefined) await writeJson(options.json, last.result);
  signal.throwIfAborted();
  process.exitCode = exitCode;
}

/** Of the suite, and of scenarios what measures as its cells do. */
async function chosen(words: string[], { scenarios }: BenchOptions, seed: number): Promise<Plan> {
  const suites = (await loadSuites(scenarios)).map((suite) =>
    suite.id === SUITE ? suite : { ...suite, blocks: suite.blocks.filter((block) => block.workloads.every(measures)) },
  );
  const own = new Set((await loadSuites()).map(({ id }) => id));
  const measuring = suites.filter(({ id, blocks }) => id === SUITE || (!own.has(id) && blocks.length > 0));
  const all = words.length > 0 ? words : measuring.map(({ id }) => id);
  return select(measuring, all, seed);
}

function measures({ kind }: Cell['workload']): boolean {
  return kind === 'map-cost' || kind === 'io-cost' || kind === 'throughput';
}

interface Side {
  kernel?: string;
  guest?: string;
}

type Turn = (plan: Plan, side: Side, remember: boolean) => Promise<Executed>;

interface Outcome {
  runs: Executed[];
  exitCode: number;
}

async function once(plan: Plan, run: Turn, options: BenchOptions): Promise<Outcome> {
  const done = await run(plan, {}, true);
  const { cells } = done.result;
  const rows = budgetRows(measuredBy(cells));
  print(benchTables(cells, options));
  if (rows.length > 0) print(['', ...budgetTable(rows).split('\n')]);
  return { runs: [done], exitCode: codeOf([done]) };
}

/** Timings differ from run to run, so only counts are asked for. */
async function determinism(plan: Plan, run: Turn, times: number): Promise<Outcome> {
  const counted = part(plan, ({ machine }) => machine.clock === 'icount');
  if (counted.cells.length === 0)
    throw new UsageError('none of these cells counts instructions', `phyrlab list ${SUITE}`);
  const runs: Executed[] = [];
  for (let i = 0; i < times; i++) runs.push(await run(counted, {}, true));
  const records = runs.map(({ result }) => result.cells);
  const moved = movedCounts(counted.cells, records);
  print(['', ...movedLines(moved, countsOf(counted.cells, records[0] ?? []), times, styleFor(process.stdout))]);
  const exitCode = codeOf(runs);
  return { runs, exitCode: exitCode === ExitCode.ok && moved.length > 0 ? ExitCode.failed : exitCode };
}

/** Counts are the same each time, so one turn says all; timings are taken in turns. What others' sources cost is not remembered. */
async function against(word: string, plan: Plan, run: Turn, rounds: number, signal: AbortSignal): Promise<Outcome> {
  const isKernel = !namesGuestTree(word) && (word.includes('/') || /^\d+\.\d+/.test(word) || word === 'debug');
  await using tree = isKernel ? undefined : await openGuestTree(word, signal);
  const other: Side = tree === undefined ? { kernel: word } : { guest: tree.dir };
  const runs: { ours: Executed[]; theirs: Executed[] } = { ours: [], theirs: [] };
  const noisy = part(plan, ({ machine }) => machine.clock !== 'icount');
  for (let round = 0; round < (noisy.cells.length > 0 ? rounds : 1) && !signal.aborted; round++) {
    const turn = round === 0 ? plan : noisy;
    runs.ours.push(await run(turn, {}, false));
    runs.theirs.push(await run(turn, other, false));
  }
  const side = (executed: Executed[]) => executed.map(({ result }) => result.cells);
  const judged = judgePairs(pairRuns(plan.cells, side(runs.ours), side(runs.theirs)));
  const style = styleFor(process.stdout);
  print(['', `${word} against the default:`, ...comparisonLines(judged, style)]);
  const all = [...runs.ours, ...runs.theirs];
  const exitCode = codeOf(all);
  const worse = judged.some(({ comparison }) => comparison.gates);
  return { runs: all, exitCode: exitCode === ExitCode.ok && worse ? ExitCode.failed : exitCode };
}

function part(plan: Plan, takes: (cell: Cell) => boolean): Plan {
  return { cells: plan.cells.filter(takes), pruned: [], omitted: 0 };
}

function codeOf(runs: readonly Executed[]): number {
  return exitCodeOf(runs.flatMap(({ result }) => result.cells.map(({ verdict }: CellRecord): Verdict => verdict)));
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
