import { createHash } from 'node:crypto';

export { projectRoot } from '../model/index.js';

/** The key of anything that is determined by these inputs: 16 hex digits of the SHA-256 of their JSON. */
export function keyOf(...inputs: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}
