/** Reports for the browser to look at: made by the product from runs that are made up, but for their cells. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { suites } from '../../harness/index.js';
import { type CellRecord, measureOfName } from '../../src/model/index.js';
import { expand } from '../../src/plan/index.js';
import { causesOf, type HistoryLine, htmlReport, type ReportInput } from '../../src/report/index.js';
import type { Excerpt } from '../../src/results/index.js';
import type { Cell } from '../../src/workloads/index.js';
import { cellRecord, reportOf, someRun } from '../unit/run-result.js';

/** What a guest may say. */
export const HOSTILE = `</script><img src=x onerror="document.title='owned'"><script>alert(1)</script> & "quoted" \u2028 <!--`;

export const ASSETS = join(import.meta.dirname, '..', '..', 'src', 'report', 'html', 'page');

/** The first `count` cells of the nightly, which has every machine. */
export function cellsOf(suite: string, count = Number.POSITIVE_INFINITY): Cell[] {
  const found = suites.find(({ id }) => id === suite);
  if (found === undefined) throw new Error(`no suite ${suite}`);
  return expand(found, 1).cells.slice(0, count);
}

/** All pass, with figures, as far as `change` does not say otherwise. */
export function recordsOf(
  cells: readonly Cell[],
  change: (cell: Cell, at: number) => Partial<CellRecord>,
): CellRecord[] {
  return cells.map((cell, at) =>
    cellRecord({
      id: cell.id,
      oracles: [
        { name: 'workload', verdict: 'pass', detail: 'moved' },
        { name: 'data', verdict: 'pass', detail: '4 MiB as due' },
        { name: 'leaks', verdict: 'pass', detail: 'page pins, IOVAs' },
      ],
      metrics:
        cell.machine.clock === 'icount'
          ? ['build', 'map', 'consume', 'unmap'].map((name) => ({
              ...measureOfName(name),
              unit: 'insn',
              value: 200_000 + at,
              better: 'lower',
            }))
          : [{ ...measureOfName('fio'), unit: 'ms emulated', value: 100 + (at % 7), better: 'lower' }],
      ...change(cell, at),
    }),
  );
}

export function failure(detail: string): Partial<CellRecord> {
  return {
    verdict: 'fail',
    reason: `kernel-log: ${detail}`,
    oracles: [
      { name: 'workload', verdict: 'pass', detail: 'moved' },
      reportOf('kernel-log', 'fail', detail, { where: { line: detail.replaceAll(/\d+/g, '') } }),
    ],
  };
}

export function inputOf(
  cells: readonly Cell[],
  records: CellRecord[],
  more: { excerpts?: Map<string, Excerpt>; history?: HistoryLine[]; notices?: string[] } = {},
): ReportInput {
  return {
    recorded: {
      folder: '/runs/r',
      run: someRun,
      end: { duration_ms: 61_500, interrupted: false },
      cells: records,
      declared: new Map(cells.map((cell) => [cell.id, cell])),
      elsewhere: 0,
      notices: more.notices ?? [],
    },
    causes: causesOf(records),
    excerpts: more.excerpts ?? new Map(),
    history: more.history ?? 'No history is kept beside this run.',
    assets: ASSETS,
  };
}

/** What goes wrong in a page, as it is found. */
export class Watched {
  readonly troubles: string[] = [];
  /** Of all kinds, the page itself among them. */
  readonly requests: string[] = [];
  /** Those of them that the policy of the page kept from being made. */
  readonly refused: string[] = [];

  constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.troubles.push(message.text());
    });
    page.on('pageerror', (error) => this.troubles.push(error.message));
    page.on('dialog', (dialog) => {
      this.troubles.push(`a dialog of the browser: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('requestfailed', (request) => {
      if (request.failure()?.errorText === 'csp') this.refused.push(request.url());
    });
    page.on('request', (request) => this.requests.push(request.url()));
  }

  async show(folder: string, input: ReportInput): Promise<{ url: string; bytes: number; ms: number }> {
    const html = htmlReport(input);
    const file = join(folder, `report-${Math.random().toString(36).slice(2)}.html`);
    await writeFile(file, html);
    const url = pathToFileURL(file).href;
    const started = performance.now();
    await this.page.goto(url);
    // Drawn, and not only loaded.
    await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    return { url, bytes: html.length, ms: performance.now() - started };
  }
}
