import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Cache, type EntrySpec } from '../../../src/images/cache.js';
import type { Package } from '../../../src/images/lock.js';
import type { Progress } from '../../../src/model/index.js';

/** A directory that is gone when the test is over. */
export function temporaryDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'phyrlab-images-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface Watched {
  cache: Cache;
  events: Progress[];
  warnings: () => string[];
  abort: AbortController;
}

export async function openCache(dir: string, options: { deep?: boolean } = {}): Promise<Watched> {
  const events: Progress[] = [];
  const abort = new AbortController();
  const cache = await Cache.open(dir, {
    progress: (event) => events.push(event),
    signal: abort.signal,
    deep: options.deep ?? false,
  });
  onTestFinished(() => cache.settled());
  const warnings = () => events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
  return { cache, events, warnings, abort };
}

/** An entry of one file; counts how often it is made. */
export function countingSpec(text = 'content', delayMs = 0): EntrySpec & { builds: number } {
  const spec: EntrySpec & { builds: number } = {
    name: 'thing',
    key: '0123456789abcdef',
    builds: 0,
    build: async ({ dir }) => {
      spec.builds++;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const { writeFileSync, mkdirSync } = await import('node:fs');
      mkdirSync(path.join(dir, 'sub'));
      writeFileSync(path.join(dir, 'sub', 'file'), text);
      return { made: 'yes' };
    },
  };
  return spec;
}

export function packageOf(name: string, version: string, extra: Partial<Package> = {}): Package {
  return {
    name,
    version,
    kind: 'binary',
    path: `pool/main/${name}_${version}.deb`,
    size: 1,
    sha256: Buffer.from(`${name}${version}`).toString('hex').padEnd(64, '0').slice(0, 64),
    ...extra,
  };
}
