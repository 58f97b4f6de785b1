/**
 * What a cell waits for its guest, and takes by itself, where its guest boots for it, is shared with the cell before, or goes on from a
 * snapshot: `npm run measure:boots [-- --rounds N] [--kernel K] [--cell PATTERN] [--beside COMMAND]`. COMMAND is timed in turns with
 * them, e.g. another harness that boots the same kernel: 'vng -r VMLINUZ --disable-kvm -- true'.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { suites } from '../../harness/index.js';
import { openImages } from '../../src/images/index.js';
import { expand } from '../../src/plan/index.js';
import { probeAccelerator } from '../../src/qemu/index.js';
import { BootedGuest, type BootOptions } from '../../src/run/boot.js';
import { runCell } from '../../src/run/cell.js';
import { Snapshots } from '../../src/run/index.js';
import type { Cell } from '../../src/workloads/index.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    kernel: { type: 'string', default: '7.3' },
    cell: { type: 'string', default: 'no-iommu/switch/crosscheck/phyr8' },
    beside: { type: 'string' },
  },
});
const cell = cellCalled(values.cell);

function cellCalled(name: string): Cell {
  const found = suites.flatMap((suite) => expand(suite, 1).cells).find(({ id }) => id === name);
  if (found === undefined) throw new Error(`no cell '${name}'`);
  return found;
}

const { signal } = new AbortController();
const scratch = await mkdtemp(join(tmpdir(), 'phyrlab-boots-'));
const times = new Map<string, number[]>();

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  times.set(what, [...(times.get(what) ?? []), (performance.now() - started) / 1000]);
  return result;
}

async function round(boot: BootOptions, kind: 'cold' | 'restored'): Promise<void> {
  const { release } = boot.image.kernel;
  const guest = await timed(`${kind}: until the guest is ready`, () => BootedGuest.start(boot));
  const run = async (what: string) => {
    const { record } = await timed(what, () =>
      runCell(guest, cell, {
        repro: () => '',
        release,
        signal,
        onStep: () => {},
        folder: join(tmpdir(), 'phyrlab-measure'),
      }),
    );
    if (record.verdict !== 'pass') throw new Error(`${record.verdict}: ${record.reason}`);
  };
  try {
    if (guest.restored !== (kind === 'restored')) throw new Error(`the guest is not ${kind}`);
    await run(`${kind}: the cell`);
    if (kind === 'cold') await run('shared: the cell');
  } finally {
    await timed(`${kind}: until nothing is left of it`, () => guest[Symbol.asyncDispose]());
  }
}

try {
  await using images = await openImages({ signal, progress: () => {} });
  const image = await images.image(values.kernel, { machine: cell.machine });
  const { accelerator } = await probeAccelerator({ ...image, cacheDir: images.cacheDir, signal });
  const boot: BootOptions = { ...cell, image, accelerator, artefacts: scratch, deadlineMs: 90_000, signal };
  const say = (text: string) => console.error(text);
  const snapshots = new Snapshots(images.states, say);
  // As if there were none yet.
  const { states } = images;
  const none = {
    find: async () => undefined,
    save: states.save.bind(states),
    discard: async () => {},
  } satisfies Partial<typeof states>;
  const keeping = { ...boot, snapshots: new Snapshots(none, say), saveSnapshot: true };
  const first = await timed('cold, and its state is kept: until it is ready', () => BootedGuest.start(keeping));
  await first[Symbol.asyncDispose]();
  for (let n = 0; n < Number(values.rounds); n++) {
    await round(boot, 'cold');
    await round({ ...boot, snapshots }, 'restored');
    const { beside } = values;
    if (beside) await timed(`beside: ${beside}`, () => execa(beside, { shell: true, stdin: 'ignore' }));
  }
  console.log(
    `${cell.id}, Linux ${image.kernel.release}, QEMU ${image.qemu.version} (${accelerator}); median, from - to`,
  );
  for (const [what, all] of times) {
    const [low = 0, ...more] = all.toSorted((a, b) => a - b);
    const middle = [low, ...more][all.length >> 1] ?? 0;
    const [a, b, c] = [middle, low, more.at(-1) ?? low].map((one) => one.toFixed(2));
    console.log(`${what.padEnd(50)} ${a} s   (${b} - ${c})`);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
