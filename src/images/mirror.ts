import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { UsageError } from '../model/index.js';
import { APT_HELPER, complaint } from './apt.js';
import { run } from './exec.js';
import { readRecipes } from './recipe.js';

/** One line of `apt-get indextargets` in the format below. */
export interface IndexTarget {
  uri: string;
  origin: string;
  label: string;
}

export const TARGET_FORMAT = '$(REPO_URI)|$(ORIGIN)|$(LABEL)';

export function parseIndexTargets(output: string): IndexTarget[] {
  return output
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [uri = '', origin = '', label = ''] = line.split('|');
      return { uri, origin, label };
    });
}

/** The mirror of the host's Debian packages, according to the signed indexes. The security archive does not count. */
export function chooseMirror(targets: readonly IndexTarget[]): string | null {
  return targets.find((t) => t.origin === 'Debian' && t.label === 'Debian' && USABLE.test(t.uri))?.uri ?? null;
}

/**
 * The same for a host that never ran `apt-get update`, such as a fresh container, where apt knows only the addresses
 * that it would fetch (`apt-get --print-uris update`): a `debian` directory with component main, preferably one with
 * updates.
 */
export function guessMirror(output: string): string | null {
  const indexes = [...output.matchAll(/^'(\S+\/debian)\/dists\/([^/']+)\/main\//gm)];
  const bases = indexes.map(([, base = '', suite = '']) => ({ base, suite })).filter(({ base }) => USABLE.test(base));
  return (bases.find(({ suite }) => suite.endsWith('-updates')) ?? bases[0])?.base ?? null;
}

const USABLE = /^(https?|file):/;

/** Validates a mirror that the user gave: the directory that contains `dists` and `pool`. */
export function checkMirror(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(
      `mirror '${text}' is not a URL`,
      'give the URL of the directory that contains dists/ and pool/',
    );
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
  const targets = await run('apt-get', ['indextargets', '--format', TARGET_FORMAT], { signal });
  const known = chooseMirror(parseIndexTargets(targets.stdout));
  if (known) return checkMirror(known);
  const guessed = guessMirror((await run('apt-get', ['--print-uris', 'update'], { signal })).stdout);
  if (guessed) return checkMirror(guessed);
  throw new UsageError(
    'found no Debian mirror: the apt of this host has none configured',
    'give one with --mirror or PHYRLAB_MIRROR',
  );
}

/** Fetches the signed index of each suite in the recipes. Returns the error in one line, or nothing. */
export async function tryMirror(mirror: string, signal: AbortSignal): Promise<string | undefined> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'phyrlab-mirror-'));
  try {
    const base = mirror.replace(/^file:/, 'copy:');
    const words = readRecipes().suites.flatMap((suite) => [
      `${base}/dists/${suite}/InRelease`,
      path.join(scratch, suite),
      '',
    ]);
    const limits = ['http', 'https'].map((method) => `Acquire::${method}::Timeout=15`);
    const options = ['APT::Sandbox::User=root', 'Acquire::Retries=0', ...limits].flatMap((option) => ['-o', option]);
    const { ok, all } = await run(APT_HELPER, [...options, 'download-file', ...words], { signal });
    return ok ? undefined : complaint(all);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
