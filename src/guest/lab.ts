/**
 * The steps of a cell inside the guest, typed: each is one command of guest/lab/lab or of a guest tool, and answers in JSON lines.
 */

import { z } from 'zod';
import { modelOf } from '../iommus/index.js';
import {
  type DomainInForce,
  domainInForce,
  isLineOf,
  type Machine,
  NotAsDeclared,
  type ObjectionOf,
  translates,
} from '../model/index.js';
import type { ExecOptions, ExecResult, PushedFile, Session } from './session.js';

/** A step of the workload that did not do what it should: evidence against the code under test, not a broken harness. */
export class StepFailed extends Error {
  override name = 'StepFailed';
  readonly objection: ObjectionOf<'workload'>;

  constructor(message: string, { code = 'step-failed', where }: Partial<ObjectionOf<'workload'>> = {}) {
    super(message);
    this.objection = { code, detail: message, ...(where && { where }) };
  }
}

/** What a command does, in its first words: the rest is of one cell alone. */
function stepOf(command: string): string {
  return /^[a-z][a-z0-9_-]*(?: [a-z][a-z0-9_-]*(?= |$))?/.exec(command)?.[0] ?? '';
}

/** This guest cannot show what the cell asks for, and no other of its kind would: the cell is inconclusive. */
export class CouldNotLook extends Error {
  override name = 'CouldNotLook';
}

const STEP_DEADLINE_MS = 30_000;
/** guest/lab/lab: this guest cannot show what the oracles ask for. */
const BLIND = 4;

export interface StepOptions {
  deadlineMs?: number;
  stdin?: string | Buffer;
  /** Exit codes other than 0 that are answers, not failures. */
  accept?: readonly number[] | 'all';
}

export interface Answer {
  code: number;
  lines: unknown[];
  stderr: string;
}

export class Lab {
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #onStep: (step: string) => void;
  readonly #machine: Machine;
  readonly #patience: number;
  readonly #onBind: (bdf: string, driver: string) => Promise<void>;

  constructor(
    session: Session,
    machine: Machine,
    signal: AbortSignal,
    onStep: (step: string) => void,
    /** Awaited before a function gets another driver. */
    onBind: (bdf: string, driver: string) => Promise<void> = async () => {},
    /** Of the guest's kernel: all deadlines are that many times longer. */
    patience = 1,
  ) {
    this.#patience = patience;
    this.#session = session;
    this.#onBind = onBind;
    this.#machine = machine;
    this.#signal = signal;
    this.#onStep = onStep;
  }

  /** Run one command; its standard output must be JSON lines. */
  async run(command: string, options: StepOptions = {}): Promise<Answer> {
    const result = await this.#exec(command, options);
    const lines = parseLines(command, result.stdout);
    const answered = result.code === 0 || options.accept === 'all' || options.accept?.includes(result.code) === true;
    if (!answered) {
      const said = lastLine(result.stderr) || failureIn(lines)?.error || `exit code ${result.code}`;
      if (result.code === BLIND) throw new CouldNotLook(`this guest cannot be judged: ${said}`);
      const { errno } = failureIn(lines) ?? {};
      throw new StepFailed(`${command}: ${said}`, { where: { step: stepOf(command), ...(errno && { errno }) } });
    }
    return { code: result.code ?? -1, lines, stderr: result.stderr };
  }

  /** Run one command that must succeed; what it prints is no JSON. */
  async text(command: string, options: StepOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.#exec(command, options);
    if (code !== 0) {
      const said = lastLine(stderr) || `exit code ${code}`;
      throw new StepFailed(`${command}: ${said}`, { where: { step: stepOf(command) } });
    }
    return stdout;
  }

  /** Run somebody else's command: whatever it prints and however it ends is an answer. `onLine` sees each line as it comes. */
  program(command: string, options: StepOptions & Pick<ExecOptions, 'onLine' | 'mostOutput'>): Promise<ExecResult> {
    return this.#exec(command, options);
  }

  /** Put files into the guest. */
  push(files: readonly PushedFile[]): Promise<void> {
    return this.#session.push(files, { signal: this.#signal });
  }

  /** Tell whoever watches the run what the guest is doing. */
  tell(step: string): void {
    this.#onStep(step);
  }

  /** A time that a guest's kernel takes longer for if it checks itself. */
  patient(seconds: number): number {
    return Math.ceil(seconds * this.#patience);
  }

  #exec(
    command: string,
    { deadlineMs, stdin, onLine, mostOutput }: StepOptions & Pick<ExecOptions, 'onLine' | 'mostOutput'>,
  ): Promise<ExecResult> {
    this.#onStep(command);
    return this.#session.exec(command, {
      deadlineMs: (deadlineMs ?? STEP_DEADLINE_MS) * this.#patience,
      signal: this.#signal,
      ...(stdin !== undefined && { stdin }),
      ...(onLine !== undefined && { onLine }),
      ...(mostOutput !== undefined && { mostOutput }),
    });
  }

  /** Run one command whose last line of output is the answer. */
  async ask<T>(schema: z.ZodType<T>, command: string, options: StepOptions = {}): Promise<T> {
    const { lines, stderr } = await this.run(command, options);
    return check(schema, command, lines.at(-1), stderr);
  }

  /** Returns the disk that the function now is, if any. A guest that is not what its machine declares is no guest to judge. */
  async bind(bdf: string, driver: string): Promise<string> {
    await this.#onBind(bdf, driver);
    const bound = await this.ask(Bound, `lab bind ${bdf} ${driver}`);
    const other = otherMachine(this.#machine, driver, bound);
    if (other !== undefined) throw new NotAsDeclared(`${bdf} has ${other}: kernel options, --kernel or --qemu`);
    return bound.disk;
  }

  async unbind(bdf: string): Promise<void> {
    await this.run(`lab unbind ${bdf}`);
  }

  /**
   * Gives the group of an unbound function a domain of the machine's kind that nobody has used: what mapping costs depends on what was
   * mapped before. Nothing to do where nothing translates.
   */
  async renewDomain(bdf: string): Promise<void> {
    const { iommu } = this.#machine;
    if (translates(iommu)) await this.run(`lab group-type ${bdf} ${DOMAINS[domainInForce(iommu)]}`);
  }

  /** SHA-256 of what a direct read of the device returns. */
  async digest(disk: string, offset: number, bytes: number): Promise<string> {
    return (await this.ask(Digest, `lab digest ${disk} ${offset} ${bytes}`)).sha256;
  }
}

const Bound = z.object({ disk: z.string(), domain: z.string(), iommu: z.string(), dma_bits: z.number() });

/** What the guest's kernel calls a group's domain (/sys/kernel/iommu_groups/N/type). */
const DOMAINS: Record<DomainInForce, string> = { none: 'none', identity: 'identity', strict: 'DMA', lazy: 'DMA-FQ' };

/** In what a device as the guest has it differs from what the machine declares. */
export function otherMachine(
  machine: Machine,
  driver: string,
  bound: Omit<z.infer<typeof Bound>, 'disk'>,
): string | undefined {
  const { iommu } = machine;
  const domain = DOMAINS[domainInForce(iommu)];
  if (bound.domain !== domain) return `IOMMU domain '${bound.domain}', and the machine declares '${domain}'`;
  if (!modelOf(iommu).kernel.sysfs.test(bound.iommu))
    return `the IOMMU '${bound.iommu}', and the machine declares ${iommu.kind}`;
  const bits = machine.dmaBits ?? 64;
  if (driver === 'phyr_nvme' && bound.dma_bits !== bits)
    return `a DMA mask of ${bound.dma_bits} bits, and the machine declares ${bits}`;
  return undefined;
}

const Digest = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** @param stderr of the command: what is wrong with a tool whose answer is not there is said on it, if anywhere */
export function check<T>(schema: z.ZodType<T>, command: string, value: unknown, stderr: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = issue?.path.join('.') ?? '';
  const wrong = value === undefined ? 'no answer' : `unexpected answer at '${at}': ${issue?.message ?? ''}`;
  const said = lastLine(stderr);
  throw new StepFailed(`${command}: ${wrong}${said && `; it said: ${said}`}`, {
    code: 'answer-unexpected',
    where: { step: stepOf(command) },
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function parseLines(command: string, stdout: string): unknown[] {
  const lines = stdout.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      const where = { step: stepOf(command) };
      throw new StepFailed(`${command}: its output is not JSON: ${line.slice(0, 200)}`, {
        code: 'answer-unexpected',
        where,
      });
    }
  });
}

/** The last that is one: `lab uncounted` prints counters after what it ran. */
function failureIn(lines: unknown[]): z.infer<typeof Failure> | undefined {
  const failures = lines.filter((line) => isLineOf(Failure, line));
  return Failure.safeParse(failures.at(-1)).data;
}

const Failure = z.object({ error: z.string(), errno: z.string().optional() });
