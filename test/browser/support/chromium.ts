/**
 * A headless Chromium of the project's own: Debian's packages as locked, unpacked in the cache and run in a box, so that neither
 * root nor a browser of the host is needed.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { Apt } from '../../../src/images/apt.js';
import { boxCommand } from '../../../src/images/box.js';
import { Cache, cacheDirectory } from '../../../src/images/cache.js';
import { findMirror } from '../../../src/images/mirror.js';
import { Packages } from '../../../src/images/packages.js';
import { readRecipes } from '../../../src/images/recipe.js';
import { Toolbox } from '../../../src/images/toolbox.js';

export interface OwnBrowser extends AsyncDisposable {
  browser: Browser;
  /** For the pages; the browser sees this folder and no other of the host. */
  folder: string;
}

export async function launch(): Promise<OwnBrowser> {
  const { signal } = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'phyrlab-browser-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const root = await unpacked(signal);
    // Its profile is playwright's to make and to remove, and lies in the temporary folder.
    const work = join(folder, 'work');
    await mkdir(work);
    const words = await boxCommand(['/usr/lib/chromium/chromium-headless-shell'], {
      toolbox: root,
      work,
      mountPoint: join(folder, 'root'),
      mounts: { '/etc/fonts': join(root, 'etc/fonts'), [tmpdir()]: tmpdir() },
      signal,
    });
    const start = join(folder, 'chromium');
    await writeFile(start, `#!/bin/sh\nexec ${words.map(quoted).join(' ')} "$@"\n`);
    await chmod(start, 0o700);
    const browser = await chromium.launch({ executablePath: start });
    return {
      browser,
      folder,
      async [Symbol.asyncDispose]() {
        await browser.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function unpacked(signal: AbortSignal): Promise<string> {
  const progress = () => {};
  const cache = await Cache.open(cacheDirectory(undefined, process.env), { progress, signal, deep: false });
  const recipes = readRecipes();
  const apt = new Apt(cache, () => findMirror(undefined, process.env, signal), signal);
  const packages = new Packages(cache, apt, { locked: false, offline: false, recipes, progress });
  return (await new Toolbox(cache, packages, recipes, 'chromium').root()).dir;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
