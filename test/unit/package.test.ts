/** What another program or a scenario file gets that imports the package. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');

it.each(Object.entries(manifest.exports['.']))('the build makes what exports names: %s', (_, file) => {
  expect(existsSync(join(root, file))).toBe(true);
});
