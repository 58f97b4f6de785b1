import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { openImages } from '../images/index.js';
import { ExitCode } from '../model/index.js';
import { budgetRows } from '../perf/index.js';
import { select } from '../plan/index.js';
import { budgetTable, progressReporter, StatusLine } from '../report/index.js';
import { measureBudgets } from '../run/index.js';
import { interruptible } from './interrupt.js';
import { addImageOptions, type ImageOptions } from './options.js';
import { loadSuites } from './scenarios.js';

const BOOT_MS = 120_000;

export function budgetsCommand(): Command {
  const command = new Command('budgets')
    .description('measure the budgets of the library and the driver in instructions, and print what is met')
    .option('--kernel <RELEASE|DIR>', 'as for run', '7.3')
    .option('--json', 'the rows as JSON instead of a table');
  return addImageOptions(command).action(budgets);
}

async function budgets(options: ImageOptions & { kernel: string; json?: boolean }): Promise<void> {
  const suites = await loadSuites();
  const cell = (machine: string) => {
    const [first] = select(suites, [`${machine}/switch/map-cost/phyr8`], 0).cells;
    if (first === undefined) throw new TypeError(`no cell of ${machine}`);
    return first;
  };
  using interrupt = interruptible();
  const { signal } = interrupt;
  const status = new StatusLine(process.stderr);
  await using images = await openImages({ ...options, progress: progressReporter(status), signal });
  const image = await images.image(options.kernel);
  const artefacts = await mkdtemp(join(tmpdir(), 'phyrlab-budgets-'));
  try {
    const measured = await measureBudgets({
      strict: cell('vtd-strict-icount'),
      passthrough: cell('vtd-pt-icount'),
      boot: { image, accelerator: 'tcg', artefacts, deadlineMs: BOOT_MS * image.kernel.patience, signal },
      onStep: (step) => status.show(step),
    });
    status.clear();
    const rows = budgetRows(measured);
    process.stdout.write(`${options.json ? JSON.stringify(rows, null, 2) : budgetTable(rows)}\n`);
    process.exitCode = rows.some(({ verdict }) => verdict === 'missed') ? ExitCode.failed : ExitCode.ok;
  } finally {
    status.clear();
    await rm(artefacts, { recursive: true, force: true });
  }
}
