import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { cacheDirectory } from '../images/index.js';
import { describe, projectRoot, seriesName, typed, UsageError } from '../model/index.js';
import { changesOf, medianOf } from '../perf/index.js';
import { type Cause, causesOf, type HistoryLine, htmlReport } from '../report/index.js';
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
import { shownHere } from './again.js';
import { RUN } from './options.js';

interface ReportOptions {
  open?: boolean;
  out?: string;
  runs?: string;
}

export function reportCommand(): Command {
  return new Command('report')

    .argument('[RUN]', `${RUN} (default: the newest)`)
    .option('--open', 'show it in the browser')
    .option('--out <FILE>', "where it goes; '-' is standard output (default: report.html in the folder of the run)")
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
        throw new UsageError(`cannot write ${file}: ${describe(error)}`, 'name another file with --out');
      }
      say(file);
      if (options.open) show(file);
    });
}

/**
 * Writes the report of a run that has just ended into its folder. Without the history, which takes an engine and its memory: the
 * command adds it.
 */
export async function writeReport(folder: string): Promise<string> {
  const file = join(folder, 'report.html');
  await writeWhole(file, await reportOf(folder, async ({ run }) => `${typed(`report ${run.id}`)} adds it.`));
  return file;
}

/** With the history: what the command writes. */
export async function writeWholeReport(folder: string, file: string): Promise<void> {
  await writeWhole(file, await reportOf(folder, historyOf));
}

async function reportOf(
  folder: string,
  history: (recorded: RecordedRun) => Promise<HistoryLine[] | string>,
): Promise<string> {
  const kept = await readRun(folder);
  const recorded = { ...kept, cells: kept.cells.map((record) => shownHere(record, { run: kept.run.id, folder })) };
  const causes = causesOf(recorded.cells);
  return htmlReport({
    recorded,
    causes,
    excerpts: await excerptsFor(recorded, causes),
    history: await history(recorded),
    // Beside the sources: the page's files are not compiled.
    assets: join(projectRoot, 'src', 'report', 'html', 'page'),
  });
}

/** Of each cause so many cells have their console in the report, and so many at all. */
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

/** As far back as a line of a chart shows something. */
const RUNS_SHOWN = 100;

/** The series of this run with what is known of them; or, as a sentence, why there are none. */
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
    // The verdicts do not wait for it.
    return `The history cannot be read: ${describe(error)}`;
  }
}

/** The desktop's own way; the file's name is on standard output for whom that does not work. */
function show(file: string): void {
  const child = spawn('xdg-open', [file], { stdio: 'ignore', detached: true });
  child.on('error', () => complain('no xdg-open here: open the file with a browser'));
  child.unref();
}
