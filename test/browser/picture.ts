/**
 * The picture of the report in README.md, from the report of a real run, as a browser shows it:
 *
 *     npm run picture -- RUN_FOLDER
 */
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './support/chromium.js';

const PICTURE = join(import.meta.dirname, '..', '..', '.github', 'report.png');
const MOST_BYTES = 150 * 1024;

const [folder] = parseArgs({ allowPositionals: true }).positionals;
if (folder === undefined) throw new Error('whose report? npm run picture -- RUN_FOLDER');

await using own = await launch();
// The browser sees no other folder.
const page = join(own.folder, 'report.html');
copyFileSync(join(folder, 'report.html'), page);
const context = await own.browser.newContext({ viewport: { width: 960, height: 560 }, colorScheme: 'light' });
const tab = await context.newPage();
await tab.goto(`file://${page}`);
await tab.locator('.matrix .place').first().waitFor();
await tab.screenshot({ path: PICTURE });
const { size } = statSync(PICTURE);
if (size > MOST_BYTES) throw new Error(`${PICTURE} has ${size} bytes, which is more than ${MOST_BYTES}`);
console.log(`${PICTURE}: ${size} bytes`);
