/** A variant of a kernel that is built from source: `debug+FILE`, with a configuration fragment of the user. */
import { readFileSync } from 'node:fs';
import { messageOf, UsageError } from '../model/index.js';
import { settingsOf } from './kernel-needs.js';

/** The kernel and the fragment; `undefined`: not a variant. */
export function variantOf(spec: string): { base: string; file: string } | undefined {
  // A full release contains a plus as well.
  const [, base, file] = /^(\w[\w.-]*)\+(\/.+)$/.exec(spec) ?? [];
  return base === undefined || file === undefined ? undefined : { base, file };
}

const LINE = /^\s*(#.*)?$|^CONFIG_\w+=\S.*$/;

export function readFragment(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--kernel-config ${file}: ${messageOf(error)}`, undefined, { cause: error });
  }
  const bad = text.split('\n').findIndex((line) => !LINE.test(line.trimEnd()));
  if (bad >= 0)
    throw new UsageError(
      `--kernel-config: ${file}:${bad + 1} is not a line of a kernel configuration: ${text.split('\n')[bad]?.trim()}`,
      'lines are CONFIG_NAME=value, # CONFIG_NAME is not set, or comments',
    );
  if (settingsOf(text).size === 0) throw new UsageError(`--kernel-config: ${file} sets no option`);
  return text;
}

/** The fragment with the changes applied, each option once. */
export function changedBy(base: string, changes: string): string {
  const own = settingsOf(changes);
  const kept = base.split('\n').filter((line) => !own.has(/^(?:# )?(CONFIG_\w+)\b/.exec(line)?.[1] ?? ''));
  return `${kept.join('\n').trimEnd()}\n${[...own].map(([name, value]) => `${name}=${value}\n`).join('')}`;
}
