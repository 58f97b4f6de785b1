import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { namesGuestTree, openGuestTree, openImages } from '../images/index.js';
import { countOf, ExitCode, exitCodeOf, UsageError } from '../model/index.js';
import { budgetRows, countsOf, judgePairs, measuredBy, movedCounts, pairRuns } from '../perf/index.js';
import { type Plan, select } from '../plan/index.js';
import {
  benchTables,
  budgetTable,
  comparisonLines,
  movedLines,
  progressReporter,
  StatusLine,
  type Style,
  styleFor,
} from '../report/index.js';
import { wrapped } from '../terminal/index.js';
import { type Cell, kindOf, kinds } from '../workloads/index.js';
import { type Conducted, conduct } from './conduct.js';
import { addConductOptions, type ConductOptions } from './conduct-options.js';
import { interruptible } from './interrupt.js';
import { CELLS, DEFAULT_KERNEL, wholeNumber } from './options.js';
import { checkTargets, targetsOf } from './reports.js';
import { askedFor } from './run.js';
import { loadSuites } from './scenarios.js';

interface BenchOptions extends ConductOptions {
  against?: string;
  guest?: string;
  rounds: number;
  checkDeterminism?: number | true;
  phases?: boolean;
  counts?: boolean;
  kernel: string;
  scenarios?: string;
}

const SUITE = 'bench';
const BENCHMARKS = new Intl.ListFormat('en-GB').format(
  kinds.flatMap(({ benchmark, name }) => (benchmark ? [name] : [])),
);
/** With ratios, every cell also brings its own rounds. */
const ROUNDS = 3;

export function benchCommand(): Command {
  const command = new Command('bench')

    .argument('[SUITE|PATTERN...]', CELLS)
    .option(
      '--against <DIR|REV|KERNEL>',
      'also measure these module sources, or this kernel, alternating with the default, and print what changed',
    )
    .option('--guest <DIR|REV>', 'build the modules from these sources instead of guest/')
    .option(
      '--rounds <N>',
      'with --against: how many times each side is measured where timings are compared',
      wholeNumber(1, 100),
      ROUNDS,
    )
    .option(
      '--check-determinism [N]',
      'measure what is counted N times (default: 2), and list what differed',
      wholeNumber(2, 1000),
    )
    .option('--phases', 'show build, map, consume and unmap separately')
    .option('--counts', 'also show metadata, segments, PRP entries, allocations, invalidations and bounces')
    .option('--kernel <RELEASE|DIR>', 'as for run', DEFAULT_KERNEL)
    .option('--scenarios <DIR>', `also measure cells of the scenarios, of the kinds ${BENCHMARKS}`);
  return addConductOptions(command).action(bench);
}

async function bench(words: string[], options: BenchOptions): Promise<void> {
  const { against: other, checkDeterminism: times } = options;
  if (other !== undefined && times !== undefined)
    throw new UsageError('--against and --check-determinism exclude each other', 'use one at a time');
  const { targets, output } = targetsOf(options);
  if (targets.length > 0 && (other ?? times) !== undefined)
    throw new UsageError(
      'a report covers one run, and this command makes several',
      'each keeps its result.json in its folder',
    );
  await checkTargets(targets);
  const seed = randomInt(2 ** 32);
  const plan = await chosen(words, options, seed);
  using interrupt = interruptible();
  const { signal } = interrupt;
  using status = new StatusLine(output);
  await using images = await openImages({ ...options, progress: progressReporter(status), signal });
  await using own = options.guest === undefined ? undefined : await openGuestTree(options.guest, signal);
  const run: Turn = async (part, { kernel = options.kernel, guest = own?.dir }, forget) => {
    signal.throwIfAborted();
    const asked = askedFor(words.length > 0 ? words : [SUITE], { ...options, kernel });
    const job = { plan: part, seed, asked, guest, forget };
    const started = performance.now();
    return await conduct(job, { ...options, targets, output, started }, { images, status, signal });
  };
  const print = (lines: readonly string[]) => {
    for (const line of lines) status.print(line);
  };
  const { width } = status;
  process.exitCode = await (other !== undefined
    ? against(other, plan, run, { ...options, print, width, style: styleFor(output), signal })
    : times !== undefined
      ? determinism(plan, run, times === true ? 2 : times, { print, width, style: styleFor(output) })
      : once(plan, run, { ...options, print, width }));
}

/** The suite bench and the cells of scenarios that measure; if the user named cells, those of them that measure. */
async function chosen(words: string[], { scenarios }: BenchOptions, seed: number): Promise<Plan> {
  const suites = await loadSuites(scenarios);
  if (words.length > 0) {
    const plan = select(suites, words, seed);
    const measuring = part(plan, measures);
    if (measuring.cells.length > 0) return measuring;
    throw new UsageError(
      `none of ${countOf(plan.cells.length, 'cell')} matching '${words.join(' ')}' measures anything`,
      `cells of the kinds ${BENCHMARKS} do`,
    );
  }
  const builtIn = new Set((await loadSuites()).map(({ id }) => id));
  const plans = suites
    .filter(({ id }) => id === SUITE || !builtIn.has(id))
    .map((suite) => ({
      ...suite,
      blocks: suite.blocks.filter((block) => block.workloads.every((workload) => measures({ workload }))),
    }))
    .filter(({ blocks }) => blocks.length > 0);
  return select(
    plans,
    plans.map(({ id }) => id),
    seed,
  );
}

function measures({ workload }: Pick<Cell, 'workload'>): boolean {
  return kindOf(workload).benchmark;
}

interface Side {
  kernel?: string;
  guest?: string;
}

/** Makes one run. With `forget`, the history does not keep its measurements. */
type Turn = (plan: Plan, side: Side, forget: boolean) => Promise<Conducted>;

interface Output {
  width: number;
  print: (lines: readonly string[]) => void;
  style: Style;
}

async function once(
  plan: Plan,
  run: Turn,
  options: Omit<Output, 'style'> & { phases?: boolean; counts?: boolean },
): Promise<number> {
  const { exitCode, result } = await run(plan, {}, false);
  const rows = budgetRows(measuredBy(result.cells));
  options.print(benchTables(result.cells, options));
  if (rows.length > 0) options.print(['', ...budgetTable(rows, options.width)]);
  return exitCode;
}

/** Only counts are compared: timings differ from run to run anyway. */
async function determinism(plan: Plan, run: Turn, times: number, { print, width, style }: Output): Promise<number> {
  const counted = part(plan, ({ machine }) => machine.clock === 'icount');
  if (counted.cells.length === 0)
    throw new UsageError('none of these cells counts instructions', `phyrlab list ${SUITE}`);
  const runs: Conducted[] = [];
  for (let i = 0; i < times; i++) runs.push(await run(counted, {}, false));
  const records = runs.map(({ result }) => result.cells);
  const moved = movedCounts(counted.cells, records);
  print(['', ...movedLines(moved, { counts: countsOf(counted.cells, records[0] ?? []), runs: times, width }, style)]);
  return worst(runs, moved.length > 0);
}

/** Counts are deterministic, so one run of each side is enough. Timings alternate. The history keeps nothing of either side. */
async function against(
  word: string,
  plan: Plan,
  run: Turn,
  { rounds, print, width, style, signal }: Output & { rounds: number; signal: AbortSignal },
): Promise<number> {
  const isKernel = !namesGuestTree(word) && (word.includes('/') || /^\d+\.\d+/.test(word) || word === 'debug');
  await using tree = isKernel ? undefined : await openGuestTree(word, signal);
  const other: Side = tree === undefined ? { kernel: word } : { guest: tree.dir };
  const [ours, theirs]: [Conducted[], Conducted[]] = [[], []];
  const noisy = part(plan, ({ machine }) => machine.clock !== 'icount');
  for (let round = 0; round < (noisy.cells.length > 0 ? rounds : 1); round++) {
    const turn = round === 0 ? plan : noisy;
    ours.push(await run(turn, {}, true));
    theirs.push(await run(turn, other, true));
  }
  const side = (runs: Conducted[]) => runs.map(({ result }) => result.cells);
  const judged = judgePairs(pairRuns(plan.cells, side(ours), side(theirs)));
  const name = tree?.name ?? `kernel ${word}`;
  print([
    '',
    ...wrapped(`${name} compared with the default. 'better' means that ${name} is better.`, width),
    ...comparisonLines(judged, style, { width }),
  ]);
  return worst(
    [...ours, ...theirs],
    judged.some(({ comparison }) => comparison.gates),
  );
}

function part(plan: Plan, takes: (cell: Cell) => boolean): Plan {
  return { cells: plan.cells.filter(takes), pruned: [], omitted: 0 };
}

/** The exit code of several runs, and of the comparison between them. */
function worst(runs: readonly Conducted[], objection: boolean): number {
  const exitCode = exitCodeOf(runs.flatMap(({ result }) => result.cells.map(({ verdict }) => verdict)));
  return exitCode === ExitCode.ok && objection ? ExitCode.failed : exitCode;
}
