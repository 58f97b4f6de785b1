/**
 * The table of a run: a row a cell as it ends, what went wrong below it, the totals at the end.
 */
import {
  type CellRecord,
  countOf,
  isGood,
  type OracleName,
  OracleName as OracleNames,
  type Verdict,
  whyUnfinished,
} from '../model/index.js';
import type { RunEvent } from '../workloads/index.js';
import { formatMetrics, formatSeconds } from './format.js';
import { objectionsIn } from './formats/text.js';
import type { StatusLine } from './status-line.js';
import type { Style } from './style.js';

const HEADINGS: Record<OracleName, string> = {
  workload: 'work',
  data: 'data',
  translation: 'transl',
  device: 'device',
  faults: 'faults',
  leaks: 'leaks',
  'kernel-log': 'klog',
};

const VERDICT_WIDTH = 12;
const SECONDS_WIDTH = 7;

export class TerminalReport {
  readonly #status: StatusLine;
  readonly #style: Style;
  readonly #doing = new Map<string, string>();
  #idWidth = 0;

  constructor(status: StatusLine, style: Style) {
    this.#status = status;
    this.#style = style;
  }

  readonly consume = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-start':
        // The cells of other shards are shown only where those are lost.
        this.#idWidth = [
          ...event.cells.map(({ id }) => id),
          ...(event.run.shard ? [] : (event.elsewhere ?? [])),
        ].reduce((width, id) => Math.max(width, id.length), 4);
        this.#header(event);
        break;
      case 'boot-start':
        this.#now(`boot-${event.boot}`, `booting ${event.machine}`);
        break;
      case 'boot-ready':
        this.#now(`boot-${event.boot}`, undefined);
        break;
      case 'boot-end':
        this.#now(`boot-${event.boot}`, undefined);
        break;
      case 'cell-start':
        this.#now(event.cell, event.cell);
        break;
      case 'cell-step':
        this.#now(event.cell, `${event.cell}: ${event.step.split(/\s+/).slice(0, 2).join(' ')}`);
        break;
      case 'cell-retry':
        this.#now(event.record.id, undefined);
        this.#status.print(`${this.#style.doubtful('lost, again'.padEnd(VERDICT_WIDTH))} ${event.record.id}`);
        this.#below(this.#style.dim(event.record.reason));
        break;
      case 'cell-end':
        this.#now(event.record.id, undefined);
        this.#row(event.record);
        break;
      case 'notice':
        this.#status.print(event.level === 'warning' ? this.#style.doubtful(`warning: ${event.text}`) : event.text);
        break;
      case 'run-end':
        this.#status.clear();
        break;
    }
  };

  #header({ run, cells, pruned, elsewhere }: Extract<RunEvent, { type: 'run-start' }>): void {
    const { host, qemu, kernel, seed, shard } = run;
    const all = cells.length + (elsewhere?.length ?? 0);
    this.#status.print(
      this.#style.dim(
        `Linux ${kernel.release}, QEMU ${qemu.version} (${host.accelerator}), ${shard ? `${cells.length} of ` : ''}${countOf(all, 'cell')}` +
          `${shard ? ` in shard ${shard.index}/${shard.count}` : ''}${pruned.length > 0 ? `, ${pruned.length} pruned` : ''}, seed ${seed}`,
      ),
    );
    const oracles = OracleNames.options.map((name) => HEADINGS[name].padEnd(column(name))).join(' ');
    this.#status.print(
      `${'verdict'.padEnd(VERDICT_WIDTH)} ${'cell'.padEnd(this.#idWidth)} ${oracles} ${'time'.padStart(SECONDS_WIDTH)}  cost`,
    );
  }

  #row(record: CellRecord): void {
    // Who ended the run knows why, and the totals say how many.
    if (whyUnfinished(record) !== undefined) return;
    if (record.verdict === 'skip') {
      this.#status.print(`${this.#verdict('skip')} ${record.id}`);
      this.#below(this.#style.dim(record.reason));
      return;
    }
    const oracles = OracleNames.options.map((name) => this.#oracle(record, name)).join(' ');
    const metrics = formatMetrics(record.metrics);
    const time = formatSeconds(record.duration_ms).padStart(SECONDS_WIDTH);
    const cells = [this.#verdict(record.verdict), record.id.padEnd(this.#idWidth), oracles, `${time} `, metrics];
    this.#status.print(cells.join(' ').trimEnd());
    for (const [at, { reason }] of (record.earlier ?? []).entries())
      this.#below(this.#style.doubtful(`attempt ${at + 1} was lost: ${reason}`));
    if (isGood(record.verdict)) {
      if (record.reason !== '') this.#below(this.#style.dim(record.reason));
      return;
    }
    for (const line of objectionsIn(record)) this.#below(line);
    if (record.evidence !== undefined) this.#below(this.#style.dim(`kept in ${record.evidence}`));
    this.#below(`reproduce: ${record.repro}`);
  }

  /** A line that belongs to the row above. */
  #below(line: string): void {
    this.#status.print(`${' '.repeat(VERDICT_WIDTH)} ${line}`);
  }

  #verdict(verdict: Verdict): string {
    const text = verdict.padEnd(VERDICT_WIDTH);
    if (isGood(verdict)) return this.#style.good(text);
    return verdict === 'fail' ? this.#style.bad(text) : this.#style.doubtful(text);
  }

  #oracle(record: CellRecord, name: OracleName): string {
    const report = record.oracles.find((oracle) => oracle.name === name);
    const width = column(name);
    if (report === undefined) return this.#style.dim('-'.padEnd(width));
    switch (report.verdict) {
      case 'pass':
        return this.#style.good('ok'.padEnd(width));
      case 'fail':
        return this.#style.bad('FAIL'.padEnd(width));
      case 'inconclusive':
        return this.#style.doubtful('?'.padEnd(width));
    }
  }

  #now(key: string, what: string | undefined): void {
    if (what === undefined) this.#doing.delete(key);
    else this.#doing.set(key, what);
    this.#status.show([...this.#doing.values()].join(' | '));
  }

  /** Further lines, set off from what is above. */
  table(lines: readonly string[]): void {
    for (const line of lines.length > 0 ? ['', ...lines] : []) this.#status.print(line);
  }

  /** The last lines of a run; `verdicts` in the order of the cells. */
  totals(records: readonly CellRecord[], ms: number, folder: string): void {
    const count = (verdict: Verdict) => records.filter((record) => record.verdict === verdict).length;
    const parts = [`${count('pass')} passed`];
    for (const [verdict, name] of [
      ['caught', 'caught'],
      ['xfail', 'failed as the kernel is known to'],
      ['fail', 'failed'],
      ['inconclusive', 'inconclusive'],
      ['lost', 'lost'],
      ['skip', 'skipped'],
    ] as const) {
      if (count(verdict) > 0 || verdict === 'fail') parts.push(`${count(verdict)} ${name}`);
    }
    this.#status.print('');
    this.#status.print(`${parts.join(', ')} in ${formatSeconds(ms)}; evidence in ${folder}`);
    const unfinished = records.flatMap((record) => whyUnfinished(record) ?? []);
    for (const why of new Set(unfinished))
      this.#status.print(`${countOf(unfinished.filter((other) => other === why).length, 'cell')} did not end: ${why}`);
  }
}

function column(name: OracleName): number {
  return Math.max(4, HEADINGS[name].length);
}
