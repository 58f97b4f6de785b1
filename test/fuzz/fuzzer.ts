/** phyr-fuzz, built and run in the toolbox: its compiler and its sanitizers, not the host's. */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { inBox } from '../../src/images/box.js';
import type { RunResult } from '../../src/images/exec.js';
import { openImages } from '../../src/images/index.js';

const root = join(import.meta.dirname, '..', '..');

/** What a campaign without a failure says. */
export const Campaign = z.strictObject({
  seed: z.number(),
  inputs: z.number(),
  edges: z.number(),
  corpus: z.number(),
});
export type Campaign = z.infer<typeof Campaign>;

export interface Fuzzer extends AsyncDisposable {
  run(args: readonly string[]): Promise<RunResult>;
}

/**
 * Builds the program from copies of its sources in a folder of its own, which goes with it.
 * `edit` changes the copies first, to show that a defect is found.
 */
export async function buildFuzzer(
  signal: AbortSignal,
  edit: (phyr: string) => Promise<void> = async () => {},
): Promise<Fuzzer> {
  const folder = await mkdtemp(join(tmpdir(), 'phyr-fuzz-'));
  try {
    await using images = await openImages({ progress: () => {}, signal });
    const box = {
      toolbox: await images.toolbox(),
      work: join(folder, 'work'),
      mountPoint: join(folder, 'root'),
      signal,
    };
    await mkdir(box.work);
    for (const part of ['phyr', 'include'])
      await cp(join(root, 'guest', part), join(box.work, part), { recursive: true });
    await cp(import.meta.dirname, join(box.work, 'fuzz'), { recursive: true });
    await edit(join(box.work, 'phyr'));
    const make = await inBox(['make', '-s', '-j2', '-C', 'fuzz', 'CC=gcc-14', 'PHYR=..', 'BUILD=/box/build'], box);
    if (!make.ok) throw new Error(`phyr-fuzz does not build:\n${make.all}`);
    return {
      run: (args) => inBox(['build/phyr-fuzz', ...args], box),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
