/**
 * Does the gate leave equal sources alone? `npm run measure:aa [-- --runs 20 PATTERN...]`: the same bench again and again into a history of its own, each
 * held against the one before. Any alarm is a false one.
 */
import { $, argv, fs, path, tmpdir } from 'zx';

$.verbose = false;
const phyrlab = path.join(import.meta.dirname, '..', '..', 'src', 'cli', 'phyrlab.mjs');
const count = Number(argv.runs ?? 20);
const patterns =
  argv._.length > 0 ? argv._ : ['vtd-strict-icount/switch/bench-map/phyr8', 'no-iommu/switch/bench-fio/phyr8'];
const runs = tmpdir();
const run = (...args: string[]) =>
  $({ nothrow: true, env: { ...process.env, PHYRLAB_RUNS: runs } })`node ${phyrlab} ${args}`;
let alarms = 0;
try {
  for (let i = 0; i <= count; i++) {
    const bench = await run('bench', ...patterns, '--jobs', '1');
    if (bench.exitCode !== 0) throw new Error(`bench ended with ${bench.exitCode}:\n${bench.stdout}\n${bench.stderr}`);
    if (i === 0) continue;
    const gate = await run('perf', 'gate');
    const [last = ''] = gate.stdout.trim().split('\n').slice(-1);
    if (gate.exitCode !== 0) {
      alarms++;
      console.log(gate.stdout.trim());
    }
    console.log(`${String(i).padStart(3)}  exit code ${gate.exitCode}  ${last}`);
  }
  console.log(`${count} times equal sources: ${alarms} alarms`);
  process.exitCode = alarms > 0 ? 1 : 0;
} finally {
  await fs.remove(runs);
}
