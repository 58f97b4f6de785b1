/**
 * How a command of ours is typed. What is kept says `phyrlab repro ...`; who shows it to a person puts the launcher of this clone in that
 * place, which works in every folder of this machine. `npx phyrlab` would, outside of the clone, fetch a stranger's package of that name.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this code belongs to: recipes, lock files and guest sources are read from it. */
export const projectRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json')) && existsSync(join(dir, 'images'))) return dir;
    if (dir === dirname(dir)) throw new Error(`no project root above ${from}`);
  }
}

/** A command as words for a shell. In a CI the name alone: whoever reads it there has a clone of their own. */
export function typed(words: string, env: NodeJS.ProcessEnv = process.env): string {
  return `${env.CI ? 'phyrlab' : shellWord(join(projectRoot, 'src', 'cli', 'phyrlab.mjs'))} ${words}`;
}

const COMMANDS =
  'bench|check|doctor|findings|gc|images|list|log|merge|nightly|perf|reload|report|repro|run|shell|show|watch';
const COMMAND = new RegExp(`(?<![\\w./-])(?:npx )?phyrlab (?=(?:${COMMANDS})\\b)`, 'g');

/** A text with the commands in it as they are typed here; also one that an earlier version kept. */
export function typedHere(text: string, env: NodeJS.ProcessEnv = process.env): string {
  return text.replace(COMMAND, () => typed('', env));
}

/** One word for a shell, quoted if it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
