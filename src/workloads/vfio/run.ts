import { z } from 'zod';
import { StepFailed } from '../../guest/index.js';
import { modelOf } from '../../iommus/index.js';
import {
  InfraError,
  type Metric,
  type ObjectionOf,
  type OracleReport,
  objects,
  passes,
  withKernelFindings,
} from '../../model/index.js';
import {
  countSizes,
  type DataClaim,
  judgePages,
  type Page,
  type Provoked,
  pagesDue,
  parseRuns,
  stamped,
} from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { FAULTS_IN_LOG } from '../shared/faults-in-log.js';
import { metricsOf } from '../shared/figures.js';
import { askAll, askEach, Counted, Counting, type IommuApi, Opened, withDevices } from '../shared/iospace.js';
import { PIECE } from '../shared/memory.js';
import { named, otherOutcome, type WorkloadResult, type Wrong } from '../shared/result.js';
import type { Vfio } from './declaration.js';
import { figures } from './declaration.js';
import { errnoDue, refusals, reservedFields } from './refusals.js';

const figure = metricsOf(figures);

const PAGE = 4096;
const HUGE = 2 ** 21;
/**
 * Addresses within edu's 28 bits. At ALIGNED large pages fit, at BESIDE only small ones do, and FREE stays unmapped.
 */
const [ALIGNED, BESIDE, FREE] = [64 * 2 ** 20, 96 * 2 ** 20 + PAGE, 128 * 2 ** 20];

const Errno = z.string().nullable();
const Memory = z.object({
  memory: z.object({ chunk: z.number(), pages: z.number(), runs: z.number(), frames: z.string() }),
});
const Mapped = z.object({ map: z.object({ errno: Errno }) });
const Unmapped = z.object({ unmap: z.object({ errno: Errno, bytes: z.number().optional() }) });
const Reserved = z.object({ reserved: z.object({ errno: Errno }) });
const Followed = z.object({
  follow: z.object({
    errno: Errno,
    right: z.number().optional(),
    nowhere: z.number().optional(),
    wrong: z.number().optional(),
    beyond: z.boolean(),
    first: z.string().optional(),
  }),
});
const Device = z.object({ device: z.object({ errno: Errno }) });
const Digest = z.object({ sha256: z.string() });
/** How many pages have moved. The child has checked that its write was private. */
const Forked = z.strictObject({ forked: z.strictObject({ moved: z.number() }) });
/** How many pages of the memory are still the same and not freed. */
const Kept = z.strictObject({ kept: z.strictObject({ pages: z.number() }) });
/** Answers without content. */
const DONE = {
  munmap: z.strictObject({ munmapped: z.literal(true) }),
  close: z.strictObject({ closed: z.literal(true) }),
  quit: z.strictObject({ quit: z.literal(true) }),
};

type Context = WorkloadContext<Vfio>;

/**
 * Maps the same memory of one process in the address spaces of two devices: one by each of the kernel's APIs in turn,
 * the other by phyr_domain.ko. The devices write to it, and what they reach is checked with the IOMMU's tables. Both
 * sides must refuse the same requests. Then the process forks, unmaps the memory, and is killed with its mappings
 * alive.
 */
export async function run(context: Context): Promise<WorkloadResult> {
  const { workload } = context;
  // A forked child gets copies of pinned huge pages, which come from the spare ones.
  const spare = workload.memory === 'hugetlb' ? Math.ceil((workload.kib * 1024) / HUGE) : 0;
  return withDevices(context, workload.engine, spare, ({ bdf, apis }) => new Story(context, bdf, apis).run());
}

/** Objections to the code under test, and to the kernel's own APIs. */
class Objections<O extends 'workload' | 'translation'> {
  readonly #name: O;
  readonly #ours: ObjectionOf<O>[] = [];
  readonly #kernel: ObjectionOf<O>[] = [];

  constructor(name: O) {
    this.#name = name;
  }

  add(ours: boolean, objection: ObjectionOf<O>): void {
    (ours ? this.#ours : this.#kernel).push(objection);
  }

  report(fine: string): OracleReport {
    const report = this.#ours.length > 0 ? objects<O>(this.#name, this.#ours) : passes(this.#name, fine);
    return withKernelFindings(report, this.#kernel);
  }
}

/** One cell, and its results so far. */
class Story {
  readonly #context: Context;
  readonly #bytes: number;
  readonly #pages: number;
  readonly #bdf: Record<'theirs' | 'ours', string>;
  readonly #theirs: readonly IommuApi[];
  readonly #ours: IommuApi;
  /** The expected content of the memory. */
  readonly #content: Buffer;
  readonly #steps = new Objections('workload');
  readonly #translation = new Objections('translation');
  readonly #data: DataClaim[] = [];
  readonly #provoked: Provoked[] = [];
  readonly #metrics: Metric[] = [];
  #looked = { pages: 0, tables: 0 };
  #frames: ReturnType<typeof parseRuns> = [];

  constructor(context: Context, bdf: Record<'theirs' | 'ours', string>, theirs: readonly IommuApi[]) {
    this.#context = context;
    this.#bdf = bdf;
    this.#theirs = theirs;
    this.#ours = context.cell.backend === 'phyr16' ? 'phyr16' : 'phyr8';
    this.#bytes = context.workload.kib * 1024;
    this.#pages = this.#bytes / PAGE;
    this.#content = Buffer.alloc(this.#bytes);
  }

  async run(): Promise<WorkloadResult> {
    const last = this.#theirs.at(-1) ?? 'type1';
    await this.#begin();
    await this.#enter(this.#ours);
    for (const api of this.#theirs) {
      await this.#enter(api);
      await this.#refuses(api);
      await this.#moves(api);
      if (api !== last) {
        await this.#leave(api);
        await this.#does('close', api);
      }
    }
    await this.#refuses(this.#ours);
    await this.#moves(this.#ours);
    await this.#beside();
    await this.#unmaps(last);
    await this.#unmaps(this.#ours);
    // Each API alone has the memory, and other memory each time, so that pins and losses of one API cannot hide those
    // of another.
    for (const api of [this.#ours, last]) {
      await this.#remembers();
      await this.#maps(api);
      await this.#forks(api);
      await this.#unmaps(api);
      await this.#remembers(0);
      await this.#maps(api);
      await this.#unmapsMemory(api);
    }
    await this.#does('quit');
    await this.#dies([last, this.#ours]);
    return this.#result();
  }

  #result(): WorkloadResult {
    const { pages, tables } = this.#looked;
    const seen = tables > 0 ? `, ${tables} entries of the IOMMU's tables` : '';
    return {
      workload: this.#steps.report(`${[...this.#theirs, this.#ours].join(', ')} do the same`),
      translation: this.#translation.report(`${pages} pages${seen}`),
      data: this.#data,
      metrics: this.#metrics,
      provoked: this.#provoked,
      expectedLog: FAULTS_IN_LOG,
    };
  }

  #isOurs(api: IommuApi): boolean {
    return api === this.#ours;
  }

  /** Starts the process and its memory. */
  async #begin(): Promise<void> {
    await this.#context.lab.run('iospace serve');
    await this.#remembers();
  }

  /** `seed` 0: the content does not matter. */
  async #remembers(seed = this.#context.cell.seed): Promise<void> {
    const { workload } = this.#context;
    const [{ memory }] = await askAll(this.#context.lab, Memory, [`memory ${workload.memory} ${this.#bytes} ${seed}`]);
    if (memory.chunk !== PIECE[workload.memory])
      throw new InfraError(`memory '${workload.memory}' consists of pieces of ${memory.chunk} bytes`);
    this.#frames = parseRuns(memory.frames);
    stamped(0, this.#bytes, seed, 1).copy(this.#content);
  }

  /** Opens a device with this API, and maps the whole memory. */
  async #enter(api: IommuApi): Promise<void> {
    const [opened] = await askAll(this.#context.lab, Opened, [`open ${api} ${this.#bdfOf(api)}`]);
    if (opened.open.errno !== null) throw this.#ended(api, `opening ${api} failed: ${opened.open.errno}`);
    const [, { map }, { counted }] = await askEach(
      this.#context.lab,
      [Counting, `count ${api}`],
      [Mapped, this.#mapping(api, ALIGNED)],
      [Counted, 'counted'],
    );
    this.#isMapped(api, map);
    const pages = await this.#reaches(api, ALIGNED);
    this.#figure(api, 'map calls', counted.maps);
    if (counted.tables !== null && modelOf(this.#context.cell.machine.iommu).tablesInMemory)
      this.#figure(api, 'table pages', counted.tables);
    for (const [size, count] of pages === undefined ? [] : countSizes(pages))
      this.#figure(api, `pages of ${size}`, count);
    if (api === this.#ours && counted.maps !== this.#frames.length)
      this.#wrong(api, {
        code: 'too-many-map-calls',
        detail: `${counted.maps} calls for ${this.#frames.length} contiguous pieces`,
      });
  }

  #wrong(api: IommuApi, wrong: Wrong): void {
    this.#steps.add(this.#isOurs(api), named(api, wrong));
  }

  #mistranslated(api: IommuApi, code: ObjectionOf<'translation'>['code'], detail: string): void {
    this.#translation.add(this.#isOurs(api), { code, detail: `${api}: ${detail}` });
  }

  #figure(api: IommuApi, name: keyof typeof figures, value: number): void {
    this.#metrics.push(figure(name, value, { via: api }));
  }

  #mapping(api: IommuApi, iova: number): string {
    return `map ${api} ${iova} 0 ${this.#bytes} rw`;
  }

  async #maps(api: IommuApi): Promise<void> {
    const [{ map }] = await askAll(this.#context.lab, Mapped, [this.#mapping(api, ALIGNED)]);
    this.#isMapped(api, map);
  }

  async #unmaps(api: IommuApi): Promise<void> {
    const [{ unmap }] = await askAll(this.#context.lab, Unmapped, [this.#unmapping(api, ALIGNED)]);
    this.#isUnmapped(api, unmap);
  }

  #isMapped(api: IommuApi, { errno }: z.infer<typeof Mapped>['map']): void {
    if (errno !== null) this.#wrong(api, otherOutcome(`mapping: ${errno}`, errno, undefined, { step: 'map' }));
  }

  async #reaches(api: IommuApi, iova: number): Promise<Page[] | undefined> {
    const [{ follow }] = await askAll(this.#context.lab, Followed, [`follow ${api} ${iova}`]);
    return this.#follows(api, iova, follow);
  }

  /** Is every page mapped, by the largest possible pages? Checked with the IOMMU driver and with the tables. */
  async #follows(api: IommuApi, iova: number, follow: z.infer<typeof Followed>['follow']): Promise<Page[] | undefined> {
    if (follow.errno !== null) throw this.#ended(api, `cannot read the domain of ${api}: ${follow.errno}`);
    this.#looked.pages += this.#pages;
    if (follow.right !== this.#pages)
      this.#mistranslated(
        api,
        (follow.wrong ?? 0) > 0 ? 'leads-elsewhere' : 'not-translated',
        `of ${this.#pages} pages, ${follow.nowhere} are not mapped and ${follow.wrong} are mapped elsewhere, first at ${follow.first}`,
      );
    if (follow.beyond === true) this.#mistranslated(api, 'mapped-beyond', 'more is mapped than there is memory');
    const pages = await this.#context.ioPages(this.#bdfOf(api), iova, this.#bytes);
    if (pages === undefined) return undefined;
    this.#looked.tables += pages.length;
    const wrong = judgePages(pages, pagesDue(this.#frames, iova));
    if (wrong !== undefined) this.#mistranslated(api, wrong.code, `tables: ${wrong.detail}`);
    const denied = pages.find((page) => !page.mayRead || !page.mayWrite);
    if (denied)
      this.#mistranslated(api, 'wrong-permissions', `tables: may not read and write at 0x${denied.iova.toString(16)}`);
    return pages;
  }

  async #refuses(api: IommuApi): Promise<void> {
    const due = [...refusals(ALIGNED, FREE, this.#bytes), ...(this.#isOurs(api) ? reservedFields(FREE) : [])];
    const Refused = z.union([Mapped, Unmapped, Reserved]);
    const answers = await askAll(
      this.#context.lab,
      Refused,
      due.map(({ command }) => command(api)),
    );
    for (const [i, refusal] of due.entries()) {
      const answer = answers[i];
      const errno = errnoDue(refusal, api);
      const got = answer === undefined ? undefined : Object.values(answer)[0]?.errno;
      if (got !== errno)
        this.#wrong(
          api,
          otherOutcome(`${refusal.what}: ${got ?? 'went through'}, expected ${errno}`, got ?? undefined, errno, {
            step: refusal.what,
          }),
        );
    }
  }

  /** The device writes to a few pages, each API to its own; ours include the first and the last page. */
  async #moves(api: IommuApi): Promise<void> {
    await this.#device(api, this.#chosen(api));
    await this.#claim(`memory after the device of ${api}`, !this.#isOurs(api));
  }

  #chosen(api: IommuApi): number[] {
    const turn = [this.#ours, 'type1', 'compat', 'iommufd'].indexOf(api);
    // edu takes a tenth of a second for each.
    const many = this.#context.workload.engine === 'edu' ? 2 : 5;
    const chosen = Array.from({ length: many }, (_, i) => Math.floor((i * this.#pages) / many) + turn);
    return [...chosen, this.#pages - 1 - turn];
  }

  /** edu writes the page that it has read before; iommu-testdev writes a word of its own. */
  async #device(api: IommuApi, pages: readonly number[]): Promise<void> {
    const edu = this.#context.workload.engine === 'edu';
    const commands = pages.map((page) => `write ${api} ${ALIGNED + page * PAGE} ${page}`);
    const read = edu ? [`read ${api} ${ALIGNED + PAGE * 7}`] : [];
    const word = edu ? Buffer.from(this.#content.subarray(7 * PAGE, 8 * PAGE)) : TESTER;
    const answers = await askAll(this.#context.lab, Device, [...read, ...commands]);
    for (const [i, { device }] of answers.entries())
      if (device.errno !== null)
        this.#wrong(api, {
          code: 'io-failed',
          detail: `the device at page ${pages[i - read.length]}: ${device.errno}`,
          where: { step: 'device', errno: device.errno },
        });
    for (const page of pages) word.copy(this.#content, page * PAGE);
  }

  async #claim(what: string, kernel = false): Promise<void> {
    const [{ sha256: digest }] = await askAll(this.#context.lab, Digest, ['digest']);
    const due = Buffer.from(this.#content);
    const piece = (from: number, length: number) => due.subarray(from, from + length);
    this.#data.push({
      kind: 'read-back',
      what,
      digest,
      due: { bytes: this.#bytes, piece },
      ...(kernel && { kernel: true }),
    });
  }

  /** At this address only small pages fit. */
  async #beside(): Promise<void> {
    for (const api of [this.#theirs.at(-1) ?? 'type1', this.#ours]) {
      const [{ map }, { follow }] = await askEach(
        this.#context.lab,
        [Mapped, this.#mapping(api, BESIDE)],
        [Followed, `follow ${api} ${BESIDE}`],
      );
      this.#isMapped(api, map);
      await this.#follows(api, BESIDE, follow);
      const [{ unmap }] = await askAll(this.#context.lab, Unmapped, [this.#unmapping(api, BESIDE)]);
      this.#isUnmapped(api, unmap);
    }
  }

  #unmapping(api: IommuApi, iova: number): string {
    return `unmap ${api} ${iova} ${this.#bytes}`;
  }

  #isUnmapped(api: IommuApi, { errno, bytes }: z.infer<typeof Unmapped>['unmap']): void {
    if (errno !== null || bytes !== this.#bytes)
      this.#wrong(api, {
        code: errno === null ? 'io-incomplete' : 'refused-unduly',
        detail: `unmapping ${this.#bytes} bytes: ${errno ?? `${bytes} bytes`}`,
        where: { step: 'unmap', ...(errno !== null && { errno }) },
      });
  }

  /** Unmaps everything; then the device must reach nothing. */
  async #leave(api: IommuApi): Promise<void> {
    const [, { unmap }, { counted }, { follow }] = await askEach(
      this.#context.lab,
      [Counting, `count ${api}`],
      [Unmapped, this.#unmapping(api, ALIGNED)],
      [Counted, 'counted'],
      [Followed, `follow ${api} ${ALIGNED}`],
    );
    this.#isUnmapped(api, unmap);
    this.#figure(api, 'unmap calls', counted.unmaps);
    if (follow.nowhere !== this.#pages)
      this.#mistranslated(api, 'translates-after-unmap', 'addresses are still mapped after unmapping');
    await this.#reachesNothing(api);
  }

  async #reachesNothing(api: IommuApi): Promise<void> {
    // Each device at its own page, so that their faults can be told apart.
    const addr = ALIGNED + this.#provoked.length * PAGE;
    const [{ device }] = await askAll(this.#context.lab, Device, [`write ${api} ${addr} 0`]);
    this.#provoked.push({ addr, bytes: PAGE, how: 'write' });
    // edu only reports that it has finished, not that it failed.
    const due = this.#context.workload.engine === 'edu' ? null : 'EFAULT';
    if (device.errno !== due)
      this.#wrong(
        api,
        otherOutcome(
          `DMA after unmapping: ${device.errno ?? 'succeeded'}, expected ${due ?? 'no error'}`,
          device.errno ?? undefined,
          due ?? undefined,
          { step: 'device without memory' },
        ),
      );
  }

  /** Pinned pages must stay the parent's, even if the parent writes first. What the child writes must be private. */
  async #forks(api: IommuApi): Promise<void> {
    const [{ forked }] = await askAll(this.#context.lab, Forked, ['fork']);
    if (this.#hasLost(api, 'forking', forked.moved)) return;
    await this.#reaches(api, ALIGNED);
    const turn = this.#isOurs(api) ? 11 : 10;
    await this.#device(api, [turn, this.#pages + 5 - turn]);
    await this.#claim(`memory that ${api} has, after a fork`, !this.#isOurs(api));
  }

  /** munmap() takes the memory from the process. The device keeps it until it is unmapped there. */
  async #unmapsMemory(api: IommuApi): Promise<void> {
    await this.#does('munmap');
    const [{ kept }] = await askAll(this.#context.lab, Kept, ['kept']);
    if (!this.#hasLost(api, 'munmap()', this.#pages - kept.pages)) {
      await this.#reaches(api, ALIGNED);
      await this.#device(api, [12]);
    }
    await this.#leave(api);
  }

  /** Has the device lost pages? Then it must not write, since they may belong to somebody else. */
  #hasLost(api: IommuApi, by: string, pages: number): boolean {
    if (pages === 0) return false;
    this.#wrong(api, {
      code: 'pinned-page-moved',
      detail: `${by} replaced ${pages} of ${this.#pages} pages while the device used them`,
      where: { step: by },
    });
    return true;
  }

  /** Killing the process must remove its mappings and release the devices for others. */
  async #dies(apis: readonly IommuApi[]): Promise<void> {
    const { lab } = this.#context;
    await lab.run('lab vfio gone');
    await this.#begin();
    for (const api of apis) {
      const [, { map }] = await askEach(
        this.#context.lab,
        [Opened, `open ${api} ${this.#bdfOf(api)}`],
        [Mapped, this.#mapping(api, ALIGNED)],
      );
      this.#isMapped(api, map);
      await this.#device(api, [3]);
    }
    await lab.run('iospace ask die', { accept: 'all' });
    await lab.run('lab vfio gone');
    await lab.run('iospace serve');
    // Memory that is not mapped for the device.
    await askAll(this.#context.lab, Memory, [`memory 4k ${PAGE} 0`]);
    for (const api of apis) {
      const [{ open }] = await askAll(this.#context.lab, Opened, [`open ${api} ${this.#bdfOf(api)}`]);
      if (open.errno !== null)
        this.#wrong(
          api,
          otherOutcome(`after its process was killed: ${open.errno}`, open.errno, undefined, { step: 'open again' }),
        );
      else await this.#reachesNothing(api);
    }
    await this.#does('quit');
  }

  #bdfOf(api: IommuApi): string {
    return api === this.#ours ? this.#bdf.ours : this.#bdf.theirs;
  }

  /** For errors that end the cell: a failure if our API caused it, otherwise a fault of the harness. */
  #ended(api: IommuApi, message: string): Error {
    return this.#isOurs(api) ? new StepFailed(message, { code: 'refused-unduly' }) : new InfraError(message);
  }

  async #does(what: keyof typeof DONE, api?: IommuApi): Promise<void> {
    await askAll<unknown>(this.#context.lab, DONE[what], [api === undefined ? what : `${what} ${api}`]);
  }
}

/** What iommu-testdev writes over the whole page. */
const TESTER = Buffer.alloc(PAGE, Buffer.from([0x78, 0x56, 0x34, 0x12]));

/** The kernel logs the faults that are provoked. QEMU's trace shows whether these and no others happened. */
