import { Command } from 'commander';
import { matcher, UsageError } from '../model/index.js';
import { runsFolder } from '../results/index.js';
import { askDesk, desks } from '../run/index.js';
import { say } from '../terminal/index.js';

export function reloadCommand(): Command {
  return new Command('reload')

    .argument('[CELL]', 'the cell of that shell, or a part of its id; needed only if there are several')
    .option('--runs <DIR>', 'where that shell keeps its folder (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .action(async (word: string | undefined, options: { runs?: string }) => {
      const all = await desks(runsFolder(options.runs));
      const fitting = word === undefined ? all : all.filter(({ cell }) => matcher(word)(cell));
      const [desk] = fitting;
      if (desk === undefined || fitting.length > 1)
        throw new UsageError(
          ...whichOne(
            all.map(({ cell }) => cell),
            word,
          ),
        );
      say(`${desk.cell}: ${await askDesk(desk.folder, 'reload')}`);
    });
}

/** @returns what is wrong, and what to do */
function whichOne(cells: readonly string[], word: string | undefined): [string, string] {
  if (cells.length === 0) return ['no guest is running to reload modules in', 'start one: phyrlab shell CELL'];
  const what =
    word === undefined ? `${cells.length} guests are running` : `not one, but another number of guests match '${word}'`;
  return [what, `name one: phyrlab reload ${cells.join(' | ')}`];
}
