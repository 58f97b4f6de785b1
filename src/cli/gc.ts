import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { FileLock, type Images, openImages } from '../images/index.js';
import { countOf, formatBytes } from '../model/index.js';
import { type KeptRun, runsToRemove } from '../plan/index.js';
import { progressReporter, StatusLine } from '../report/index.js';
import { EVENTS, Nights, runFolders, runsFolder } from '../results/index.js';
import { say } from '../terminal/index.js';
import { interruptible } from './interrupt.js';
import { size, wholeNumber } from './options.js';

export interface GcOptions {
  keepRuns: number;
  disk: number;
  runs?: string;
}

const KEEP_RUNS = 100;
/** What was not used for so many days goes from the cache of images in any case; if there is no room, before and after old runs. */
const UNUSED_DAYS = { always: 30, before: [7], after: [1, 0] };

export function addGcOptions(command: Command): Command {
  return command
    .option('--keep-runs <N>', 'how many runs are kept at most', wholeNumber(1, 100_000), KEEP_RUNS)
    .addOption(
      new Option('--disk <SIZE>', 'what runs and images may take together; the history is kept in any case')
        .argParser(size)
        .default(20 * 2 ** 30, '20G'),
    );
}

export function gcCommand(): Command {
  const command = new Command('gc').option(
    '--runs <DIR>',
    'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)',
  );
  return addGcOptions(command).action(async (options: GcOptions) => {
    using interrupt = interruptible();
    using status = new StatusLine(process.stderr);
    const progress = progressReporter(status);
    await using images = await openImages({ progress, signal: interrupt.signal });
    say(await collectGarbage(options, images, new Set()));
  });
}

/** Removes what there is no room for. Returns what was done, in one line. */
export async function collectGarbage(
  { keepRuns: keep, disk, runs: chosen }: GcOptions,
  images: Images,
  needed: ReadonlySet<string>,
): Promise<string> {
  const runs = runsFolder(chosen);
  const kept: KeptRun[] = [];
  for (const folder of runFolders(runs)) {
    const idle = await FileLock.tryAcquire(join(folder, EVENTS));
    await using _ = idle;
    kept.push({ folder, bytes: await bytesBelow(folder), needed: idle === null || needed.has(folder) });
  }
  const inCache = async () => (await images.list()).reduce((sum, { bytes }) => sum + bytes, 0);
  let ofRuns = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  let freed = 0;
  let removed = 0;
  const count = (gone: { removed: string[]; bytes: number }) => {
    removed += gone.removed.length;
    freed += gone.bytes;
  };
  const unused = async (days: number) => count(await images.gc(days));
  const whileFull = async (steps: readonly number[]) => {
    for (const days of steps) if (ofRuns + (await inCache()) > disk) await unused(days);
  };
  await unused(UNUSED_DAYS.always);
  if (ofRuns + (await inCache()) > disk) count(await images.states.clear());
  await whileFull(UNUSED_DAYS.before);
  const going = runsToRemove(kept, keep, Math.max(0, disk - (await inCache())));
  for (const { folder, bytes } of going) {
    await rm(folder, { recursive: true, force: true });
    freed += bytes;
    ofRuns -= bytes;
  }
  await whileFull(UNUSED_DAYS.after);
  await new Nights(runs).forget(keep);
  return `${countOf(going.length, 'run')} and ${countOf(removed, 'image')} removed, ${formatBytes(freed)} freed`;
}

async function bytesBelow(folder: string): Promise<number> {
  const sizes = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((item) => item.isFile())
    .map(async (item) => (await stat(join(item.parentPath, item.name))).size);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
