/**
 * How the user invokes phyrlab here. Records have `phyrlab repro ...`; where that is shown to a user, `phyrlab` becomes the path of this
 * clone's launcher, which works in every folder of this machine. `npx phyrlab` would, outside of the clone, download an unrelated package.
 */
import { join } from 'node:path';
import { projectRoot } from './project-root.js';
import { shellWord } from './shell-quote.js';

/** A command line for a shell. In a CI only the name, because readers of its log have their own clone. */
export function invocation(words: string, env: NodeJS.ProcessEnv = process.env): string {
  return `${env.CI ? 'phyrlab' : shellWord(join(projectRoot, 'src', 'cli', 'phyrlab.mjs'))} ${words}`;
}

const COMMANDS =
  'bench|check|doctor|findings|gc|images|list|log|merge|nightly|perf|reload|report|repro|run|shell|show|watch';
const COMMAND = new RegExp(`(?<![\\w./-])(?:npx )?phyrlab (?=(?:${COMMANDS})\\b)`, 'g');

/** The text with each phyrlab command in it as the user invokes it here. Also accepts texts of earlier versions. */
export function withInvocation(text: string, env: NodeJS.ProcessEnv = process.env): string {
  return text.replace(COMMAND, () => invocation('', env));
}
