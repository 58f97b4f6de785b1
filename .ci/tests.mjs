/**
 * `npm test`, the checks of the guest's sources, and then as many files of `npm run test:all` as the time allows. Which file comes
 * first moves on with each commit, so that all of them get their turn.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const began = Number(process.argv[2]) * 1000;
/** Minutes since the start of CI after which no further file is begun, and at which one that runs is ended. */
const LAST_START = 35;
const END = 44;

const out = mkdtempSync(join(tmpdir(), 'phyrlab-ci-'));
process.on('exit', () => rmSync(out, { recursive: true, force: true }));
const minutes = () => (Date.now() - began) / 60_000;
const counts = { passed: 0, skipped: 0 };
/** What failed, with the beginning of its error: told again at the end, since a CI may keep only the end of what was printed. */
const failures = [];

function sh(command, args, options = {}) {
  console.log(`\n$ ${command} ${args.join(' ')} (after ${minutes().toFixed(1)} min)`);
  return spawnSync(command, args, { stdio: 'inherit', ...options });
}

const seeAbove = (name) => ({ name, error: ['its output above says why'] });

/** Runs tests, which say what came of them in a file; undefined if they were ended by us, and so say nothing. */
function test(name, command, args, timeout) {
  const json = join(out, 'tests.json');
  rmSync(json, { force: true });
  const reporters = ['--reporter=default', '--reporter=./.ci/reporter.mjs'];
  const ended = sh(command, [...args, ...reporters], { timeout, env: { ...process.env, CI_TESTS_OUT: json } });
  if (ended.error?.code === 'ETIMEDOUT') return undefined;
  // Lint or types were red, or vitest could not begin.
  const ran = existsSync(json) ? JSON.parse(readFileSync(json)) : { passed: 0, skipped: 0, failures: [] };
  if (ended.status !== 0 && ran.failures.length === 0) ran.failures.push(seeAbove(name));
  counts.passed += ran.passed;
  counts.skipped += ran.skipped;
  failures.push(...ran.failures);
  return ended;
}

test('npm test', 'npm', ['test', '--']);
if (sh('npm', ['run', 'check:guest']).status !== 0) failures.push(seeAbove('npm run check:guest'));

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
for (const file of order) {
  const args = [...vitest, 'run', ...projects, file];
  if (minutes() >= LAST_START || !test(file, 'npx', args, Math.round((END - minutes()) * 60_000))) left.push(file);
}
if (left.length > 0)
  console.log(`\nNo time for, until another commit: ${left.map((file) => file.split('/').at(-1)).join(', ')}`);
for (const { name, error } of failures)
  console.log(['', `FAILED ${name}`, ...error.map((line) => `    ${line}`)].join('\n'));
console.log(`\n${counts.passed} passed, ${failures.length} failed, ${counts.skipped} skipped`);
process.exitCode = failures.length > 0 ? 1 : 0;
