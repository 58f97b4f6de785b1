/**
 * `npm test`, the checks of the guest's sources, and then as many files of `npm run test:all` as the time allows. Which file comes
 * first moves on with each commit, so that all of them get their turn.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const began = Number(process.argv[2]) * 1000;
/** Minutes since the start of CI after which no further file is begun, and at which one that runs is ended. */
const LAST_START = 35;
const END = 44;

const out = mkdtempSync(join(tmpdir(), 'phyrlab-ci-'));
process.on('exit', () => rmSync(out, { recursive: true, force: true }));
const minutes = () => (Date.now() - began) / 60_000;
const counts = { passed: 0, failed: 0, skipped: 0 };
let status = 0;

function sh(command, args, options = {}) {
  console.log(`\n$ ${command} ${args.join(' ')} (after ${minutes().toFixed(1)} min)`);
  return spawnSync(command, args, { stdio: 'inherit', ...options });
}

/** Adds what a run of vitest wrote. A file that could not even be loaded counts as one failure: it has no tests of its own to count. */
function count(json) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(json));
  const broken = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  counts.passed += numPassedTests;
  counts.failed += numFailedTests + broken;
  counts.skipped += numPendingTests + numTodoTests;
}

const reporters = (json) => ['--reporter=default', '--reporter=json', `--outputFile.json=${json}`];

const first = join(out, 'test.json');
if (sh('npm', ['test', '--', ...reporters(first)]).status !== 0) status = 1;
try {
  count(first);
} catch {
  // Lint or types were red, so no test ran.
  counts.failed++;
  status = 1;
}
if (sh('npm', ['run', 'check:guest']).status !== 0) status = 1;

const vitest = ['vitest', '--config', 'test/vitest.config.ts'];
const projects = ['guest', 'images', 'fuzz'].flatMap((name) => ['--project', name]);
const listed = spawnSync('npx', [...vitest, 'list', '--filesOnly', '--json', ...projects], { encoding: 'utf8' });
const files = JSON.parse(listed.stdout)
  .map(({ file }) => file)
  .sort();
const commits = Number(spawnSync('git', ['rev-list', '--count', 'HEAD'], { encoding: 'utf8' }).stdout) || 0;
const turn = commits % files.length;
const order = [...files.slice(turn), ...files.slice(0, turn)];
const left = [];
for (const [i, file] of order.entries()) {
  const json = join(out, `${i}.json`);
  const args = [...vitest, 'run', ...projects, ...reporters(json), file];
  const ended = minutes() < LAST_START ? sh('npx', args, { timeout: (END - minutes()) * 60_000 }) : undefined;
  // Not begun, or ended by us: it says nothing.
  if (ended === undefined || ended.error?.code === 'ETIMEDOUT') {
    left.push(file);
    continue;
  }
  if (ended.status !== 0) status = 1;
  try {
    count(json);
  } catch {
    counts.failed++;
    status = 1;
  }
}
if (left.length > 0)
  console.log(`\nNo time for, until another commit: ${left.map((file) => file.split('/').at(-1)).join(', ')}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = status;
