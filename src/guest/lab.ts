/**
 * The steps of a cell in the guest, typed. Each is a command of guest/lab/lab or of a guest tool, and answers in JSON
 * lines.
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

/** A step failed. This is evidence against the code under test, not a fault of the harness. */
export class StepFailed extends Error {
  override name = 'StepFailed';
  readonly objection: ObjectionOf<'workload'>;

  constructor(message: string, { code = 'step-failed', where }: Partial<ObjectionOf<'workload'>> = {}) {
    super(message);
    this.objection = { code, detail: message, ...(where && { where }) };
  }
}

/** The first words of a command say what it does; the rest is different in each cell. */
function stepOf(command: string): string {
  return /^[a-z][a-z0-9_-]*(?: [a-z][a-z0-9_-]*(?= |$))?/.exec(command)?.[0] ?? '';
}

/** This guest cannot test what the cell asks for, and no other guest like it could. The cell is inconclusive. */
export class CouldNotLook extends Error {
  override name = 'CouldNotLook';
}

const STEP_DEADLINE_MS = 30_000;
/** Exit code of guest/lab/lab for that. */
const BLIND = 4;

export interface StepOptions {
  deadlineMs?: number;
  stdin?: string | Buffer;
  /** Exit codes besides 0 that are not failures. */
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
    /** Awaited before another driver is bound to a function. */
    onBind: (bdf: string, driver: string) => Promise<void> = async () => {},
    /** Factor for all deadlines: a debug kernel is slower. */
    patience = 1,
  ) {
    this.#patience = patience;
    this.#session = session;
    this.#onBind = onBind;
    this.#machine = machine;
    this.#signal = signal;
    this.#onStep = onStep;
  }

  /** Runs a command; its standard output must be JSON lines. */
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

  /** Runs a command that must succeed and does not print JSON. */
  async text(command: string, options: StepOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.#exec(command, options);
    if (code !== 0) {
      const said = lastLine(stderr) || `exit code ${code}`;
      throw new StepFailed(`${command}: ${said}`, { where: { step: stepOf(command) } });
    }
    return stdout;
  }

  /** Runs a program of the user. Any output and exit code is a valid answer. `onLine` gets each line as it arrives. */
  program(command: string, options: StepOptions & Pick<ExecOptions, 'onLine' | 'mostOutput'>): Promise<ExecResult> {
    return this.#exec(command, options);
  }

  /** Copies files into the guest. */
  push(files: readonly PushedFile[]): Promise<void> {
    return this.#session.push(files, { signal: this.#signal });
  }

  /** Reports progress to whoever watches the run. */
  tell(step: string): void {
    this.#onStep(step);
  }

  /** A time limit in the guest, longer for a debug kernel. */
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

  /** Runs a command; the last line of its output is the answer. */
  async ask<T>(schema: z.ZodType<T>, command: string, options: StepOptions = {}): Promise<T> {
    const { lines, stderr } = await this.run(command, options);
    return check(schema, command, lines.at(-1), stderr);
  }

  /**
   * Binds a driver and returns the name of the disk, if there is one. Throws InfraError if the guest is not the machine
   * that was declared.
   */
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
   * Gives the group of an unbound function a fresh domain of the machine's kind, since the cost of mapping depends on
   * earlier mappings. Does nothing without translation.
   */
  async renewDomain(bdf: string): Promise<void> {
    const { iommu } = this.#machine;
    if (translates(iommu)) await this.run(`lab group-type ${bdf} ${DOMAINS[domainInForce(iommu)]}`);
  }

  /** SHA-256 of a direct read of the device. */
  async digest(disk: string, offset: number, bytes: number): Promise<string> {
    return (await this.ask(Digest, `lab digest ${disk} ${offset} ${bytes}`)).sha256;
  }
}

const Bound = z.object({ disk: z.string(), domain: z.string(), iommu: z.string(), dma_bits: z.number() });

/** The kernel's names for domain types (/sys/kernel/iommu_groups/N/type). */
const DOMAINS: Record<DomainInForce, string> = { none: 'none', identity: 'identity', strict: 'DMA', lazy: 'DMA-FQ' };

/** What the guest has instead of what the machine declares, if they differ. */
export function otherMachine(
  machine: Machine,
  driver: string,
  bound: Omit<z.infer<typeof Bound>, 'disk'>,
): string | undefined {
  const { iommu } = machine;
  const domain = DOMAINS[domainInForce(iommu)];
  if (bound.domain !== domain) return `IOMMU domain '${bound.domain}', but the machine declares '${domain}'`;
  if (!modelOf(iommu).kernel.sysfs.test(bound.iommu))
    return `the IOMMU '${bound.iommu}', but the machine declares ${iommu.kind}`;
  const bits = machine.dmaBits ?? 64;
  if (driver === 'phyr_nvme' && bound.dma_bits !== bits)
    return `a DMA mask of ${bound.dma_bits} bits, but the machine declares ${bits}`;
  return undefined;
}

const Digest = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** @param stderr of the command: explains a missing answer */
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

/** The last failure among the lines: `lab uncounted` prints counters after the output of its command. */
function failureIn(lines: unknown[]): z.infer<typeof Failure> | undefined {
  const failures = lines.filter((line) => isLineOf(Failure, line));
  return Failure.safeParse(failures.at(-1)).data;
}

const Failure = z.object({ error: z.string(), errno: z.string().optional() });
