/**
 * How long a history of 10,000 runs of 500 series takes: `npm run measure:history [-- RUNS SERIES]`. Generated files, as runs write them, in
 * a temporary folder (2 GB); the budget is two seconds for any question once the index is there.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAMPLES_SCHEMA_VERSION, type SamplesHeader, type SamplesLine, seriesName } from '../../src/model/index.js';
import { randomFrom } from '../../src/perf/index.js';
import { History } from '../../src/results/index.js';

const [runs = 10_000, series = 500] = process.argv.slice(2).map(Number);
const BUDGET_MS = 2000;

const random = randomFrom(1);
const all: SamplesLine['series'][] = Array.from({ length: series }, (_, i) => ({
  cell: `vtd-strict-icount/switch/bench-map/backend-${Math.floor(i / 20)}`,
  what: 'cost',
  phase: 'map',
  layout: '4k',
  size_kib: 2 ** (i % 20),
  unit: 'insn',
  better: 'lower',
  kind: i % 5 === 0 ? 'noisy' : 'exact',
  declared: '0123456789abcdef',
  kernel: '7.3.4+deb13-cloud-amd64',
  kernel_key: 'fedcba9876543210',
  qemu: '11.1.3',
  qemu_key: '0011223344556677',
  accelerator: 'tcg',
}));
const texts = all.map((one) => JSON.stringify(one));

function textOf(run: number): { name: string; text: string } {
  const id = `20260101-${String(run).padStart(6, '0')}-0000`;
  const header: SamplesHeader = {
    schema: SAMPLES_SCHEMA_VERSION,
    run: id,
    at: new Date(Date.UTC(2024, 0, 1) + run * 3_600_000).toISOString(),
    modules_key: `modules-${Math.floor(run / 50)}`,
    rootfs_key: 'rootfs',
    host: { kernel: '6.12', cpus: 2, memory_mib: 16_384 },
  };
  const lines = all.map(({ kind }, i) => {
    const step = run > runs / 2 ? 1.02 : 1;
    const values =
      kind === 'exact'
        ? [Math.round(1000 * (i + 1) * step)]
        : Array.from({ length: 7 }, () => (i + 1) * (1 + random() / 20));
    return `{"series":${texts[i]},"values":${JSON.stringify(values)}}\n`;
  });
  return { name: `${id}.samples.jsonl`, text: `${JSON.stringify(header)}\n${lines.join('')}` };
}

async function timed<T>(what: string, budget: number | undefined, use: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await use();
  const ms = performance.now() - started;
  const verdict = budget === undefined ? '' : ms <= budget ? `  met (${budget} ms)` : `  MISSED (${budget} ms)`;
  if (budget !== undefined && ms > budget) process.exitCode = 1;
  console.log(`${what.padEnd(58)} ${ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`}${verdict}`);
  return result;
}

const scratch = await mkdtemp(join(tmpdir(), 'phyrlab-history-'));
process.once('SIGINT', () => rm(scratch, { recursive: true, force: true }).then(() => process.exit(130)));
try {
  const folder = join(scratch, 'history');
  const index = join(scratch, 'index');
  await mkdir(folder);
  for (let run = 0; run < runs; run++) {
    const { name, text } = textOf(run);
    await writeFile(join(folder, name), text);
  }
  const open = () => History.open(folder, index);
  await timed(`index of ${runs} runs x ${series} series, from nothing`, undefined, async () =>
    (await open())[Symbol.dispose](),
  );
  const more = textOf(runs);
  await writeFile(join(folder, more.name), more.text);
  await timed('one more run', BUDGET_MS, async () => (await open())[Symbol.dispose]());
  const name = seriesName(all[7] ?? (all[0] as SamplesLine['series']));
  const cell = all[0]?.cell;
  await timed('perf history of one series, opening included', BUDGET_MS, async () => {
    using history = await open();
    return await history.series((one) => one === name);
  });
  using history = await open();
  await timed('all series of a cell', BUDGET_MS, () => history.series((one) => one.startsWith(`${cell} `)));
  await timed('the runs', BUDGET_MS, () => history.runs());
  const ids = (await history.runs()).map(({ run }) => run);
  await timed('what one run measured', BUDGET_MS, () => history.run(ids.at(-1) ?? ''));
  await timed('perf gate: the newest run and what each series was before', BUDGET_MS, () =>
    history.before(ids.at(-1) ?? '', 10),
  );
  await timed('perf compare: two runs', BUDGET_MS, async () => {
    await history.run(ids.at(-1) ?? '');
    await history.run(ids[0] ?? '');
  });
} finally {
  await rm(scratch, { recursive: true, force: true });
}
