/**
 * Consumes the events of a run, live or read from files: prints the terminal's table, keeps the run's folder with its result, adds
 * measurements to the history, and writes the requested reports.
 */
import { join } from 'node:path';
import {
  type CellRecord,
  ExitCode,
  exitCodeOf,
  messageOf,
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
import { writeReport } from './report.js';
import { type ReportTarget, writeReports } from './reports.js';
import { withLocalRepro } from './repro-line.js';

export interface RecordingOptions {
  store: RunStore;
  /** Where runs are kept. */
  runs: string;
  targets: readonly ReportTarget[];
  status: StatusLine;
  style: Style;
  /** How long the cells took in earlier runs. */
  earlier?: Earlier;
  /** Keep the measurements out of the history. */
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

  /** Like consume(), for events that the run's file already has. */
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
    withLocalRepro(record, { run: this.#run?.id ?? '', folder: this.#options.store.folder });

  /** Ends the run. All files are complete when this resolves. */
  async conclude(end: { duration_ms: number; interrupted: boolean }): Promise<{ exitCode: number; result: RunResult }> {
    const { store, runs, targets, forget } = this.#options;
    const { duration_ms, interrupted } = end;
    if (this.#run === undefined) throw new TypeError('a run that did not begin has no end');
    const cells = inOrder(this.#records, this.#cells);
    const { shard } = this.#run;
    // A shard may have no cells. Whether nothing at all ran is judged when the shards are merged.
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
    // The history gets the figures of a shard when the shards are merged.
    const samples = interrupted || forget || shard !== undefined ? undefined : samplesOf(result, this.#cells);
    if (samples !== undefined) await writeSamples(historyFolder(runs), samples.header, samples.lines);
    await writeReports([{ format: 'ktap', file: join(store.folder, 'result.ktap') }, ...targets], result, this.#shown);
    await this.#report();
    return { exitCode, result };
  }

  /** Writes the HTML report. The run does not depend on it: it can be made again at any time. */
  async #report(): Promise<void> {
    const { store, status } = this.#options;
    try {
      status.say(`report: ${await writeReport(store.folder)}`);
    } catch (error) {
      status.say(`warning: no report.html: ${messageOf(error)}`);
    }
  }
}
