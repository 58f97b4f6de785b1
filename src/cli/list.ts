import { Command } from 'commander';
import { countOf, type Expectation, type PrunedCell } from '../model/index.js';
import { expand, select } from '../plan/index.js';
import { aligned, columnsOf, flowing, say } from '../terminal/index.js';
import type { Suite } from '../workloads/index.js';
import { CELLS } from './options.js';
import { loadToShow } from './scenarios.js';

interface ListOptions {
  json?: boolean;
  pruned?: boolean;
  scenarios?: string;
}

export function listCommand(): Command {
  return new Command('list')

    .argument('[SUITE|PATTERN...]', CELLS)
    .option('--pruned', 'list each pruned cell with its reason, instead of counting them by reason')
    .option('--json', 'one JSON document on standard output')
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .action(async (words: string[], options: ListOptions) => {
      const suites = await loadToShow(options.scenarios);
      if (words.length === 0) listSuites(suites, options);
      else listCells(suites, words, options);
    });
}

function listSuites(suites: readonly Suite[], { json }: ListOptions): void {
  const overview = suites.map((suite) => {
    const { cells, pruned, omitted } = expand(suite, 0);
    return { id: suite.id, describe: suite.describe, cells: cells.length, pruned: pruned.length, omitted };
  });
  if (json) {
    print(overview);
    return;
  }
  const counts = aligned(
    overview.map(({ id, cells, pruned }) => [id, `${cells} cells,`, `${pruned} pruned`]),
    (column) => (column === 0 ? 'left' : 'right'),
  );
  for (const [at, { describe, cells, omitted }] of overview.entries()) {
    const of = omitted > 0 ? `; ${cells} of ${cells + omitted} that can run` : '';
    row(counts[at] ?? [], `${describe}${of}`);
  }
}

function listCells(suites: readonly Suite[], words: readonly string[], options: ListOptions): void {
  const plan = select(suites, words, 0);
  if (options.json) {
    const cells = plan.cells.map(({ id, expect, plant }) => ({
      id,
      expect,
      ...(plant === undefined ? {} : { plant }),
    }));
    print({ cells, pruned: plan.pruned.map(({ id, reason }) => ({ id, reason })) });
    return;
  }
  for (const { id, expect } of plan.cells) row([id], expectation(expect));
  if (options.pruned) for (const { id, reason } of plan.pruned) row([id], `[pruned: ${reason}]`);
  say(
    `${countOf(plan.cells.length, 'cell')}, ${plan.pruned.length} pruned${plan.pruned.length > 0 && !options.pruned ? ':' : ''}`,
  );
  if (options.pruned) return;
  for (const { reason, count } of reasons(plan.pruned)) row([`  ${String(count).padStart(5)}`], reason);
  if (plan.pruned.length > 0) say('  each of them: --pruned');
}

/** Most frequent first. */
function reasons(pruned: readonly PrunedCell[]): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { reason } of pruned) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

function expectation(expect: Expectation): string {
  switch (expect.kind) {
    case 'works':
      return '';
    case 'not-modelled':
      return `[not modelled: ${expect.why}]`;
    case 'refused':
      return `[must be refused: ${expect.errno}]`;
    case 'caught':
      return `[must be caught by ${expect.by.join(', ')}]`;
  }
}

function row(cells: readonly string[], text: string): void {
  for (const line of flowing(cells, text, columnsOf(process.stdout))) say(line);
}

function print(value: unknown): void {
  say(JSON.stringify(value, null, 2));
}
