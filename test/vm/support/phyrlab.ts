/** The command line as a user has it: real processes, folders of their own, nothing left behind. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { onTestFailed } from 'vitest';
import { isGood, RunResult } from '../../../src/model/index.js';

export const CLI = join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'phyrlab.mjs');

export class Sandbox {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Sandbox> {
    return new Sandbox(await mkdtemp(join(tmpdir(), 'phyrlab-test-')));
  }

  /** Starts `phyrlab ARGS` with its runs in this sandbox. */
  start(args: string[], options: Options = {}) {
    return execa(process.execPath, [CLI, ...args], {
      ...options,
      env: { PHYRLAB_RUNS: join(this.folder, 'runs'), ...options.env },
      reject: false,
    });
  }

  async run(args: string[], options: Options = {}): Promise<{ code: number; out: string; err: string }> {
    const { exitCode, stdout, stderr } = await this.start(args, options);
    return { code: exitCode ?? -1, out: String(stdout), err: String(stderr) };
  }

  /** Runs cells and returns the record that `--json` wrote. A test that fails then says what became of those that did not pass. */
  async cells(args: string[], options: Options = {}): Promise<{ code: number; result: RunResult; out: string }> {
    const path = join(this.folder, `result-${Math.random().toString(36).slice(2)}.json`);
    const { code, out, err } = await this.run(['run', ...args, '--json', path], options);
    try {
      const result = RunResult.parse(JSON.parse(await readFile(path, 'utf8')));
      const story = await this.#story(result);
      onTestFailed(({ task }) => {
        for (const error of task.result?.errors ?? []) error.message += story;
      });
      return { code, out, result };
    } catch (error) {
      throw new Error(`no result (exit code ${code}): ${out}\n${err}`, { cause: error });
    }
  }

  /** The cells that did not pass, with their reasons and how the console of a lost one's guest ended. */
  async #story({ run, cells }: RunResult): Promise<string> {
    const lines = cells
      .filter(({ verdict }) => !isGood(verdict))
      .map(async ({ id, verdict, reason, evidence }) => {
        const log = join(this.folder, 'runs', run.id, evidence ?? '', 'console.log');
        const console = verdict === 'lost' ? await readFile(log, 'utf8').catch(() => '') : '';
        return `\n${run.id}: ${id}: ${verdict}: ${reason}\n${console.split('\n').slice(-30).join('\n')}`;
      });
    return (await Promise.all(lines)).join('');
  }

  /** Processes that have anything to do with this sandbox. */
  async processes(): Promise<number[]> {
    const found: number[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (cmdline.includes(this.folder) && Number(pid) !== process.pid) found.push(Number(pid));
    }
    return found;
  }

  /** What the newest run has recorded so far. */
  async lastEvents(): Promise<string> {
    const runs = join(this.folder, 'runs');
    // By their age: the names of two runs of the same second are in no order.
    const names = (await readdir(runs).catch(() => [])).filter((name) => /^\d/.test(name));
    const ages = await Promise.all(
      names.map(async (name) => ({ name, born: (await stat(join(runs, name))).birthtimeMs })),
    );
    const newest = ages.sort((a, b) => a.born - b.born).at(-1)?.name;
    return newest === undefined ? '' : readFile(join(runs, newest, 'events.jsonl'), 'utf8').catch(() => '');
  }

  /** PIDs of the emulators that trace into this sandbox. */
  async guests(): Promise<number[]> {
    const found: number[] = [];
    for (const pid of await this.processes()) {
      const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (cmdline.includes('trace.log')) found.push(pid);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Polls until it holds; fails with `what` after `ms`. */
export async function until(what: string, ms: number, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
