import { Command } from 'commander';
import { select } from '../plan/index.js';
import { say } from '../terminal/index.js';
import { loadSuites } from './scenarios.js';

export function listCommand(): Command {
  return new Command('list')
    .description('show suites, or the cells of a suite or pattern and what was pruned, with the reason')
    .argument('[SUITE|PATTERN...]')
    .option('--json', 'one JSON document on standard output')
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .action(async (words: string[], options: { json?: boolean; scenarios?: string }) => {
      const suites = await loadSuites(options.scenarios);
      const plans = suites.map((suite) => ({ suite, plan: select([suite], [suite.id], 0) }));
      if (words.length === 0) {
        const overview = plans.map(({ suite, plan }) => ({
          id: suite.id,
          describe: suite.describe,
          cells: plan.cells.length,
          pruned: plan.pruned.length,
          omitted: plan.omitted,
        }));
        if (options.json) return print(overview);
        const width = Math.max(...overview.map(({ id }) => id.length));
        for (const { id, describe, cells, pruned, omitted } of overview) {
          const of = omitted > 0 ? `; ${cells} of ${cells + omitted} that can run` : '';
          const counts = `${String(cells).padStart(4)} cells, ${String(pruned).padStart(4)} pruned`;
          write(`${id.padEnd(width)}  ${counts}  ${describe}${of}`);
        }
        return;
      }
      const plan = select(suites, words, 0);
      if (options.json) {
        const cells = plan.cells.map(({ id, expect, plant }) => ({
          id,
          expect,
          ...(plant === undefined ? {} : { plant }),
        }));
        return print({ cells, pruned: plan.pruned });
      }
      for (const cell of plan.cells) write(`${cell.id}${expectation(cell.expect)}`);
      for (const { id, reason } of plan.pruned) write(`${id}  [pruned: ${reason}]`);
      write(`${plan.cells.length} cells, ${plan.pruned.length} pruned`);
    });
}

function expectation(expect: ReturnType<typeof select>['cells'][number]['expect']): string {
  switch (expect.kind) {
    case 'works':
      return '';
    case 'not-modelled':
      return `  [not modelled: ${expect.why}]`;
    case 'refused':
      return `  [must be refused: ${expect.errno}]`;
    case 'caught':
      return `  [must be caught by ${expect.by.join(', ')}]`;
  }
}

function write(line: string): void {
  say(line);
}

function print(value: unknown): void {
  write(JSON.stringify(value, null, 2));
}
