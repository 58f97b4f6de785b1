import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { relative, resolve } from 'node:path';
import { watch as watchFiles } from 'chokidar';
import { Command } from 'commander';
import { ExitCode, projectRoot, UsageError } from '../model/index.js';
import { select } from '../plan/index.js';
import { print } from '../terminal/index.js';
import { interruptible } from './interrupt.js';
import { CELLS } from './options.js';
import { loadSuites } from './scenarios.js';

/** An editor writes a file in several steps, and git checkout writes many files. */
const SETTLE_MS = 200;
/** How long a run may take to end its guests. */
const END_MS = 20_000;

export function watchCommand(): Command {
  return new Command('watch')

    .argument('<SUITE|PATTERN...>', CELLS)
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .addHelpText('after', '\nAll other options are passed to phyrlab run.')
    .allowUnknownOption()
    .action(async (words: string[], options: { scenarios?: string }) => {
      await watch(words, options.scenarios);
    });
}

/** @param words patterns and options of `run`, which checks them itself */
async function watch(words: string[], scenarios: string | undefined): Promise<void> {
  const first = words.filter((word) => !word.startsWith('-')).slice(0, 1);
  // Reports an unknown name at once, not after each change.
  select(await loadSuites(scenarios), first, 0);
  using interrupt = interruptible();
  const { signal } = interrupt;
  const folders = ['guest', 'harness'].map((name) => resolve(projectRoot, name));
  if (scenarios !== undefined) folders.push(resolve(scenarios));
  const changes = new Changes(folders);
  await using _closed = { [Symbol.asyncDispose]: () => changes.close() };
  signal.addEventListener('abort', () => changes.wake());
  const args = ['run', ...words, ...(scenarios === undefined ? [] : ['--scenarios', scenarios])];
  await changes.ready;

  while (!signal.aborted) {
    const run = start(args);
    const ended = once(run, 'close');
    await Promise.race([ended, changes.next()]);
    const early = run.exitCode === null && run.signalCode === null;
    if (early) await end(run, ended);
    if (signal.aborted) break;
    if (!early) {
      say(`exit code ${run.exitCode}; waiting for a change in ${folders.map(short).join(', ')} (Ctrl-C ends)`);
      await changes.next();
    }
    if (!signal.aborted) say(`${changes.take().map(short).join(', ')} changed${early ? ': ended the run' : ''}`);
  }
  // Ctrl-C is the normal end of this command.
  process.exitCode = ExitCode.ok;
}

/** Starts a process, because a change may be in our own declarations, which a new process compiles and loads again. */
function start(args: string[]): ChildProcess {
  const [, script] = process.argv;
  if (script === undefined) throw new UsageError('phyrlab cannot tell which file it was started from');
  // Detached from the terminal, so that Ctrl-C reaches it once, through us. pdeathsig ends it when we end, however that happens.
  const command = ['--pdeathsig', 'TERM', '--', process.execPath, script, ...args];
  return spawn('setpriv', command, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
}

async function end(run: ChildProcess, ended: Promise<unknown>): Promise<void> {
  run.kill('SIGINT');
  const late = setTimeout(() => run.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(late);
}

/** Collects changed files. A change is complete when nothing changed for a moment. */
class Changes {
  readonly ready: Promise<void>;
  readonly #watcher;
  readonly #files = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(folders: string[]) {
    // An editor's temporary files: hidden ones, backups, numbers.
    const ignored = (path: string) => /(^|\/)(\.[^/]*|[^/]*~|\d+)$/.test(path.slice(path.lastIndexOf('/')));
    this.#watcher = watchFiles(folders, { ignoreInitial: true, ignored });
    this.ready = new Promise((resolve, reject) => {
      this.#watcher.on('ready', () => resolve());
      this.#watcher.on('error', reject);
    });
    this.#watcher.on('all', (_event, path) => {
      this.#files.add(path);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.wake(), SETTLE_MS);
    });
  }

  /** Resolves at the next complete change, or when woken. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  take(): string[] {
    const files = [...this.#files];
    this.#files.clear();
    return files;
  }

  close(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#watcher.close();
  }
}

function short(path: string): string {
  return relative(process.cwd(), path) || path;
}

function say(text: string): void {
  print(process.stderr, `phyrlab watch: ${text}`);
}
