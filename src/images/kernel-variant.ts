/** A variant of a kernel that is built here: `debug+FILE`, its configuration changed by a fragment of the user's. */
import { readFileSync } from 'node:fs';
import { describe, UsageError } from '../model/index.js';
import { settingsOf } from './kernel-needs.js';

/** A kernel of the locks and the file that changes it; `undefined`: an ordinary name or a directory. */
export function variantOf(spec: string): { base: string; file: string } | undefined {
  // Full releases have a plus, too.
  const [, base, file] = /^(\w[\w.-]*)\+(\/.+)$/.exec(spec) ?? [];
  return base === undefined || file === undefined ? undefined : { base, file };
}

const LINE = /^\s*(#.*)?$|^CONFIG_\w+=\S.*$/;

export function readFragment(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--kernel-config ${file}: ${describe(error)}`, undefined, { cause: error });
  }
  const bad = text.split('\n').findIndex((line) => !LINE.test(line.trimEnd()));
  if (bad >= 0)
    throw new UsageError(
      `--kernel-config: ${file}:${bad + 1} is no line of a kernel configuration: ${text.split('\n')[bad]?.trim()}`,
      'lines are CONFIG_NAME=value, # CONFIG_NAME is not set, or comments',
    );
  if (settingsOf(text).size === 0) throw new UsageError(`--kernel-config: ${file} sets no option`);
  return text;
}

/** The fragment with the changes of another, each option once. */
export function changedBy(base: string, changes: string): string {
  const own = settingsOf(changes);
  const kept = base.split('\n').filter((line) => !own.has(/^(?:# )?(CONFIG_\w+)\b/.exec(line)?.[1] ?? ''));
  return `${kept.join('\n').trimEnd()}\n${[...own].map(([name, value]) => `${name}=${value}\n`).join('')}`;
}
