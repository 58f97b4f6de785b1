import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = join(import.meta.dirname, '..');

export default defineConfig({
  root,
  test: {
    projects: [
      // Generous: a host that is busy with guests fails no test of what is computed.
      { root, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        root,
        // The first time the browser is fetched, which the machine does once.
        test: { name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 300_000 },
      },
      {
        root,
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          // Guests share the host's few processors: one file at a time, and a failure before the deadline of a slow host.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
          globalSetup: ['test/vm/setup.ts'],
        },
      },
    ],
  },
});
