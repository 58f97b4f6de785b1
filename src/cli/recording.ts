/**
 * What becomes of a run's events, whether they happen now or are read from files: the terminal's table, the folder of the run with
 * its result, the history of measurements, the reports that were asked for.
 */
import { join } from 'node:path';
import {
  type CellRecord,
  describe,
  ExitCode,
  exitCodeOf,
  type RunRecord,
  RunResult,
  SCHEMA_VERSION,
} from '../model/index.js';
import {
  costBars,
  findingLines,
  findingsOf,
  instructionCosts,
  p2pTable,
  type StatusLine,
  type Style,
  TerminalReport,
} from '../report/index.js';
import { type Earlier, historyFolder, inOrder, type RunStore, samplesOf, writeSamples } from '../results/index.js';
import type { Cell, RunEvent } from '../workloads/index.js';
import { shownHere } from './again.js';
import { writeReport } from './report.js';
import { type ReportTarget, writeReports } from './reports.js';

export interface RecordingOptions {
  store: RunStore;
  /** Where runs are kept. */
  runs: string;
  targets: readonly ReportTarget[];
  status: StatusLine;
  style: Style;
  /** How long its cells took before. */
  earlier?: Earlier;
  /** What was measured is no part of the history. */
  forget?: boolean;
}

export class Recording {
  readonly #options: RecordingOptions;
  readonly #terminal: TerminalReport;
  #run: RunRecord | undefined;
  #cells: readonly Cell[] = [];
  readonly #records = new Map<string, CellRecord>();

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#terminal = new TerminalReport(options.status, options.style, options.earlier);
  }

  readonly consume = (event: RunEvent): void => {
    this.#options.store.append(event);
    this.show(event);
  };

  /** As consume, for what is in the run's file already. */
  readonly show = (event: RunEvent): void => {
    if (event.type === 'run-start') {
      this.#run = event.run;
      this.#cells = event.cells;
    } else if (event.type === 'cell-end') {
      this.#records.set(event.record.id, event.record);
      this.#terminal.consume({ ...event, record: this.#shown(event.record) });
      return;
    }
    this.#terminal.consume(event);
  };

  readonly #shown = (record: CellRecord): CellRecord =>
    shownHere(record, { run: this.#run?.id ?? '', folder: this.#options.store.folder });

  /** The end of the run. Everything that is written of it is there when this resolves. */
  async conclude(end: { duration_ms: number; interrupted: boolean }): Promise<{ exitCode: number; result: RunResult }> {
    const { store, runs, targets, forget } = this.#options;
    const { duration_ms, interrupted } = end;
    if (this.#run === undefined) throw new TypeError('a run that did not begin has no end');
    const cells = inOrder(this.#records, this.#cells);
    const { shard } = this.#run;
    // Whether anything was shown at all is for the whole to say: a shard may have nothing to run.
    const verdicts = [...cells.map((cell) => cell.verdict), ...(shard === undefined ? [] : (['pass'] as const))];
    const exitCode = interrupted ? ExitCode.interrupted : exitCodeOf(verdicts);
    this.consume({ type: 'run-end', at: new Date().toISOString(), exitCode, interrupted });
    const run = { ...this.#run, duration_ms, interrupted, exit_code: exitCode };
    const result = RunResult.parse({ schema: SCHEMA_VERSION, run, cells });
    const { width } = this.#options.status;
    this.#terminal.table(p2pTable(this.#cells, cells, width));
    const declared = new Map(this.#cells.map((cell) => [cell.id, cell]));
    this.#terminal.table(findingLines(findingsOf({ run, cells: cells.map(this.#shown), declared }), width));
    this.#terminal.table(costBars(instructionCosts(cells), width));
    this.#terminal.totals(cells, duration_ms, store.folder);
    await store.writeResult(result);
    // A shard is measured when it is merged: its figures are of the whole run.
    const samples = interrupted || forget || shard !== undefined ? undefined : samplesOf(result, this.#cells);
    if (samples !== undefined) await writeSamples(historyFolder(runs), samples.header, samples.lines);
    await writeReports([{ format: 'ktap', file: join(store.folder, 'result.ktap') }, ...targets], result, this.#shown);
    await this.#report();
    return { exitCode, result };
  }

  /** The page for a person. It can be made again at any time, so that nothing of the run hangs on it. */
  async #report(): Promise<void> {
    const { store, status } = this.#options;
    try {
      status.say(`report: ${await writeReport(store.folder)}`);
    } catch (error) {
      status.say(`warning: no report.html: ${describe(error)}`);
    }
  }
}
