/** The text of our files, to be shown beside what was measured of them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownCode } from '../coverage/index.js';
import { hashOf } from '../images/index.js';
import { projectRoot } from '../model/index.js';

/** The lines of the file, if it still is as it was compiled; else numbers would stand beside other lines. */
export function textOf(path: string, codes: readonly KnownCode[]): string[] | undefined {
  const file = join(projectRoot, path);
  if (!path.startsWith('guest/') || !existsSync(file)) return undefined;
  const text = readFileSync(file);
  const hash = hashOf(text);
  const same = codes.some(
    ({ planted, files }) => !planted && files.some((one) => one.path === path && one.hash === hash),
  );
  return same ? text.toString('utf8').split('\n') : undefined;
}
