/**
 * The budgets of a person's patience, measured: `npm run measure [-- --cold] [-- --runs N]`.
 *
 * warm   `npm start` three (N) times; from the command to the first guest that answers; the orchestrator's memory and CPU
 * words  processor time (user and system) of commands that boot nothing
 * cold   with --cold: a fresh clone, an empty image cache, `npm ci && npm start`, downloads included
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { $, argv, fs, path, tmpdir } from 'zx';

$.verbose = false;
const root = path.join(import.meta.dirname, '..', '..');
const scratch = tmpdir();
const count = Number(argv.runs ?? 3);
const TICKS = Number(await $`getconf CLK_TCK`);
const row = (what: string, value: string, budget: string) =>
  console.log(`${what.padEnd(44)} ${value.padStart(12)}   budget ${budget}`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** `npm start` in `cwd`, the orchestrator watched from outside. */
async function start(cwd: string, env: Record<string, string> = {}) {
  const runs = path.join(scratch, `runs-${Date.now()}`);
  const begun = Date.now();
  const child = $({ cwd, nothrow: true, env: { ...process.env, PHYRLAB_RUNS: runs, ...env } })`npm start`;
  const usage = { peakKiB: 0, ticks: 0, guestMs: 0 };
  let over = false;
  child.finally(() => {
    over = true;
  });
  let guestsSince: { at: number; ticks: number } | undefined;
  while (!over) {
    const pid = orchestrator(runs);
    if (pid !== undefined) {
      const status = read(`/proc/${pid}/status`);
      usage.peakKiB = Math.max(usage.peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      const stat = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ');
      if (stat !== undefined && read(`/proc/${pid}/task/${pid}/children`).trim() !== '') {
        const ticks = Number(stat[11]) + Number(stat[12]);
        guestsSince ??= { at: Date.now(), ticks };
        usage.ticks = ticks - guestsSince.ticks;
        usage.guestMs = Date.now() - guestsSince.at;
      }
    }
    await sleep(100);
  }
  const { exitCode, stdout, stderr } = await child;
  if (exitCode !== 0) throw new Error(`npm start ended with ${exitCode}:\n${stdout}\n${stderr}`);
  const [run = ''] = readdirSync(runs);
  const events = read(path.join(runs, run, 'events.jsonl'))
    .trim()
    .split('\n')
    .map((line): { type: string; at: string } => JSON.parse(line));
  const ready = events.find(({ type }) => type === 'boot-ready');
  if (ready === undefined) throw new Error('no guest became ready');
  return {
    ms: Date.now() - begun,
    readyMs: Date.parse(ready.at) - begun,
    totals: stdout.trim().split('\n').at(-1),
    ...usage,
  };
}

/** The node process that holds this run's event file. */
function orchestrator(runs: string): string | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!read(`/proc/${pid}/cmdline`).includes('phyrlab.mjs')) continue;
    if (read(`/proc/${pid}/environ`).includes(`PHYRLAB_RUNS=${runs}`) && !read(`/proc/${pid}/cmdline`).startsWith('sh'))
      return pid;
  }
  return undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Processor time of one command, in seconds. */
function processorTime(words: readonly string[]): number {
  const launcher = path.join(root, 'src', 'cli', 'phyrlab.mjs');
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null';
  const { stderr } = spawnSync('bash', ['-c', script, '-', process.execPath, launcher, ...words], { encoding: 'utf8' });
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  return user + system;
}

try {
  for (const { words, shown, budget } of [
    { words: ['--help'], shown: '--help', budget: '0.25 s' },
    { words: ['show', 'vtd-strict/switch/fio-verify/phyr8'], shown: 'show', budget: '0.5 s' },
    { words: ['list', 'ci'], shown: 'list ci', budget: '1 s' },
  ]) {
    const times = Array.from({ length: 5 }, () => processorTime(words));
    row(`processor time of ${shown}`, `${median(times).toFixed(2)} s`, budget);
  }
  if (argv.cold) {
    const clone = path.join(scratch, 'clone');
    await $`git clone --quiet ${root} ${clone}`;
    const begun = Date.now();
    await $({ cwd: clone })`npm ci`;
    await start(clone, { PHYRLAB_CACHE: path.join(scratch, 'cache') });
    row('fresh clone, empty cache: npm ci && npm start', seconds(Date.now() - begun), '200 s');
  }
  await start(root); // so that the cache is warm
  const runs = [];
  for (let i = 0; i < count; i++) runs.push(await start(root));
  row(`warm npm start (median of ${count})`, seconds(median(runs.map(({ ms }) => ms))), '75 s');
  row(`command to first guest ready (median of ${count})`, seconds(median(runs.map(({ readyMs }) => readyMs))), '6 s');
  row(
    'orchestrator, peak memory',
    `${Math.round(Math.max(...runs.map(({ peakKiB }) => peakKiB)) / 1024)} MiB`,
    '150 MB',
  );
  const cpu = median(runs.map(({ ticks, guestMs }) => (100 * ticks * 1000) / TICKS / guestMs));
  row('orchestrator, CPU while guests run (median)', `${cpu.toFixed(1)} %`, '5 % of one core');
  console.log(runs.at(-1)?.totals);
} finally {
  await fs.remove(scratch);
}
