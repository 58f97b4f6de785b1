import { existsSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { COVERAGE } from '../coverage/index.js';
import { messageOf, quoted, shellWord, UsageError } from '../model/index.js';
import { StatusLine, styleFor } from '../report/index.js';
import {
  EVENTS,
  findRun,
  mergeShards,
  newRunId,
  RunStore,
  readEvents,
  runsFolder,
  type ShardLog,
} from '../results/index.js';
import { complain } from '../terminal/index.js';
import type { RunEvent } from '../workloads/index.js';
import { addReportOptions } from './conduct-options.js';
import { RUN } from './options.js';
import { Recording } from './recording.js';
import { checkTargets, type ReportTarget, targetsOf } from './reports.js';
import { reproLine } from './repro-line.js';

interface MergeCommandOptions {
  json?: string;
  report?: ReportTarget[];
  runs?: string;
}

export function mergeCommand(): Command {
  const command = new Command('merge')

    .argument('<DIR|RUN...>', `folders that contain runs; or ${RUN}`)
    .option('--runs <DIR>', 'where to keep the merged run (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)');
  return addReportOptions(command).action(merge);
}

async function merge(folders: string[], options: MergeCommandOptions): Promise<void> {
  const { targets, output } = targetsOf(options);
  await checkTargets(targets);
  // A word that is no path and no existing file is the name of a run.
  const folderOf = (word: string) =>
    word.includes('/') || existsSync(word) ? resolve(word) : findRun(runsFolder(options.runs), word);
  const logs = (await Promise.all(folders.map((word) => logsIn(folderOf(word))))).flat();
  if (logs.length === 0)
    throw new UsageError(`no run in ${folders.join(', ')}`, 'name the folders in which the shards kept their runs');
  const [{ seed, asked }] = logs.map(({ start }) => start.run) as [ShardLog['start']['run']];
  const id = newRunId();
  const merged = mergeShards(logs, {
    id,
    now: new Date().toISOString(),
    repro: (cellId, declared) =>
      declared
        ? reproLine(id, cellId)
        : [
            `phyrlab run ${quoted(cellId)} --seed ${seed}`,
            ...(asked === undefined ? [] : [`--kernel ${shellWord(asked.kernel)}`]),
            ...(asked?.scenarios === undefined ? [] : [`--scenarios ${shellWord(asked.scenarios)}`]),
          ].join(' '),
  });
  const runs = runsFolder(options.runs);
  using store = await RunStore.create(runs, id);
  using status = new StatusLine(output);
  const recording = new Recording({ store, runs, targets, status, style: styleFor(output) });
  recording.consume(merged.start);
  for (const event of merged.events) recording.consume(event);
  for (const { from, to } of merged.evidence) {
    await cp(from, join(store.folder, to), { recursive: true }).catch((error: unknown) =>
      recording.consume(notice(`cannot copy evidence: ${messageOf(error)}`)),
    );
  }
  // Each cell was in one shard only, and the code is the same.
  for (const { folder } of logs)
    if (existsSync(join(folder, COVERAGE)))
      await cp(join(folder, COVERAGE), join(store.folder, COVERAGE), { recursive: true });
  const { exitCode } = await recording.conclude({ duration_ms: Math.max(...logs.map(lengthOf)), interrupted: false });
  process.exitCode = exitCode;
}

/** Reads the folder itself if it is a run, else the runs in it. */
async function logsIn(folder: string): Promise<ShardLog[]> {
  const names = existsSync(join(folder, EVENTS)) ? [] : await inside(folder);
  const runs = names.length === 0 ? [folder] : names.map((name) => join(folder, name));
  const logs = await Promise.all(runs.filter((run) => existsSync(join(run, EVENTS))).map(logOf));
  const found = logs.flatMap((log) => log ?? []);
  if (found.length === 0) complain(`warning: ${folder} contains no run: the cells of its shard are lost`);
  return found;
}

async function inside(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    throw new UsageError(`cannot read ${folder}: ${messageOf(error)}`);
  }
}

async function logOf(folder: string): Promise<ShardLog | undefined> {
  const log = await readEvents(folder);
  return log && { ...log, folder };
}

/** In ms. Shards run in parallel, so the longest determines the duration. */
function lengthOf({ start, events }: ShardLog): number {
  return Math.max(0, Date.parse(events.at(-1)?.at ?? start.at) - Date.parse(start.at));
}

function notice(text: string): RunEvent {
  return { type: 'notice', at: new Date().toISOString(), level: 'warning', text };
}
