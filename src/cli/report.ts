import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { mergeCoverage, readCoverage } from '../coverage/index.js';
import { cacheDirectory } from '../images/index.js';
import { invocation, messageOf, projectRoot, seriesName, UsageError } from '../model/index.js';
import { changesOf, medianOf } from '../perf/index.js';
import { type Cause, type CoverageInput, causesOf, type HistoryLine, htmlReport } from '../report/index.js';
import {
  type Excerpt,
  excerptFor,
  findRun,
  History,
  historyFolder,
  type RecordedRun,
  readRun,
  runsFolder,
  writeWhole,
} from '../results/index.js';
import { complain, say } from '../terminal/index.js';
import { RUN } from './options.js';
import { withLocalRepro } from './repro-line.js';
import { textOf } from './sources.js';

interface ReportOptions {
  open?: boolean;
  out?: string;
  runs?: string;
}

export function reportCommand(): Command {
  return new Command('report')

    .argument('[RUN]', `${RUN} (default: the newest)`)
    .option('--open', 'open it in the browser')
    .option('--out <FILE>', "where to write it; '-' is standard output (default: report.html in the run's folder)")
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .action(async (word: string | undefined, options: ReportOptions) => {
      const folder = findRun(runsFolder(options.runs), word);
      const html = await reportOf(folder, historyOf);
      if (options.out === '-') {
        if (options.open) throw new UsageError('standard output cannot be opened', 'leave out --open, or name a file');
        say(html);
        return;
      }
      const file = resolve(options.out ?? join(folder, 'report.html'));
      try {
        await writeWhole(file, html);
      } catch (error) {
        throw new UsageError(`cannot write ${file}: ${messageOf(error)}`, 'name another file with --out');
      }
      say(file);
      if (options.open) show(file);
    });
}

/**
 * Writes the report of a run that has just ended into its folder. It leaves out the history, which takes a database engine and its memory;
 * `phyrlab report` adds it.
 */
export async function writeReport(folder: string): Promise<string> {
  const file = join(folder, 'report.html');
  await writeWhole(file, await reportOf(folder, async ({ run }) => `${invocation(`report ${run.id}`)} adds it.`));
  return file;
}

/** Writes the report with the history, as `phyrlab report` does. */
export async function writeWholeReport(folder: string, file: string): Promise<void> {
  await writeWhole(file, await reportOf(folder, historyOf));
}

async function reportOf(
  folder: string,
  history: (recorded: RecordedRun) => Promise<HistoryLine[] | string>,
): Promise<string> {
  const kept = await readRun(folder);
  const recorded = { ...kept, cells: kept.cells.map((record) => withLocalRepro(record, { run: kept.run.id, folder })) };
  const causes = causesOf(recorded.cells);
  return htmlReport({
    recorded,
    causes,
    excerpts: await excerptsFor(recorded, causes),
    history: await history(recorded),
    coverage: await coverageOf(folder),
    // Under src/, because the page's files are not compiled.
    assets: join(projectRoot, 'src', 'report', 'html', 'page'),
  });
}

/** What was measured, or a sentence that says why it cannot be shown: the report is useful without it. */
async function coverageOf(folder: string): Promise<CoverageInput | string | undefined> {
  try {
    return await measuredIn(folder);
  } catch (error) {
    return `The coverage cannot be read: ${messageOf(error)}`;
  }
}

async function measuredIn(folder: string): Promise<CoverageInput | undefined> {
  const kept = await readCoverage(folder);
  if (kept === undefined) return undefined;
  const coverage = mergeCoverage([kept]);
  const texts = coverage.files.flatMap(({ path }) => {
    const text = textOf(path, kept.codes);
    return text === undefined ? [] : [[path, text] as const];
  });
  return { coverage, texts: new Map(texts) };
}

/** How many cells of one cause, and how many in all, have their console in the report. */
const EXCERPTS_OF_ONE = 3;
const EXCERPTS = 300;

async function excerptsFor(recorded: RecordedRun, causes: readonly Cause[]): Promise<Map<string, Excerpt>> {
  const excerpts = new Map<string, Excerpt>();
  const records = new Map(recorded.cells.map((record) => [record.id, record]));
  const wanted = causes.flatMap(({ cells }) => cells.slice(0, EXCERPTS_OF_ONE)).slice(0, EXCERPTS);
  for (const id of wanted) {
    const record = records.get(id);
    const excerpt = record && (await excerptFor(recorded.folder, record));
    if (excerpt !== undefined) excerpts.set(id, excerpt);
  }
  return excerpts;
}

/** The most points that a chart can show. */
const RUNS_SHOWN = 100;

/** The history of the series that this run measured; or a sentence that says why there is none. */
async function historyOf({ folder, run }: RecordedRun): Promise<HistoryLine[] | string> {
  const kept = historyFolder(dirname(folder));
  if (!existsSync(kept)) return 'No history is kept beside this run.';
  try {
    using history = await History.open(kept, join(cacheDirectory(undefined, process.env), 'history'));
    const measured = await history.run(run.id);
    const names = new Set([...measured.values()].map(({ series }) => seriesName(series)));
    const found = await history.series((name) => names.has(name));
    return found
      .filter(({ key }) => measured.has(key))
      .map((line) => {
        const samples = line.samples.slice(-RUNS_SHOWN);
        const values = samples.map((sample) => medianOf(sample.values));
        return { ...line, samples, changes: changesOf(line.series.kind, values) };
      });
  } catch (error) {
    // The report is useful without it.
    return `The history cannot be read: ${messageOf(error)}`;
  }
}

/** Opens the file with the desktop's browser. Where that fails, the user has the file's name on standard output. */
function show(file: string): void {
  const child = spawn('xdg-open', [file], { stdio: 'ignore', detached: true });
  child.on('error', () => complain('cannot start xdg-open: open the file in a browser'));
  child.unref();
}
