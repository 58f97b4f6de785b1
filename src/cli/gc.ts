import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Command, Option } from 'commander';
import { FileLock, GUEST_STATE, type Images, openImages, type Removable } from '../images/index.js';
import { countOf, formatBytes } from '../model/index.js';
import { progressReporter, StatusLine } from '../report/index.js';
import { EVENTS, type KeptRun, Nights, runFolders, runsFolder } from '../results/index.js';
import { say } from '../terminal/index.js';
import { garbage } from './garbage.js';
import { interruptible } from './interrupt.js';
import { size, wholeNumber } from './options.js';

export interface GcOptions {
  keepRuns: number;
  disk: number;
  runs?: string;
}

const KEEP_RUNS = 100;

export function addGcOptions(command: Command): Command {
  return command
    .option('--keep-runs <N>', 'how many runs to keep at most', wholeNumber(1, 100_000), KEEP_RUNS)
    .addOption(
      new Option('--disk <SIZE>', 'how much runs and images may occupy together; the history is always kept')
        .argParser(size)
        .default(20 * 2 ** 30, '20G'),
    );
}

export function gcCommand(): Command {
  const command = new Command('gc')
    .option('--dry-run', 'list what would be removed and how much space that frees; remove nothing')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)');
  return addGcOptions(command).action(async (options: GcOptions & { dryRun?: boolean }) => {
    using interrupt = interruptible();
    using status = new StatusLine(process.stderr);
    const progress = progressReporter(status);
    await using images = await openImages({ progress, signal: interrupt.signal });
    if (options.dryRun) say(announce(await findGarbage(options, images, new Set())).join('\n'));
    else say(await collectGarbage(options, images, new Set()));
  });
}

export interface Garbage {
  runs: KeptRun[];
  images: Removable[];
  /** The folders of old nights. */
  nights: { folder: string; bytes: number }[];
}

/** What has to go. Changes nothing. */
export async function findGarbage(
  { keepRuns: keep, disk: room, runs: chosen }: GcOptions,
  images: Pick<Images, 'list' | 'removable'>,
  needed: ReadonlySet<string>,
): Promise<Garbage> {
  const runs = runsFolder(chosen);
  const kept: KeptRun[] = [];
  for (const folder of runFolders(runs)) {
    const idle = await FileLock.tryAcquire(join(folder, EVENTS));
    await using _ = idle;
    kept.push({ folder, bytes: await bytesBelow(folder), needed: idle === null || needed.has(folder) });
  }
  const inCache = (await images.list()).reduce((sum, { bytes }) => sum + bytes, 0);
  const unused = (await images.removable()).map((image) => ({ ...image, state: image.name === GUEST_STATE }));
  const nights = (await new Nights(runs).old(keep)).map(async (folder) => ({
    folder,
    bytes: await bytesBelow(folder),
  }));
  return {
    ...garbage({ runs: kept, unused, inCache }, { keep, room, now: new Date() }),
    nights: await Promise.all(nights),
  };
}

/** Removes what has to go. Returns one line that says what was removed. */
export async function collectGarbage(
  options: GcOptions,
  images: Pick<Images, 'list' | 'removable' | 'remove'>,
  needed: ReadonlySet<string>,
): Promise<string> {
  const { runs, nights, images: unused } = await findGarbage(options, images, needed);
  const gone = await images.remove(unused);
  for (const { folder } of [...runs, ...nights]) await rm(folder, { recursive: true, force: true });
  return `${counts(runs.length, gone.removed.length)} removed, ${formatBytes(gone.bytes + bytesOf([...runs, ...nights]))} freed`;
}

/** What collectGarbage() would do, one line each. */
export function announce({ runs, images, nights }: Garbage): string[] {
  const all = [
    ...runs.map(({ folder, bytes }) => ({ what: `run ${basename(folder)}`, bytes })),
    ...nights.map(({ folder, bytes }) => ({ what: `night ${basename(folder)}`, bytes })),
    ...images.map(({ id, bytes }) => ({ what: id, bytes })),
  ];
  return [...listed(all), `${counts(runs.length, images.length)} would be removed, ${formatBytes(bytesOf(all))} freed`];
}

export function listed(things: readonly { what: string; bytes: number }[]): string[] {
  return things.map(({ what, bytes }) => `${formatBytes(bytes).padStart(10)}  ${what}`);
}

const counts = (runs: number, images: number) => `${countOf(runs, 'run')} and ${countOf(images, 'image')}`;

export const bytesOf = (things: readonly { bytes: number }[]) => things.reduce((sum, { bytes }) => sum + bytes, 0);

async function bytesBelow(folder: string): Promise<number> {
  const sizes = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((item) => item.isFile())
    .map(async (item) => (await stat(join(item.parentPath, item.name))).size);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
