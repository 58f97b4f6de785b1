import { dutOf } from '../../fabric/index.js';
import { check, type Lab, StepFailed } from '../../guest/index.js';
import { Churn, type ChurnArea, churnClaim, type DataClaim, stamped } from '../../oracle/index.js';
import type { WorkloadContext } from './context.js';
import { CHURN_CACHED_KIB, CHURN_KIB } from './disk-layout.js';
import { overwrite } from './host-file.js';
import type { Wrong } from './result.js';

export interface ChurnPlan {
  /** Where the areas begin on the disk, in bytes. */
  offset: number;
  /** Workers with direct I/O. */
  threads: number;
  /** Adds a worker that uses the page cache, and keeps memory short. */
  pressure: boolean;
  /** At most. Workers whose I/O fails end earlier. */
  seconds: number;
  seed: number;
}

/** The guest may clear memory that is taken from it; under emulation this took 5 ms per MiB. */
const TAKE_MS_PER_MIB = 15;

/** One run of guest/tools/churn: what the host writes to the disk first, the command, and what must be on the disk afterwards. */
export class ChurnRun {
  readonly #plan: ChurnPlan;
  readonly #areas: ChurnArea[];
  readonly #file: string;
  readonly #deadlineMs: number;

  constructor({ cell, dutFile }: Pick<WorkloadContext, 'cell' | 'dutFile'>, plan: ChurnPlan) {
    this.#plan = plan;
    this.#file = dutFile;
    this.#deadlineMs = plan.seconds * 1000 + 60_000 + (plan.pressure ? TAKE_MS_PER_MIB * cell.machine.memoryMiB : 0);
    const { blockSize } = dutOf(cell.topology);
    const bytes = CHURN_KIB * 1024;
    const area = (worker: number, size: number): ChurnArea => {
      return { worker, offset: plan.offset + worker * bytes, bytes: size, blockSize, seed: plan.seed };
    };
    this.#areas = Array.from({ length: plan.threads }, (_, worker) => area(worker, bytes));
    if (plan.pressure) this.#areas.push(area(plan.threads, CHURN_CACHED_KIB * 1024));
  }

  /** Stamps all areas with generation 0. The guest has not read them, so no cache of it holds older data. */
  async plant(): Promise<void> {
    for (const { offset, bytes, seed } of this.#areas) {
      await overwrite(this.#file, offset, stamped(offset, bytes, seed, 0));
    }
  }

  async run(lab: Lab, disk: string): Promise<Churn['churn']> {
    const { offset, threads, pressure, seconds, seed } = this.#plan;
    const cached = pressure ? CHURN_CACHED_KIB * 1024 : 0;
    const command = `churn ${disk} ${offset} ${CHURN_KIB * 1024} ${threads} ${cached} ${Number(pressure)} ${seconds} ${seed}`;
    const { lines, stderr } = await lab.run(command, { accept: [1, 2], deadlineMs: this.#deadlineMs });
    const { churn } = check(Churn, command, lines.at(-1), stderr);
    if (churn.workers.length !== this.#areas.length) {
      const detail = `${command}: only ${churn.workers.length} of ${this.#areas.length} workers reported`;
      throw new StepFailed(detail, { code: 'answer-unexpected', where: { step: 'churn' } });
    }
    return churn;
  }

  claims({ workers }: Churn['churn']): DataClaim[] {
    return this.#areas.flatMap((area, worker) => {
      const outcome = workers[worker];
      return outcome === undefined ? [] : [churnClaim(area, outcome, this.#file)];
    });
  }
}

/** The objection if the guest itself read wrong data. */
export function misread({ bad, first }: Churn['churn']): Wrong | undefined {
  if (bad === 0) return undefined;
  const what =
    first && `first at byte ${first.at}: LBA ${first.lba} of generation ${first.generation}, seed ${first.seed}`;
  return { code: 'read-wrong', detail: `${bad} sectors were read wrong, ${what}` };
}

export function operations({ workers }: Churn['churn']): number {
  return workers.reduce((sum, { done }) => sum + done, 0);
}
