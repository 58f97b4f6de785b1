/** Where mutants are tried: built one by one, and run in the cells that reach them. */
import { rm } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory, type EditedBuild, type EditedModules, type Images } from '../images/index.js';
import { type CellRecord, type Kernel, type Modules, shortLine } from '../model/index.js';
import {
  changedLine,
  diffOf,
  explanationOf,
  inOrderOfPromise,
  type Mutant,
  mutated,
  Outcome,
  reachOf,
  type Trial,
} from '../mutate/index.js';
import { hostLoad, type ImageNeed } from '../plan/index.js';
import { probeAccelerator } from '../qemu/index.js';
import { Snapshots, tryCells } from '../run/index.js';
import { BOOT_TIMEOUT_S } from './conduct-options.js';
import type { Subject } from './mutation.js';

interface LaboratoryOptions {
  /** Of what guests leave, which goes when a mutant is done. */
  folder: string;
  cold: boolean;
  signal: AbortSignal;
}

/** A cell that takes so many times longer than when it passed, and this besides for a host that is busy, hangs. */
const TIMES = 10;
const LEAST_MS = 60_000;

/** What one mutant is, for each kernel that it is built for. */
type Builds = Map<string, Promise<EditedBuild>>;

export class Laboratory implements AsyncDisposable {
  readonly #subject: Subject;
  readonly #images: Images;
  readonly #options: LaboratoryOptions;
  readonly #accelerator: 'kvm' | 'tcg';
  readonly #kernel: Kernel;
  readonly #edited = new Map<string, Promise<EditedModules>>();

  private constructor(
    subject: Subject,
    images: Images,
    options: LaboratoryOptions,
    accelerator: 'kvm' | 'tcg',
    kernel: Kernel,
  ) {
    this.#subject = subject;
    this.#images = images;
    this.#options = options;
    this.#accelerator = accelerator;
    this.#kernel = kernel;
  }

  static async open(subject: Subject, images: Images, options: LaboratoryOptions): Promise<Laboratory> {
    const { signal, folder } = options;
    // A session that was killed may have left some.
    await rm(folder, { recursive: true, force: true });
    const [first] = subject.cells.values();
    const { asked } = subject;
    const image = await images.image(asked.kernel, first === undefined ? {} : { machine: first.cell.machine });
    const { accelerator } = await probeAccelerator({
      ...image,
      cacheDir: cacheDirectory(undefined, process.env),
      signal,
    });
    return new Laboratory(subject, images, options, accelerator, image.kernel);
  }

  /** @param trials of this session; those of the one before only tell which cells are worth trying first. */
  async try(
    mutant: Mutant,
    { trials, earlier }: { trials: readonly Trial[]; earlier: readonly Trial[] },
    onStep: (what: string) => void,
  ): Promise<Trial> {
    const started = performance.now();
    const source = this.#subject.sources.get(mutant.file) ?? '';
    const { cells, exact } = reachOf(this.#subject.coverage, mutant.file, mutant);
    const diff = diffOf(mutant, source);
    const builds: Builds = new Map();
    const trial = (outcome: Outcome, code?: string): Trial => ({
      id: mutant.id,
      file: mutant.file,
      line: mutant.line,
      function: mutant.function,
      operator: mutant.operator,
      exact,
      ...(code !== undefined && { code }),
      diff,
      ms: Math.round(performance.now() - started),
      outcome: Outcome.parse(outcome),
    });
    try {
      onStep('building');
      const built = await this.#build(mutant, this.#kernel, builds);
      if (built.kind === 'refused') return trial({ kind: 'skipped', why: 'does-not-compile' });
      if (built.kind === 'same') return trial({ kind: 'skipped', why: 'same-code' });
      const code = built.modules.key;
      if (trials.some((other) => other.code === code)) return trial({ kind: 'skipped', why: 'same-mutant' });
      const explained = explanationOf(mutant, changedLine(mutant, source), this.#subject.explained);
      if (explained !== undefined) return trial({ kind: 'explained', why: explained.why }, code);
      const known = cells.flatMap((id) => {
        const found = this.#subject.cells.get(id);
        return found === undefined ? [] : [found];
      });
      if (known.length === 0) return trial({ kind: 'unreached' }, code);
      const promising = inOrderOfPromise(
        known.map(({ cell, ms }) => ({ cell: cell.id, ms })),
        mutant.file,
        [...earlier, ...trials],
      );
      return trial(await this.#judge(mutant, promising, builds, onStep), code);
    } finally {
      for (const build of builds.values()) {
        const built = await build.catch(() => undefined);
        if (built?.kind === 'built') await built.remove();
      }
    }
  }

  async #judge(
    mutant: Mutant,
    cells: readonly string[],
    builds: Builds,
    onStep: (what: string) => void,
  ): Promise<Outcome> {
    const { run, cells: known, asked } = this.#subject;
    const { signal, cold } = this.#options;
    const folder = join(this.#options.folder, mutant.id);
    const image = async ({ machine }: ImageNeed) => {
      const product = await this.#images.image(asked.kernel, { machine });
      const built = await this.#build(mutant, product.kernel, builds);
      const modules: Modules = built.kind === 'built' ? built.modules : product.modules;
      return { ...product, modules };
    };
    try {
      const tried = await tryCells(
        cells.flatMap((id) => known.get(id)?.cell ?? []),
        {
          run,
          repro: () => '',
          host: hostLoad(cpus().length, totalmem() / 2 ** 20, 1),
          accelerator: this.#accelerator,
          image,
          decode: async (log) => [...log],
          folder,
          bootDeadlineMs: BOOT_TIMEOUT_S * this.#kernel.patience * 1000,
          snapshots: cold ? undefined : new Snapshots(this.#images.states, () => {}),
          // What the host broke says nothing, and is tried once more.
          retries: 1,
          limitMs: (id) => (known.get(id)?.ms ?? 0) * TIMES + LEAST_MS,
          emit: (event) => {
            if (event.type === 'cell-start') onStep(event.cell);
          },
          signal,
        },
      );
      if (tried.failed !== undefined) return killed(tried.failed, tried.passed);
      if (tried.stuck !== undefined) {
        const { id, ms } = tried.stuck;
        const reason = `it did not end within ${Math.round(ms / 1000)} s`;
        return { kind: 'killed', how: 'stuck', by: id, oracles: [], reason, cells: tried.passed };
      }
      const [unjudged] = tried.unjudged;
      if (unjudged === undefined) return { kind: 'survived', cells: tried.passed };
      return { kind: 'unjudged', reason: shortLine(`${unjudged.id}: ${unjudged.reason}`), cells: tried.passed };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #build(mutant: Mutant, kernel: Kernel, builds: Builds): Promise<EditedBuild> {
    const known = builds.get(kernel.key);
    if (known !== undefined) return known;
    let edited = this.#edited.get(kernel.key);
    if (edited === undefined) {
      edited = this.#images.edited(kernel);
      this.#edited.set(kernel.key, edited);
    }
    const text = mutated(this.#subject.sources.get(mutant.file) ?? '', mutant.edits);
    const build = edited.then((modules) => modules.build(mutant.file.replace(/^guest\//, ''), text));
    builds.set(kernel.key, build);
    return build;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#options.folder, { recursive: true, force: true });
    for (const edited of this.#edited.values()) await (await edited.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

function killed({ id, oracles, reason }: CellRecord, passed: string[]): Outcome {
  const objected = oracles.filter(({ verdict }) => verdict === 'fail');
  const objections = objected.flatMap((report) => (report.verdict === 'pass' ? [] : report.objections));
  const how = objections.some(({ code }) => code === 'guest-died')
    ? 'died'
    : /\.ko does not load/.test(reason)
      ? 'load'
      : 'oracle';
  return {
    kind: 'killed',
    how,
    by: id,
    oracles: objected.map(({ name }) => name),
    reason: shortLine(reason),
    cells: passed,
  };
}
