import { Command } from 'commander';
import { findingLines, findingsOf } from '../report/index.js';
import { findRun, readRun, runsFolder } from '../results/index.js';
import { columnsOf, say } from '../terminal/index.js';
import { RUN } from './options.js';
import { withLocalRepro } from './repro-line.js';

interface FindingsOptions {
  json?: boolean;
  runs?: string;
}

export function findingsCommand(): Command {
  return new Command('findings')

    .argument('[RUN]', `${RUN} (default: the newest)`)
    .option('--json', 'one JSON document on standard output')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .action(async (word: string | undefined, options: FindingsOptions) => {
      const folder = findRun(runsFolder(options.runs), word);
      const kept = await readRun(folder);
      const recorded = {
        ...kept,
        cells: kept.cells.map((record) => withLocalRepro(record, { run: kept.run.id, folder })),
      };
      const findings = findingsOf(recorded);
      const lines = options.json
        ? [JSON.stringify(findings, null, 2)]
        : findingLines(findings, columnsOf(process.stdout));
      const none = `run ${recorded.run.id} found nothing wrong in the kernel's own paths`;
      say((lines.length > 0 ? lines : [none]).join('\n'));
    });
}
