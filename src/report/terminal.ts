/**
 * A run in a terminal: a row for each cell as it ends, with what went wrong below it, the progress in the status line, and the totals at the
 * end.
 */
import { type CellRecord, countOf, type Verdict, whyUnfinished } from '../model/index.js';
import { type Earlier, NOTHING_EARLIER } from '../results/index.js';
import type { RunEvent } from '../workloads/index.js';
import { formatAbout, formatElapsed, formatSeconds } from './format.js';
import { headLine, noteLines, paintedVerdict, rowLines, type Shape, sameColumns, shapeOf } from './rows.js';
import type { StatusLine } from './status-line.js';
import { stepInWords } from './steps.js';
import type { Style } from './style.js';
import { timeLeft } from './time-left.js';

const LOST_AGAIN = 'lost, retry ';

export class TerminalReport {
  readonly #status: StatusLine;
  readonly #style: Style;
  readonly #earlier: Earlier;
  #longest = 0;
  /** The shape of the last heading printed. */
  #shape: Shape | undefined;
  /** The cells that have no verdict yet. */
  readonly #left = new Set<string>();
  #all = 0;
  #began = 0;
  /** The cells that this process ran to their end. */
  readonly #ended: { id: string; ms: number }[] = [];
  readonly #running = new Set<string>();
  /** The estimated end, by performance.now(). */
  #end: number | undefined;

  constructor(status: StatusLine, style: Style, earlier: Earlier = NOTHING_EARLIER) {
    this.#status = status;
    this.#style = style;
    this.#earlier = earlier;
  }

  readonly consume = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-start':
        // Cells of other shards are only shown if they are lost.
        this.#longest = [...event.cells, ...(event.run.shard ? [] : (event.elsewhere ?? []))].reduce(
          (width, { id }) => Math.max(width, id.length),
          4,
        );
        this.#header(event);
        this.#begin(event.cells.map(({ id }) => id));
        break;
      case 'boot-start':
        this.#status.now(`boot-${event.boot}`, `booting ${event.machine}`);
        break;
      case 'boot-ready':
      case 'boot-end':
        this.#status.now(`boot-${event.boot}`, undefined);
        break;
      case 'cell-start':
        this.#running.add(event.cell);
        this.#status.now(event.cell, event.cell);
        break;
      case 'cell-step':
        this.#status.now(event.cell, `${event.cell}: ${stepInWords(event.step)}`);
        break;
      case 'cell-retry':
        this.#status.now(event.record.id, undefined);
        this.#running.delete(event.record.id);
        this.#print((width, shape) =>
          noteLines(this.#style.doubtful(LOST_AGAIN), event.record, width, shape, this.#style),
        );
        break;
      case 'cell-end':
        this.#status.now(event.record.id, undefined);
        this.#count(event.record);
        this.#row(event.record);
        break;
      case 'notice':
        if (event.level === 'warning') this.#status.say(`warning: ${event.text}`, this.#style.doubtful);
        else this.#status.say(event.text);
        break;
      case 'run-end':
        this.#status.clear();
        break;
    }
  };

  #header({ run, cells, pruned, elsewhere }: Extract<RunEvent, { type: 'run-start' }>): void {
    const { host, qemu, kernel, seed, shard } = run;
    const all = cells.length + (elsewhere?.length ?? 0);
    this.#status.say(
      `Linux ${kernel.release}, QEMU ${qemu.version} (${host.accelerator}), ${shard ? `${cells.length} of ` : ''}${countOf(all, 'cell')}` +
        `${shard ? ` in shard ${shard.index}/${shard.count}` : ''}${pruned.length > 0 ? `, ${pruned.length} pruned` : ''}, seed ${seed}`,
      this.#style.dim,
    );
    this.#print(() => []);
  }

  #begin(ids: readonly string[]): void {
    this.#left.clear();
    this.#ended.length = 0;
    for (const id of ids) this.#left.add(id);
    this.#all = ids.length;
    this.#began = performance.now();
    this.#estimate();
    this.#status.lead(() => this.#progress());
  }

  #count({ id, duration_ms: ms }: CellRecord): void {
    this.#left.delete(id);
    // A cell that another process ran does not show how fast this one is.
    if (this.#running.delete(id)) this.#ended.push({ id, ms });
    this.#estimate();
  }

  #estimate(): void {
    const now = performance.now();
    const ms = timeLeft(this.#ended, [...this.#left], now - this.#began, this.#earlier);
    this.#end = ms === undefined ? undefined : now + ms;
  }

  /** `7/27, 1:02, about 3 min left`. If the estimate has passed, no new one is shown. */
  #progress(): string {
    const now = performance.now();
    const left = this.#end === undefined || this.#end <= now ? [] : [`${formatAbout(this.#end - now)} left`];
    return [`${this.#all - this.#left.size}/${this.#all}`, formatElapsed(now - this.#began), ...left].join(', ');
  }

  #row(record: CellRecord): void {
    // Unfinished cells get no row; the totals count them.
    if (whyUnfinished(record) !== undefined) return;
    const style = this.#style;
    this.#print((width, shape) =>
      record.verdict === 'skip'
        ? noteLines(paintedVerdict('skip', style), record, width, shape, style)
        : rowLines(record, width, shape, style),
    );
  }

  /** Prints lines of the table, after a new heading if the terminal's width has changed. */
  #print(lines: (width: number, shape: Shape) => string[]): void {
    const { width } = this.#status;
    const shape = shapeOf(width, this.#longest);
    if (this.#shape === undefined || !sameColumns(this.#shape, shape)) this.#status.print(headLine(shape));
    this.#shape = shape;
    for (const line of lines(width, shape)) this.#status.print(line);
  }

  /** Prints further lines after an empty one. */
  table(lines: readonly string[]): void {
    for (const line of lines.length > 0 ? ['', ...lines] : []) this.#status.print(line);
  }

  /** The last lines of a run. */
  totals(records: readonly CellRecord[], ms: number, folder: string): void {
    const count = (verdict: Verdict) => records.filter((record) => record.verdict === verdict).length;
    const parts = [`${count('pass')} passed`];
    for (const [verdict, name] of [
      ['caught', 'caught'],
      ['xfail', 'expected failures'],
      ['fail', 'failed'],
      ['inconclusive', 'inconclusive'],
      ['lost', 'lost'],
      ['skip', 'skipped'],
    ] as const) {
      if (count(verdict) > 0 || verdict === 'fail') parts.push(`${count(verdict)} ${name}`);
    }
    this.#status.print('');
    this.#status.say(`${parts.join(', ')} in ${formatSeconds(ms)}; evidence in ${folder}`);
    const unfinished = records.flatMap((record) => whyUnfinished(record) ?? []);
    for (const why of new Set(unfinished))
      this.#status.say(`${countOf(unfinished.filter((other) => other === why).length, 'cell')} did not finish: ${why}`);
  }
}
