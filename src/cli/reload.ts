import { Command } from 'commander';
import { countOf, matcher, UsageError } from '../model/index.js';
import { runsFolder } from '../results/index.js';
import { askDesk, desks } from '../run/index.js';
import { say } from '../terminal/index.js';

export function reloadCommand(): Command {
  return new Command('reload')

    .argument('[CELL]', "the shell's cell, or a part of its id; only needed if several shells run")
    .option('--runs <DIR>', 'where the shell keeps its folder (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
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
  if (cells.length === 0) return ['no guest is running in a phyrlab shell', 'start one: phyrlab shell CELL'];
  const matching = word === undefined ? 0 : cells.filter(matcher(word)).length;
  const what =
    word === undefined
      ? `${cells.length} guests are running`
      : `${countOf(matching, 'running guest matches', 'running guests match')} '${word}'`;
  return [what, `name one: phyrlab reload ${cells.join(' | ')}`];
}
