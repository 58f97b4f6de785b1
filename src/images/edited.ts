/**
 * Modules with one file edited, for a short life: a copy of the objects of the product's build, in which make builds what the edit changed.
 * Nothing of them stays in the cache, and the compiler's cache learns nothing from them.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { archOf } from '../arches/index.js';
import { InfraError, type Kernel, type Modules } from '../model/index.js';
import { inBox } from './box.js';
import { type Cache, removeTree } from './cache.js';
import { tail } from './exec.js';
import { type BuildTree, buildsKey, compilerCache, makeWords } from './modules.js';
import { moduleSources } from './plants.js';
import { copySources, sourcesIn } from './sources.js';
import type { Toolbox } from './toolbox.js';
import { beginUpon } from './workshop.js';

export type EditedBuild =
  | { kind: 'built'; modules: Modules; remove: () => Promise<void> }
  /** Not one instruction and not one datum differs. */
  | { kind: 'same' }
  /** The compiler or the linker does not take it; the last lines of what it said. */
  | { kind: 'refused'; said: string };

export interface EditedModules extends AsyncDisposable {
  /** @param file its path below guest/ */
  build(file: string, text: string): Promise<EditedBuild>;
}

interface Workplace {
  tree: { key: string; open: () => Promise<BuildTree> };
  /** The product's, of the same sources. */
  base: Modules;
  cache: Cache;
  toolbox: Toolbox;
  signal: AbortSignal;
}

export async function openEdited(kernel: Kernel, place: Workplace): Promise<EditedModules> {
  const { tree, base, cache, toolbox, signal } = place;
  const [box, built, ccache] = await Promise.all([toolbox.root(), tree.open(), compilerCache(cache, 'ccache')]);
  const target = archOf(kernel).build;
  const scratch = await cache.scratch('edited');
  const inside = (name: string) => path.join(scratch.dir, name);
  let number = 0;

  /** In a folder of the scratch. */
  const run = (command: readonly string[], work: string, mountPoint: string) =>
    inBox(command, { toolbox: box.dir, work, mountPoint, mounts: { ...built.mounts, '/ccache': ccache }, signal });
  /** What counts in each module that differs from the product's, as a guest loads it. */
  const stripped = async (names: readonly string[], work: string, mountPoint: string) => {
    // It is a hash of all, of the debug information too.
    const strip = [target.strip, '--strip-debug', '--remove-section=.note.gnu.build-id'];
    const done = await run([...strip, ...names], work, mountPoint);
    if (!done.ok) throw new InfraError('cannot strip the modules', tail(done.all));
    return new Map(await Promise.all(names.map(async (name) => [name, await hashOf(path.join(work, name))] as const)));
  };

  try {
    const work = inside('base');
    const sources = moduleSources({ plants: false });
    await beginUpon(cache, work, buildsKey(tree.key, toolbox.key, false), signal);
    if (sourcesIn(work).some((file) => !sources.files.has(file))) {
      await removeTree(work);
      await mkdir(work);
    }
    copySources(sources, work);
    const made = await run(makeWords(built, target, {}), work, inside('root'));
    if (!made.ok) throw new InfraError(`guest/ does not build for ${kernel.release}`, tail(made.all));
    const names = modulesIn(work);
    await copyTo(
      names.map((name) => path.join(work, name)),
      inside('product'),
    );
    const product = await stripped(
      names.map((name) => path.basename(name)),
      inside('product'),
      inside('root'),
    );

    const build = async (file: string, text: string): Promise<EditedBuild> => {
      const own = inside(`${number++}`);
      const [edit, changed, dir] = ['work', 'changed', 'modules'].map((name) => path.join(own, name)) as [
        string,
        string,
        string,
      ];
      const root = path.join(own, 'root');
      const remove = () => rm(own, { recursive: true, force: true });
      try {
        await mkdir(own);
        await execa('cp', ['-a', '--reflink=auto', '--', work, edit], { cancelSignal: signal });
        await writeFile(path.join(edit, file), text);
        const result = await run(makeWords(built, target, { keeps: false }), edit, root);
        if (!result.ok) {
          await remove();
          return { kind: 'refused', said: tail(result.all) };
        }
        const time = (folder: string, name: string) => statSync(path.join(folder, name)).mtimeMs;
        const newer = modulesIn(edit).filter((name) => time(edit, name) !== time(work, name));
        await copyTo(
          newer.map((name) => path.join(edit, name)),
          changed,
        );
        await removeTree(edit);
        const shorts = newer.map((name) => path.basename(name));
        const hashes = shorts.length === 0 ? new Map<string, string>() : await stripped(shorts, changed, root);
        const differ = shorts.filter((name) => hashes.get(name) !== product.get(name));
        if (differ.length === 0) {
          await remove();
          return { kind: 'same' };
        }
        await mkdir(dir);
        for (const name of product.keys())
          await symlink(path.join(differ.includes(name) ? changed : base.dir, name), path.join(dir, name));
        const key = createHash('sha256').update(JSON.stringify(differ.map((name) => [name, hashes.get(name)])));
        return { kind: 'built', modules: { dir, plants: false, key: key.digest('hex').slice(0, 16) }, remove };
      } catch (error) {
        await remove();
        throw error;
      }
    };
    return { build, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
  } catch (error) {
    await scratch[Symbol.asyncDispose]();
    throw error;
  }
}

function modulesIn(work: string): string[] {
  return readdirSync(work, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ko'));
}

async function copyTo(files: readonly string[], to: string): Promise<void> {
  if (!existsSync(to)) await mkdir(to);
  if (files.length > 0) await execa('cp', ['-a', '--', ...files, to]);
}

async function hashOf(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
