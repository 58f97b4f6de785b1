import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = join(import.meta.dirname, '..');

/** Boots guests, which share the host's few processors: one file at a time, and a failure before the deadline of a slow host. */
const guests = { fileParallelism: false, testTimeout: 180_000, hookTimeout: 600_000 };
const vm = (...names: string[]) => names.map((name) => `test/vm/${name}.test.ts`);

/**
 * What proves the chain, and so is part of `npm test`: oracles look, alarms ring, a restored guest is as good as a booted one, nothing is left.
 * Two files at a time: each has one guest, which leaves much of two processors idle.
 */
const CHAIN = vm('snapshots', 'stalls', 'trouble', 'run');
/** In the order of that list: the longest first, and beside it the one whose guests are stopped most of the time. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) => CHAIN.findIndex((name) => moduleId.endsWith(name));
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
const chain = { ...guests, fileParallelism: true, maxWorkers: 2, sequence: { groupOrder: 1 } };
/** Builds of images: empty, damaged and interrupted caches. */
const IMAGES = vm('images', 'builds');
const FUZZ = vm('fuzz');
const setup = ['test/vm/setup.ts'];
/** A test sees the same world in a CI as at a desk, where phyrlab is invoked in another way. */
const env = { CI: '', GITHUB_STEP_SUMMARY: '' };

export default defineConfig({
  root,
  test: {
    maxWorkers: '100%',
    sequence: { sequencer: InOrder },
    projects: [
      // Generous: a host that is busy with guests fails no test of what is computed.
      // The files share their workers' modules: to load them anew for each file took most of the time.
      { root, test: { env, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000, isolate: false } },
      {
        root,
        // The first time the browser is fetched, which the machine does once.
        test: {
          env,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
      { root, test: { env, name: 'chain', include: CHAIN, globalSetup: setup, ...chain } },
      {
        root,
        test: {
          env,
          name: 'guest',
          include: ['test/vm/**/*.test.ts'],
          exclude: [...CHAIN, ...IMAGES, ...FUZZ],
          globalSetup: setup,
          ...guests,
        },
      },
      { root, test: { env, name: 'images', include: IMAGES, globalSetup: setup, ...guests } },
      { root, test: { env, name: 'fuzz', include: FUZZ, ...guests } },
    ],
  },
});
