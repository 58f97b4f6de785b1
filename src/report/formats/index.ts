import { harmless, type RunResult } from '../../model/index.js';
import { junit } from './junit.js';
import { kcidb } from './kcidb.js';
import { ktap } from './ktap.js';

export { annotations, summary } from './github.js';

/** The machine-readable reports that are written to a file. */
export const FORMATS = {
  json: (result) => harmless(`${JSON.stringify(result, null, 2)}\n`),
  junit,
  ktap,
  kcidb,
} as const satisfies Record<string, (result: RunResult) => string>;
export type Format = keyof typeof FORMATS;
