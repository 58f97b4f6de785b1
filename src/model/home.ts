import { homedir } from 'node:os';
import { UsageError } from './errors.js';

/** The user's home; a relative or missing one would put caches and runs wherever the command was started. */
export function home(env: NodeJS.ProcessEnv): string {
  let path = env.HOME ?? '';
  if (env.HOME === undefined) {
    try {
      path = homedir();
    } catch {
      // a user that the host does not know
    }
  }
  if (path.startsWith('/')) return path;
  throw new UsageError('this user has no home folder', 'set HOME, or both PHYRLAB_CACHE and PHYRLAB_RUNS');
}
