import { homedir } from 'node:os';
import { UsageError } from './errors.js';

/** The user's home. Refused if it is relative or missing, because caches and runs would then end up in the current folder. */
export function home(env: NodeJS.ProcessEnv): string {
  let path = env.HOME ?? '';
  if (env.HOME === undefined) {
    try {
      path = homedir();
    } catch {
      // This user is not in the host's user database.
    }
  }
  if (path.startsWith('/')) return path;
  throw new UsageError('this user has no home folder', 'set HOME, or both PHYRLAB_CACHE and PHYRLAB_RUNS');
}
