import { UsageError } from '../model/index.js';
import { run } from './exec.js';

/** One line of `apt-get indextargets` in the format below. */
export interface IndexTarget {
  uri: string;
  origin: string;
  label: string;
  suite: string;
  signedBy: string;
}

export const TARGET_FORMAT = '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(RELEASE)|$(SIGNED_BY)';

export function parseIndexTargets(output: string): IndexTarget[] {
  return output
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [uri = '', origin = '', label = '', suite = '', signedBy = ''] = line.split('|');
      return { uri, origin, label, suite, signedBy };
    });
}

/**
 * The host's own Debian mirror, or null on a host that has none (Ubuntu). Before the host's first `apt-get update` apt does
 * not know the origins; then a source signed by Debian's keyring is taken. The security archive is not a mirror.
 */
export function chooseMirror(targets: readonly IndexTarget[]): string | null {
  const mirrors = targets.filter((t) => !/security/i.test(t.label + t.suite) && /^(https?|file|copy):/.test(t.uri));
  const known = mirrors.find((t) => t.origin === 'Debian' && t.label === 'Debian');
  const likely = mirrors.find((t) => t.origin === '' && /debian-archive/.test(t.signedBy));
  const byPath = mirrors.find((t) => t.origin === '' && /\/debian\/?$/.test(t.uri));
  return (known ?? likely ?? byPath)?.uri ?? null;
}

/** A mirror as the user gives it: the directory that holds `dists` and `pool`. */
export function checkMirror(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(`mirror '${text}' is not a URL`, 'give the URL of the directory that holds dists/ and pool/');
  }
  if (!['http:', 'https:', 'file:'].includes(url.protocol) || /[\s'"|\\\]]/.test(text))
    throw new UsageError(`mirror '${text}' cannot be used`, 'give an http, https or file URL');
  return text.replace(/\/+$/, '');
}

export async function findMirror(
  option: string | undefined,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  const given = option ?? env.PHYRLAB_MIRROR;
  if (given) return checkMirror(given);
  const result = await run('apt-get', ['indextargets', '--format', TARGET_FORMAT], { signal });
  const found = result.ok ? chooseMirror(parseIndexTargets(result.stdout)) : null;
  if (!found) {
    throw new UsageError(
      'no Debian mirror is known: the apt of this host has none set up',
      'give one with --mirror or PHYRLAB_MIRROR',
    );
  }
  return checkMirror(found);
}
