/** Builds that take minutes: all images from an empty cache, and the modules for another kernel. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './support/phyrlab.js';

let box: Sandbox;
beforeAll(async () => {
  box = await Sandbox.create();
});
afterAll(() => box[Symbol.asyncDispose]());

describe('a build', () => {
  // An empty cache, so that all other images are built, too.
  it('of the modules is repeated when something changed, and only then', { timeout: 600_000 }, async () => {
    const built = async (name: string) =>
      /^modules: /m.test((await box.run(['images', 'build', '7.3'], { env: cache(name) })).err);
    const cache = (name: string) => ({ PHYRLAB_CACHE: name });
    const cacheDir = join(box.folder, 'cache');
    expect(await built(cacheDir)).toBe(true);
    expect(await built(cacheDir)).toBe(false);
  });
});

describe('phyrlab run', () => {
  // Its modules are built first.
  it('runs on the older kernel as well', { timeout: 600_000 }, async () => {
    const { code, result } = await box.cells(['vtd-strict/switch/crosscheck/phyr8', '--kernel', '7.2']);
    expect(result.run.kernel.release).toMatch(/^7\.2\./);
    expect(result.cells[0]?.verdict).toBe('pass');
    expect(code).toBe(0);
  });
});
