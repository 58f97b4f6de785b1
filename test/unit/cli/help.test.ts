/** Every command, and every subcommand, has examples in its help, which name options that there are. */
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';

/** A command with all that is below it, by what is typed for it. */
function below(typed: string, command: Command): [string, Command][] {
  return [[typed, command], ...command.commands.flatMap((one) => below(`${typed} ${one.name()}`, one))];
}

describe.each(Object.entries(COMMANDS))('%s', (name, { examples, load }) => {
  it('has examples', async () => {
    const all = below(`phyrlab ${name}`, await load());
    for (const [typed, command] of all) {
      const own = examples.filter((example) => `${example} `.startsWith(`${typed} `));
      expect(own, typed).not.toEqual([]);
      for (const example of own) {
        expect(example.length, example).toBeLessThan(78);
        const [mine = ''] = example.split(' -- ');
        const known = [command, ...command.commands].flatMap(({ options }) => options.map(({ long }) => long));
        for (const [option] of mine.matchAll(/(?<= )--[a-z-]+/g)) expect(known, example).toContain(option);
      }
    }
    for (const example of examples) expect(all.some(([typed]) => `${example} `.startsWith(`${typed} `))).toBe(true);
  });
});
