import { Command } from 'commander';
import { findCell } from '../plan/index.js';
import { qemuCommand, showCell } from '../report/show.js';
import { columnsOf, say } from '../terminal/index.js';
import { ONE_CELL } from './options.js';
import { loadToShow } from './scenarios.js';

export function showCommand(): Command {
  return new Command('show')

    .argument('<CELL>', ONE_CELL)
    .option('--argv', "also show QEMU's command line, with placeholders for the run's files")
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .action(async (word: string, options: { argv?: boolean; scenarios?: string }) => {
      const cell = findCell(await loadToShow(options.scenarios), word);
      const lines = [...showCell(cell, columnsOf(process.stdout)), ...(options.argv ? ['', ...qemuCommand(cell)] : [])];
      say(lines.join('\n'));
    });
}
