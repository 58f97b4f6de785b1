/**
 * The device oracle: did the device use only what the guest had mapped for it, while it was mapped, in the direction it was mapped for?
 *
 * The host's trace and the guest's story have no common clock, and need none. A submission in the guest comes before the device's
 * fetching of that command, and the device's completion before the guest's handling of it; so all that the device does with a
 * command lies between the two in the guest's order, and the mapping of its data must live through all of that time. What belongs
 * to no command (queues, lists) lies between the latest submission that the device had fetched by then and the earliest completion
 * that it posted after it.
 */
import {
  couldNotLook,
  type Expectation,
  formatBytes,
  type Metric,
  type ObjectionOf,
  type OracleReport,
  objects,
  passes,
  withKernelFindings,
} from '../model/index.js';
import { type Mapped, Mappings, pageOf } from './mappings.js';
import { commandKey, type DeviceCommand, type DeviceTrace, type Translation } from './nvme-trace.js';
import { Prot, type Story } from './story.js';
import { Tally } from './tally.js';

export interface DeviceEvidence {
  /** `undefined`: nobody recorded it. */
  story: Story | undefined;
  /** Of the time in which our driver had the device; `undefined`: nobody recorded it. */
  trace: DeviceTrace | undefined;
  /** Is that trace only the beginning of what QEMU wrote? */
  truncated: boolean;
  expect: Expectation;
  /** How many bytes our driver must have moved at least. */
  moved: number;
  /** Bits of the addresses that the device declares it can send; 64 if nothing is said. */
  dmaBits?: number | undefined;
  /** Whose choice a peer's address and its attributes are: the kernel's own for a backend that leaves them to its functions. */
  peersBy?: 'kernel' | 'ours';
  /** Is each command's data mapped for that command alone, and so for its direction and no other? */
  oneWay?: boolean;
  /** Does QEMU's model of this IOMMU trace what it is told to forget? Else the guest's own flushes alone are judged. */
  invalidationsTraced?: boolean;
}

export interface DeviceJudgement {
  report: OracleReport;
  metrics: Metric[];
}

const WRITE = 1;
const READ = 2;

/** A command as the guest gave it to the device. */
interface Submission {
  submitted: number;
  /** `Infinity`: its completion was never handled. */
  completed: number;
  opcode: number;
  bytes: number;
  ranges: { phys: number; len: number; mmio: boolean }[];
}

interface Pair {
  guest: Submission;
  device: DeviceCommand;
}

export function judgeDevice(evidence: DeviceEvidence): DeviceJudgement {
  const { story, trace } = evidence;
  const blind = (code: Code, why: string) => ({
    report: couldNotLook('device', [{ code, detail: `${why}: could not look` }]),
    metrics: [],
  });
  if (story === undefined) return blind('no-story', 'the guest recorded no mappings');
  if (trace === undefined) return blind('no-device-trace', 'QEMU traced no commands');
  const seen = new Judge(evidence, story, trace).run();
  const metrics = windowMetrics(story, seen);
  const judged = judgeSeen(evidence, story, seen);
  return { report: withKernelFindings(judged, seen.kernel.all()), metrics };
}

function judgeSeen(evidence: DeviceEvidence, story: Story, seen: Seen): OracleReport {
  const wrong = seen.ours.all();
  if (wrong.length > 0) return objects('device', wrong);
  const doubt = doubtIn(evidence, story, seen);
  if (doubt !== undefined) return couldNotLook('device', [{ code: doubt[0], detail: doubt[1] }]);
  return passes('device', summary(story, seen));
}

type Code = ObjectionOf<'device'>['code'];

function doubtIn(
  { expect, moved, truncated }: DeviceEvidence,
  story: Story,
  seen: Seen,
): [Code, detail: string] | undefined {
  if (story.lost > 0) return ['events-lost', `${story.lost} of the guest's events found no room`];
  if (truncated) return ['trace-cut', "QEMU's trace was too long to be read whole"];
  if (seen.unpaired > 0) return ['commands-unpaired', `${seen.unpaired} commands are in only one of the two stories`];
  // A transfer that is refused before it is mapped never reaches the device.
  if (seen.commands === 0 && expect.kind !== 'refused') return ['no-command-seen', 'the device fetched no command'];
  if (seen.unplaced > 0) {
    const detail = `of ${seen.unplaced} of ${seen.commands} commands the guest did not say where the data is`;
    return ['data-unplaced', detail];
  }
  if (seen.bytes < moved)
    return ['not-all-watched', `only ${formatBytes(seen.bytes)} of ${formatBytes(moved)} were seen at the device`];
  if (story.by === 'dma' && seen.commands > 0 && seen.translations === 0) {
    return ['translations-unseen', "the IOMMU's translations of this device could not be seen"];
  }
  if (seen.unheard > 0)
    return ['invalidations-unseen', `${seen.unheard} IOVAs were used again, and no invalidation could be seen`];
  return undefined;
}

/** What is wrong with one use of an address. */
interface Wrong {
  code: Code;
  what: string;
}

interface Seen {
  commands: number;
  bytes: number;
  translations: number;
  bounced: number;
  unpaired: number;
  /** Commands of which it is not known, or not of every byte, where their data is. */
  unplaced: number;
  /** Uses of an IOVA by a new mapping, in a trace that should have the invalidations between and has none at all. */
  unheard: number;
  ours: Tally<ObjectionOf<'device'>>;
  /** What the kernel's own path did wrong. */
  kernel: Tally<ObjectionOf<'device'>>;
  window: ReturnType<Mappings['windows']>;
}

class Judge {
  readonly #story: Story;
  readonly #trace: DeviceTrace;
  readonly #peersByKernel: boolean;
  readonly #invalidationsTraced: boolean;
  readonly #oneWay: boolean;
  /** The first address that the device cannot send. */
  readonly #beyond: number;
  readonly #mappings: Mappings;
  readonly #seen: Seen;
  /** The mapping of each page of a command's data. */
  readonly #used = new Map<Pair, Map<number, Mapped>>();

  constructor(
    { peersBy, dmaBits = 64, invalidationsTraced = false, oneWay = false }: DeviceEvidence,
    story: Story,
    trace: DeviceTrace,
  ) {
    this.#story = story;
    this.#trace = trace;
    this.#peersByKernel = peersBy === 'kernel';
    this.#invalidationsTraced = invalidationsTraced;
    this.#oneWay = oneWay;
    this.#beyond = 2 ** dmaBits;
    this.#mappings = new Mappings(story);
    this.#seen = {
      commands: 0,
      bytes: 0,
      translations: 0,
      bounced: 0,
      unpaired: 0,
      unplaced: 0,
      unheard: 0,
      ours: new Tally(),
      kernel: new Tally(),
      window: this.#mappings.windows(),
    };
  }

  run(): Seen {
    const { pairs, unpaired } = pairUp(submissionsOf(this.#story), this.#trace.commands);
    this.#seen.unpaired = unpaired;
    for (const pair of pairs) this.#command(pair);
    if (this.#story.by === 'dma') {
      for (const { page } of this.#mappings.reused) {
        this.#object(
          'iova-reused-early',
          `IOVA ${hexPage(page)} was mapped again before its old translation was flushed`,
        );
      }
      this.#translations(pairs);
      this.#invalidations(pairs);
    }
    return this.#seen;
  }

  #object(code: Code, what: string): void {
    this.#seen.ours.add({ code, detail: what });
  }

  /** About a peer's memory, whose address and attributes are the kernel's own choice for some backends. */
  #objectToPeer(wrong: Wrong, where: string): void {
    const objections = this.#peersByKernel ? this.#seen.kernel : this.#seen.ours;
    objections.add({ code: wrong.code, detail: `${where}: ${wrong.what}`, where: { memory: 'peer' } });
  }

  /** Each address of the command's data: where it leads, since when and until when, and for whom. */
  #command(pair: Pair): void {
    const { guest, device } = pair;
    if (guest.opcode !== device.opcode) {
      this.#object('wrong-command', `the device fetched opcode ${device.opcode} where ${guest.opcode} was submitted`);
      return;
    }
    if (device.opcode !== WRITE && device.opcode !== READ) return;
    this.#seen.commands++;
    const bytes = device.addresses.reduce((sum, { len }) => sum + len, 0);
    this.#seen.bytes += bytes;
    const placed = guest.ranges.reduce((sum, { len }) => sum + len, 0);
    const isPlaced = guest.bytes > 0 && placed === guest.bytes;
    if (!isPlaced) this.#seen.unplaced++;
    const name = `${device.opcode === WRITE ? 'write' : 'read'} of ${isPlaced ? guest.bytes : bytes} bytes`;
    if (isPlaced && bytes !== guest.bytes) this.#object('wrong-length', `${name}: the device moved ${bytes} bytes`);
    const due = new Due(guest.ranges);
    const used = new Map<number, Mapped>();
    this.#used.set(pair, used);
    let offset = 0;
    for (const { addr, len } of device.addresses) {
      for (let at = addr; at < addr + len; ) {
        const byte = due.at(offset);
        const step = Math.min(addr + len - at, (pageOf(at) + 1) * PAGE - at, byte?.left ?? PAGE);
        const where = `${name}, byte ${offset}, at ${hex(at)}`;
        const wrong = this.#address(pair, at, byte, used);
        if (wrong !== undefined) this.#object(wrong.code, `${where}: ${wrong.what}`);
        this.#reach(at + step, byte, where);
        this.#attributes(used.get(pageOf(at)), byte, where);
        offset += step;
        at += step;
      }
    }
  }

  #address(pair: Pair, addr: number, due: DueByte | undefined, used: Map<number, Mapped>): Wrong | undefined {
    if (this.#story.by !== 'dma') return this.#place(addr, due);
    const { guest, device } = pair;
    const mapped = this.#mappings.of(addr).find(({ from, to }) => from < guest.submitted && to > guest.submitted);
    if (mapped === undefined) return notMapped(this.#mappings.of(addr), guest.submitted);
    // Cancelled, with the device reset: nobody knows until when it could have used it.
    if (mapped.to < guest.completed && guest.completed !== Infinity)
      return { code: 'unmapped-while-in-use', what: 'unmapped while the device had the command' };
    const needed = device.opcode === WRITE ? Prot.read : Prot.write;
    if ((mapped.prot & needed) === 0)
      return { code: 'wrong-direction', what: `mapped for the other direction (${permissions(mapped.prot)})` };
    if (this.#oneWay && (mapped.prot & ~Prot.mmio) !== needed)
      return { code: 'both-directions', what: `mapped for both directions (${permissions(mapped.prot)})` };
    used.set(pageOf(addr), mapped);
    return this.#place(mapped.phys + (addr % PAGE), due);
  }

  /** QEMU's devices send any address: one that is as narrow as it says would cut these short. */
  #reach(end: number, due: DueByte | undefined, where: string): void {
    if (end <= this.#beyond) return;
    const [code, what] = ['beyond-dma-mask' as const, "an address beyond the device's DMA mask"];
    if (due?.mmio) this.#objectToPeer({ code, what: `${what}, in a peer's memory` }, where);
    else this.#object(code, `${where}: ${what}`);
  }

  #attributes(mapped: Mapped | undefined, due: DueByte | undefined, where: string): void {
    if (mapped === undefined || due === undefined) return;
    const mmio = (mapped.prot & Prot.mmio) !== 0;
    if (due.mmio && !mmio)
      this.#objectToPeer({ code: 'bar-mapped-as-ram', what: 'a BAR mapped as if it were RAM' }, where);
    if (!due.mmio && mmio) this.#object('ram-mapped-as-bar', `${where}: RAM mapped as if it were a BAR`);
  }

  /** Is that physical address where the request's data is? In a bounce buffer nobody here knows. A byte without a place is `unplaced`. */
  #place(phys: number, due: DueByte | undefined): Wrong | undefined {
    if (due === undefined || phys === due.phys) return undefined;
    const [start, end] = this.#story.pool;
    if (phys < start || phys >= end)
      return { code: 'leads-elsewhere', what: `leads to ${hex(phys)}, and the data is at ${hex(due.phys)}` };
    this.#seen.bounced++;
    return undefined;
  }

  /** What the IOMMU really made of each address: of data, that of the mapping due; of the rest, that of any mapping that lived. */
  #translations(pairs: readonly Pair[]): void {
    const bounds = new Bounds(pairs);
    const active = new Active(pairs);
    for (const translation of this.#trace.translations) {
      const { at, iova, phys } = translation;
      this.#seen.translations++;
      const page = pageOf(iova);
      const owners = active.at(at).flatMap((pair) => this.#used.get(pair)?.get(page) ?? []);
      const [lo, hi] = bounds.at(at);
      const could = owners.length > 0 ? owners : this.#mappings.of(iova).filter(({ from, to }) => from < hi && to > lo);
      if (could.some((mapped) => leadsTo(translation, mapped.phys))) continue;
      const other = could.at(0);
      if (other) {
        const what = `${hex(iova)} led to ${hex(phys)} and was mapped to ${hex(other.phys)}: a stale translation`;
        this.#object('stale-translation', what);
      } else {
        const { code, what } = notMapped(this.#mappings.of(iova), hi);
        this.#object(code, `${hex(iova)} was used (it led to ${hex(phys)}): ${what}`);
      }
    }
  }

  /** Between the device's last use of a page by one mapping and its first by the next, the IOMMU must have been told. */
  #invalidations(pairs: readonly Pair[]): void {
    if (!this.#invalidationsTraced) return;
    const none = this.#trace.invalidations.length === 0;
    const last = new Map<number, { mapped: Mapped; done: number }>();
    for (const pair of pairs) {
      for (const [page, mapped] of this.#used.get(pair) ?? []) {
        const before = last.get(page);
        const again = before !== undefined && before.mapped !== mapped;
        if (again && none) this.#seen.unheard++;
        else if (again && !this.#invalidated(page, before.done, pair.device.fetched)) {
          this.#object(
            'not-invalidated',
            `IOVA ${hexPage(page)} was used by a new mapping, and the IOMMU had not been told of the old one's end`,
          );
        }
        if (before?.mapped === mapped) before.done = Math.max(before.done, pair.device.completed ?? 0);
        else last.set(page, { mapped, done: pair.device.completed ?? 0 });
      }
    }
  }

  #invalidated(page: number, after: number, before: number): boolean {
    const all = this.#trace.invalidations;
    for (let i = firstAfter(all, after); i < all.length; i++) {
      const one = all[i];
      if (one === undefined || one.at > before) return false;
      if (one.bytes === undefined) return true;
      if (page >= pageOf(one.addr) && page < pageOf(one.addr + one.bytes)) return true;
    }
    return false;
  }
}

const PAGE = 4096;

/** Is the page `due` where the IOMMU went? Of a large page only the beginning is known: then `due` must lie in it where `iova` does. */
function leadsTo({ iova, phys, largePage }: Translation, due: number): boolean {
  if (pageOf(due) === pageOf(phys)) return true;
  const offset = due - phys;
  if (!largePage || offset < 0) return false;
  let size = PAGE;
  while (size <= offset) size *= 2;
  return phys % size === 0 && pageOf(iova % size) === pageOf(offset);
}

interface DueByte {
  phys: number;
  mmio: boolean;
  /** Bytes from here on that lie together. */
  left: number;
}

/** Where a request's bytes lie, asked in ascending order. */
class Due {
  readonly #ranges: Submission['ranges'];
  #index = 0;
  #begin = 0;

  constructor(ranges: Submission['ranges']) {
    this.#ranges = ranges;
  }

  at(offset: number): DueByte | undefined {
    for (let range = this.#ranges[this.#index]; range !== undefined; range = this.#ranges[this.#index]) {
      const inside = offset - this.#begin;
      if (inside < range.len) return { phys: range.phys + inside, mmio: range.mmio, left: range.len - inside };
      this.#begin += range.len;
      this.#index++;
    }
    return undefined;
  }
}

function submissionsOf(story: Story): Map<number, Submission[]> {
  const found = new Map<number, Submission[]>();
  let last: Submission | undefined;
  for (const [at, event] of story.events.entries()) {
    if (event.kind === 'submit') {
      last = { submitted: at, completed: Infinity, opcode: event.opcode, bytes: event.len, ranges: [] };
      const key = commandKey(event.qid, event.cid);
      const same = found.get(key);
      if (same) same.push(last);
      else found.set(key, [last]);
    } else if (event.kind === 'range') {
      last?.ranges.push({ phys: event.phys, len: event.len, mmio: event.mmio });
    } else if (event.kind === 'complete') {
      const done = found.get(commandKey(event.qid, event.cid))?.findLast(({ completed }) => completed === Infinity);
      if (done) done.completed = at;
    }
  }
  return found;
}

/** An id is used again only after its completion: the n-th use there is the n-th use here. In the order of fetching. */
function pairUp(
  submissions: ReadonlyMap<number, readonly Submission[]>,
  commands: readonly DeviceCommand[],
): { pairs: Pair[]; unpaired: number } {
  const taken = new Map<number, number>();
  const pairs: Pair[] = [];
  for (const device of commands) {
    const key = commandKey(device.sqid, device.cid);
    const nth = taken.get(key) ?? 0;
    const guest = submissions.get(key)?.[nth];
    taken.set(key, nth + 1);
    if (guest) pairs.push({ guest, device });
  }
  const submitted = [...submissions.values()].reduce((sum, uses) => sum + uses.length, 0);
  return { pairs, unpaired: submitted + commands.length - 2 * pairs.length };
}

/** For a time in the trace: after which event of the story it lies for certain, and before which. */
class Bounds {
  readonly #fetches: { at: number; bound: number }[] = [];
  readonly #completions: { at: number; bound: number }[] = [];

  constructor(pairs: readonly Pair[]) {
    let latest = -1;
    for (const { guest, device } of pairs) {
      latest = Math.max(latest, guest.submitted);
      this.#fetches.push({ at: device.fetched, bound: latest });
    }
    const done = pairs
      .flatMap(({ guest, device }) =>
        device.completed === undefined ? [] : [{ at: device.completed, bound: guest.completed }],
      )
      .sort((a, b) => b.at - a.at);
    let earliest = Infinity;
    for (const { at, bound } of done) {
      earliest = Math.min(earliest, bound);
      this.#completions.push({ at, bound: earliest });
    }
    this.#completions.reverse();
  }

  at(time: number): [lo: number, hi: number] {
    const fetched = this.#fetches[firstAfter(this.#fetches, time) - 1];
    const completed = this.#completions[firstAfter(this.#completions, time)];
    return [fetched?.bound ?? -1, completed?.bound ?? Infinity];
  }
}

/** The commands that the device has, asked in ascending order of time. */
class Active {
  readonly #pairs: readonly Pair[];
  #next = 0;
  #have: Pair[] = [];

  constructor(pairs: readonly Pair[]) {
    this.#pairs = pairs;
  }

  at(time: number): readonly Pair[] {
    for (let pair = this.#pairs[this.#next]; pair && pair.device.fetched < time; pair = this.#pairs[++this.#next]) {
      this.#have.push(pair);
    }
    this.#have = this.#have.filter(({ device }) => (device.completed ?? Infinity) > time);
    return this.#have;
  }
}

/** Index of the first element later than `time`. */
function firstAfter(sorted: readonly { at: number }[], time: number): number {
  let [lo, hi] = [0, sorted.length];
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if ((sorted[mid]?.at ?? Infinity) > time) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}

function notMapped(history: readonly Mapped[], when: number): Wrong {
  if (history.length === 0) return { code: 'never-mapped', what: 'never mapped for this device' };
  if (history.some(({ to }) => to <= when))
    return { code: 'unmapped-before-use', what: 'not mapped any more when the device got the command' };
  return { code: 'mapped-after-use', what: 'mapped only after the device got the command' };
}

function permissions(prot: number): string {
  return [(prot & Prot.read) !== 0 && 'read', (prot & Prot.write) !== 0 && 'write']
    .filter((x) => x !== false)
    .join('+');
}

function summary(story: Story, seen: Seen): string {
  const what = `${seen.commands} commands, ${formatBytes(seen.bytes)}`;
  if (seen.commands === 0) return 'the device fetched no command';
  const bounced = seen.bounced > 0 ? `, ${seen.bounced} pages in bounce buffers` : '';
  if (story.by !== 'dma') return `${what}: the addresses are those of the requests' memory${bounced}`;
  return `${what}, ${seen.translations} translations, all of what was mapped then${bounced}`;
}

/** How long the device could go on using what was unmapped: near 0 in strict mode, the flush queue's patience in lazy mode. */
function windowMetrics(story: Story, { window }: Seen): Metric[] {
  if (story.by !== 'dma' || window.flushed === 0) return [];
  return [{ what: 'stale window', unit: 'us', value: Math.round(window.longest / 1000), better: 'neither' }];
}

function hex(addr: number): string {
  return `0x${addr.toString(16)}`;
}

function hexPage(page: number): string {
  return hex(page * PAGE);
}
