import { existsSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { FileLock, type Images, openImages } from '../images/index.js';
import {
  ExitCode,
  exitCodeOf,
  InfraError,
  messageOf,
  type Night,
  type NightStage,
  type RunResult,
  UsageError,
} from '../model/index.js';
import { select } from '../plan/index.js';
import { changeOf, nightLines, nightMarkdown, progressReporter, StatusLine, styleFor } from '../report/index.js';
import { historyFolder, Nights, newsOf, readEvents, runsFolder, writeWhole } from '../results/index.js';
import { conduct, imagesOf, type Job } from './conduct.js';
import { addConductOptions, type ConductOptions } from './conduct-options.js';
import { addGcOptions, collectGarbage, type GcOptions } from './gc.js';
import { interruptible } from './interrupt.js';
import { beginNight } from './nights.js';
import { DEFAULT_KERNEL } from './options.js';
import { gate, withHistory } from './perf.js';
import { writeWholeReport } from './report.js';
import { askedFor } from './run.js';
import { consumers, loadSuites, planOf } from './scenarios.js';

interface NightlyOptions extends ConductOptions, GcOptions {
  suite?: string[];
  kernel: string;
  scenarios?: string;
  fresh?: boolean;
  runs?: string;
}

export function nightlyCommand(): Command {
  const command = new Command('nightly')

    .option(
      '--suite <SUITE|PATTERN>',
      'run this instead of the suites nightly, those for consumers of the mapping code (on 7.2), debug (on the debug kernel) and bench; may be repeated',
      (word: string, earlier: string[] = []) => [...earlier, word],
    )
    .option('--kernel <RELEASE|DIR>', 'a locked kernel or your own build tree', DEFAULT_KERNEL)
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .option('--fresh', 'start a new night even if the last one is unfinished');
  addConductOptions(command, { reports: false });
  return addGcOptions(command).action(nightly);
}

interface NightInProgress {
  options: NightlyOptions;
  nights: Nights;
  night: Night;
  images: Images;
  status: StatusLine;
  signal: AbortSignal;
  started: number;
}

async function nightly(options: NightlyOptions): Promise<void> {
  const started = performance.now();
  const nights = new Nights(runsFolder(options.runs));
  await mkdir(nights.folder, { recursive: true });
  await using lock = await FileLock.tryAcquire(join(nights.folder, 'lock'));
  if (lock === null)
    throw new UsageError(
      `another phyrlab nightly is running in ${nights.folder}`,
      'wait for it, or choose another --runs',
    );
  using interrupt = interruptible();
  const { signal } = interrupt;
  using status = new StatusLine(process.stdout);
  const style = styleFor(process.stdout);
  const all = await nights.all();
  const suites = await loadSuites(options.scenarios);
  const { night, said } = beginNight(all.at(-1), {
    suites: suites.map(({ id }) => id),
    consumers,
    words: options.suite,
    kernel: options.kernel,
    fresh: options.fresh ?? false,
  });
  // Reports an unknown name now, not in the morning.
  for (const { words } of night.stages) select(suites, words, night.seed);
  const earlier = all.filter(({ id }) => id !== night.id);
  status.print(said);
  await nights.save(night);
  await using images = await openImages({ ...options, progress: progressReporter(status), signal });

  const inProgress: NightInProgress = { options, nights, night, images, status, signal, started };
  for (const stage of night.stages.filter(({ outcomes, trouble }) => outcomes === undefined && trouble === undefined)) {
    await runStage(stage, inProgress);
    await nights.save(night);
  }
  await judge(night, earlier, options);
  night.ended = new Date().toISOString();
  await nights.save(night);

  const news = newsOf(night, earlier);
  const folder = nights.folderOf(night);
  const markdown = nightMarkdown(night, news);
  await writeWhole(join(folder, 'summary.md'), markdown);
  if (process.env.GITHUB_STEP_SUMMARY) await appendFile(process.env.GITHUB_STEP_SUMMARY, markdown);
  for (const line of nightLines(night, news, style, status.width)) status.print(line);
  const needed = new Set(
    night.stages.flatMap(({ run }) => (run === undefined ? [] : [join(runsFolder(options.runs), run)])),
  );
  status.print(style.dim(await collectGarbage(options, images, needed)));
  status.print(`reports in ${folder}`);
  const verdicts = night.stages.flatMap(({ outcomes = [] }) => outcomes.map(({ verdict }) => verdict));
  process.exitCode = exitCodeOf([
    ...verdicts,
    ...news.regressions.map(() => 'fail' as const),
    ...news.trouble.map(() => 'lost' as const),
  ]);
}

/** Runs a stage, or what is left of it, and writes its reports. If it cannot run, the other stages still do. */
async function runStage(stage: NightStage, inProgress: NightInProgress): Promise<void> {
  const { options, nights, night, images, status, signal, started } = inProgress;
  status.print(`\nstage ${stage.name}: ${stage.words.join(' ')} on kernel ${stage.kernel}`);
  const folder = nights.folderOf(night);
  try {
    const job = await jobOf(stage, inProgress);
    const targets = [
      { format: 'junit' as const, file: join(folder, `${stage.name}.junit.xml`) },
      { format: 'json' as const, file: join(folder, `${stage.name}.json`) },
    ];
    const own = { retries: 1, ...options, targets, output: process.stdout, started };
    const { id, exitCode, result } = await conduct(job, own, { images, status, signal });
    // The stage stays unfinished: the next nightly resumes it.
    if (exitCode === ExitCode.interrupted) signal.throwIfAborted();
    await writeWholeReport(join(runsFolder(options.runs), id), join(folder, `${stage.name}.html`));
    stage.outcomes = outcomesOf(result);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof InfraError || error instanceof UsageError)) throw error;
    stage.trouble = messageOf(error);
    status.print(`stage ${stage.name} could not run: ${stage.trouble}`);
  }
}

async function jobOf(stage: NightStage, { options, nights, night, images, status }: NightInProgress): Promise<Job> {
  const asked = askedFor(stage.words, { ...options, kernel: stage.kernel });
  const image = imagesOf(await images.image(stage.kernel));
  const keys = Object.values(image)
    .map(({ key }) => key)
    .join(' ');
  const onBegin = async ({ id }: { id: string }) => {
    stage.run = id;
    stage.images = keys;
    await nights.save(night);
  };
  const folder = stage.run === undefined ? undefined : join(runsFolder(options.runs), stage.run);
  if (folder !== undefined && stage.images !== keys)
    status.print(`run ${stage.run} cannot be resumed because its images have changed; it starts again`);
  else if (folder !== undefined && existsSync(folder)) {
    const log = await readEvents(folder);
    if (log !== undefined) return { seed: night.seed, asked, begun: { folder, log }, onBegin };
  }
  const plan = planOf(await loadSuites(options.scenarios), stage.words, night.seed);
  return { plan, seed: night.seed, asked, onBegin };
}

function outcomesOf({ cells }: RunResult): NonNullable<NightStage['outcomes']> {
  return cells.map(({ id, verdict, reason, earlier }) => ({
    cell: id,
    verdict,
    reason: reason.slice(0, 500),
    again: earlier !== undefined,
  }));
}

/** Compares the night's measurements with those of earlier nights only: runs made by day often have other modules. */
async function judge(night: Night, earlier: readonly Night[], options: NightlyOptions): Promise<void> {
  if (!existsSync(historyFolder(runsFolder(options.runs)))) return;
  const nightly = new Set(earlier.flatMap(({ stages }) => stages.flatMap(({ run }) => run ?? [])));
  await withHistory({ ...(options.runs !== undefined && { runs: options.runs }) }, async (history) => {
    for (const stage of night.stages) {
      if (stage.run === undefined) continue;
      const { judged } = await gate(history, stage.run, (run) => nightly.has(run));
      stage.regressions = judged
        .filter(({ comparison }) => comparison.gates)
        .map((one) => `${one.name}: ${changeOf(one)}`);
    }
  });
}
