/** `phyrlab run CELL --script FILE [-- ARG...]`: a command of the user's where the cells that are named would run their workloads. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Backend, Backend as BackendSchema, type Script, UsageError } from '../model/index.js';
import { expand, type Plan } from '../plan/index.js';
import { type Block, scriptWorkload } from '../workloads/index.js';
import { type Duration, duration } from './options.js';

export interface ScriptOptions {
  script?: string;
  file?: string[];
  verdict?: Script['verdict'];
  deadline?: Duration;
  backend?: Backend;
  idle?: boolean;
}

/** The places where a script runs if no cell is named. */
export const SCRIPT_PLACES = 'commands';

export function addScriptOptions(command: Command): Command {
  return command
    .option(
      '--script <FILE>',
      `run this script or program of yours instead of the cells' workloads, with the arguments behind --; default place: the suite ${SCRIPT_PLACES}`,
    )
    .option(
      '--file <PATH>',
      'a file or folder that the script needs, in its folder in the guest; any number of times',
      more,
    )
    .option('--verdict <exit|ktap|fio>', 'how the script says what it found (default: exit)', verdict)
    .option('--deadline <DURATION>', 'how long the script may take (default: 60s)', duration)
    .option(
      '--backend <NAME>',
      "the disk's driver: nvme, the kernel's, or a backend of phyr_nvme (default: those of the cells)",
      backend,
    )
    .option(
      '--idle',
      'the script need not use the disk under test; without this, a script that does not is inconclusive',
    );
}

const more = (path: string, earlier: string[] = []) => [...earlier, path];

function verdict(text: string): Script['verdict'] {
  if (text === 'exit' || text === 'ktap' || text === 'fio') return text;
  throw new InvalidArgumentError('It takes exit, ktap or fio.');
}

function backend(text: string): Backend {
  const parsed = BackendSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`It takes one of ${BackendSchema.options.join(', ')}.`);
}

/** The words before `--` and those behind it. */
export function withoutArguments(
  words: readonly string[],
  typed: readonly string[],
): { words: string[]; args: string[] } {
  const at = typed.indexOf('--');
  const behind = at < 0 ? 0 : typed.length - at - 1;
  return { words: words.slice(0, words.length - behind), args: words.slice(words.length - behind) };
}

/** @throws UsageError if an option makes no sense without a script, or a file cannot be read */
export function scriptOf(options: ScriptOptions, args: readonly string[]): Script | undefined {
  const { script, file = [], verdict = 'exit', deadline, backend, idle } = options;
  if (script === undefined) {
    const alone = (['file', 'verdict', 'deadline', 'backend', 'idle'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (alone !== undefined) throw new UsageError(`--${alone} goes with --script`);
    if (args.length > 0) throw new UsageError('what stands behind -- are the arguments of --script');
    return undefined;
  }
  for (const path of [script, ...file]) readable(path);
  if (!statSync(script).isFile()) throw new UsageError(`${script} is no file that could be run`);
  const seconds = Math.ceil((deadline?.ms ?? 60_000) / 1000);
  if (seconds > 3600) throw new UsageError('a script may take one hour at most', 'a shorter --deadline');
  return {
    file: resolve(script),
    args: [...args],
    files: file.map((path) => resolve(path)),
    verdict,
    deadline: seconds,
    ...(backend !== undefined && { backend }),
    idle: idle === true,
  };
}

function readable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new UsageError(`${path} is not there, or you may not read it`);
  }
}

/** The same machines, topologies and backends, with the script as the workload. */
export function planOfScript(plan: Plan, script: Script, seed: number): Plan {
  const workload = scriptWorkload(script);
  const places = plan.cells.filter(({ plant, machine }) => plant === undefined && machine.clock === 'wall');
  const blocks = places.map(({ machine, topology, backend }): Block => {
    const backends = [script.backend ?? backend];
    return { machines: [machine], topologies: [topology], workloads: [workload], backends };
  });
  const [first] = blocks;
  if (first === undefined)
    throw new UsageError('a script cannot run in any of these cells: they have planted defects or count instructions');
  const { cells, pruned, omitted } = expand({ id: 'script', describe: script.file, blocks }, seed);
  if (cells.length === 0) throw new UsageError(`the script cannot run there: ${pruned[0]?.reason ?? ''}`);
  return { cells, pruned, omitted };
}
