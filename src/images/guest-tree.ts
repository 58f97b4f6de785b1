/**
 * Module sources of the user: a directory, or a revision of this repository. The measuring parts stay the project's
 * own, so that both sides are measured in the same way.
 */
import { cpSync, existsSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { projectRoot, UsageError } from '../model/index.js';

/** Parts of guest/ that always are the project's own. */
const MEASURES = ['phyr_probe', 'include/uapi/phyr_probe.h'];

export interface GuestTree extends AsyncDisposable {
  /** Used instead of guest/. */
  dir: string;
  /** For people: the directory, or the revision with its commit. */
  name: string;
}

/** The folder to build: the directory itself, or its guest/. */
function treeIn(dir: string): string | undefined {
  return [dir, path.join(dir, 'guest')].find((place) => existsSync(path.join(place, 'phyr', 'Kbuild')));
}

/** Does the word name module sources? Otherwise it may name a kernel. */
export function namesGuestTree(word: string): boolean {
  return existsSync(word) && statSync(word).isDirectory() && treeIn(word) !== undefined;
}

export async function openGuestTree(word: string, signal: AbortSignal): Promise<GuestTree> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'phyrlab-guest-'));
  try {
    const dir = path.join(scratch, 'guest');
    const found = namesGuestTree(word) ? treeIn(word) : undefined;
    const name = found === undefined ? await checkOut(word, scratch, signal) : path.resolve(word);
    if (found !== undefined) cpSync(found, dir, { recursive: true });
    if (treeIn(dir) === undefined) throw new UsageError(`${name} has no guest/phyr to build`, 'name another revision');
    const own = path.join(projectRoot, 'guest');
    for (const part of MEASURES) {
      rmSync(path.join(dir, part), { recursive: true, force: true });
      cpSync(path.join(own, part), path.join(dir, part), { recursive: true });
    }
    return { dir, name, [Symbol.asyncDispose]: () => rm(scratch, { recursive: true, force: true }) };
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  }
}

async function checkOut(revision: string, to: string, signal: AbortSignal): Promise<string> {
  const git = (...args: string[]) =>
    execa('git', ['-C', projectRoot, ...args], { cancelSignal: signal, reject: false, stripFinalNewline: true });
  const parsed = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  signal.throwIfAborted();
  if (parsed.exitCode !== 0)
    throw new UsageError(
      `'${revision}' is neither a folder with module sources, nor a kernel, nor a revision of ${projectRoot}`,
      'e.g. HEAD~1, ./my-guest, 7.2, or a kernel build tree',
    );
  const archive = path.join(to, 'guest.tar');
  const packed = await git('archive', '--output', archive, parsed.stdout, 'guest');
  signal.throwIfAborted();
  if (packed.exitCode !== 0)
    throw new UsageError(`revision ${revision} has no guest/: ${packed.stderr.split('\n')[0]}`);
  await execa('tar', ['-xf', archive, '-C', to], { cancelSignal: signal });
  return `${revision} (${parsed.stdout.slice(0, 12)})`;
}
