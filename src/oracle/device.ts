/**
 * The device oracle: did the device only use addresses that the guest had mapped for it, while they were mapped, and in the right direction?
 *
 * The host's trace and the guest's record have no common clock and need none. The guest submits a command before the device fetches it, and
 * handles the completion after the device posts it. So everything that the device does for a command happens between these two events in the
 * guest's order, and its data must be mapped throughout. Accesses that belong to no command (queues, lists) happen between the latest
 * submission that the device had fetched before and the earliest completion that it posted afterwards.
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
import { Active, Bounds, firstAfter, type Pair, pairUp, type Submission, submissionsOf } from './command-pairs.js';
import { type Mapped, Mappings, pageOf } from './mappings.js';
import type { DeviceTrace, Translation } from './nvme-trace.js';
import { Prot, type Story } from './story.js';
import { Tally } from './tally.js';

export interface DeviceEvidence {
  /** `undefined`: not recorded. */
  story: Story | undefined;
  /** While our driver was bound to the device. `undefined`: not recorded. */
  trace: DeviceTrace | undefined;
  /** Is the trace incomplete at its end? */
  truncated: boolean;
  expect: Expectation;
  /** The least number of bytes that our driver must have moved. */
  moved: number;
  /** The device's DMA mask in bits; default 64. */
  dmaBits?: number | undefined;
  /** Who chose the peer's address and attributes: the kernel, if the backend uses its functions for that. */
  peersBy?: 'kernel' | 'ours';
  /** Is each command's data mapped only for that command, and so for one direction? */
  oneWay?: boolean;
  /** Does QEMU's model of this IOMMU trace invalidations? Else only the guest's own flushes are judged. */
  invalidationsTraced?: boolean;
}

export interface DeviceJudgement {
  report: OracleReport;
  metrics: Metric[];
}

const WRITE = 1;
const READ = 2;

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
  if (story.lost > 0) return ['events-lost', `${story.lost} of the guest's events did not fit into the record`];
  if (truncated) return ['trace-cut', "QEMU's trace was too long to be read completely"];
  if (seen.unpaired > 0) return ['commands-unpaired', `${seen.unpaired} commands are in only one of the two records`];
  // A transfer that is refused before it is mapped does not reach the device.
  if (seen.commands === 0 && expect.kind !== 'refused') return ['no-command-seen', 'the device fetched no command'];
  if (seen.unplaced > 0) {
    const detail = `for ${seen.unplaced} of ${seen.commands} commands the guest did not record where the data is`;
    return ['data-unplaced', detail];
  }
  if (seen.bytes < moved)
    return ['not-all-watched', `only ${formatBytes(seen.bytes)} of ${formatBytes(moved)} were seen at the device`];
  if (story.by === 'dma' && seen.commands > 0 && seen.translations === 0) {
    return ['translations-unseen', "the IOMMU's translations of this device could not be seen"];
  }
  if (seen.unheard > 0)
    return ['invalidations-unseen', `${seen.unheard} IOVAs were reused, but no invalidation was seen`];
  return undefined;
}

/** What is wrong with one access. */
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
  /** Commands for which the place of the data is unknown, at least in part. */
  unplaced: number;
  /** Reused IOVAs, in a trace that should show invalidations but has none at all. */
  unheard: number;
  ours: Tally<ObjectionOf<'device'>>;
  /** What the kernel's own code did wrong. */
  kernel: Tally<ObjectionOf<'device'>>;
  window: ReturnType<Mappings['windows']>;
}

class Judge {
  readonly #story: Story;
  readonly #trace: DeviceTrace;
  readonly #peersByKernel: boolean;
  readonly #invalidationsTraced: boolean;
  readonly #oneWay: boolean;
  /** The first address beyond the DMA mask. */
  readonly #beyond: number;
  readonly #mappings: Mappings;
  readonly #seen: Seen;
  /** The mapping of each page of a command's data, by command. */
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

  /** About a peer's memory. For some backends, the kernel chose its address and attributes. */
  #objectToPeer(wrong: Wrong, where: string): void {
    const objections = this.#peersByKernel ? this.#seen.kernel : this.#seen.ours;
    objections.add({ code: wrong.code, detail: `${where}: ${wrong.what}`, where: { memory: 'peer' } });
  }

  /** Checks each address of the command's data: where it leads, when it was mapped, and for which direction. */
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
    // After a reset the command was cancelled, and nobody knows how long the device could have used the data.
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

  /** QEMU's devices send addresses of any width. Real hardware would truncate those beyond its mask. */
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
      this.#objectToPeer({ code: 'bar-mapped-as-ram', what: 'a BAR was mapped as if it were RAM' }, where);
    if (!due.mmio && mmio) this.#object('ram-mapped-as-bar', `${where}: RAM was mapped as if it were a BAR`);
  }

  /** Is the request's data at this physical address? For bounce buffers this is unknown. Bytes without a known place are counted as `unplaced`. */
  #place(phys: number, due: DueByte | undefined): Wrong | undefined {
    if (due === undefined || phys === due.phys) return undefined;
    const [start, end] = this.#story.pool;
    if (phys < start || phys >= end)
      return { code: 'leads-elsewhere', what: `leads to ${hex(phys)}, but the data is at ${hex(due.phys)}` };
    this.#seen.bounced++;
    return undefined;
  }

  /** Checks each translation by the IOMMU: for data against the command's mapping, else against any mapping that existed then. */
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
        const what = `${hex(iova)} led to ${hex(phys)} although it was mapped to ${hex(other.phys)}: a stale translation`;
        this.#object('stale-translation', what);
      } else {
        const { code, what } = notMapped(this.#mappings.of(iova), hi);
        this.#object(code, `${hex(iova)} was used (it led to ${hex(phys)}): ${what}`);
      }
    }
  }

  /** Between the device's last use of a page by one mapping and the first use by the next, there must be an invalidation. */
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
            `IOVA ${hexPage(page)} was used by a new mapping before the IOMMU was told that the old one had ended`,
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

/** Did the translation lead to the page `due`? For a large page only its beginning is traced; then `due` must have the same offset as `iova`. */
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
  /** Contiguous bytes from here on. */
  left: number;
}

/** Where a request's bytes are. Must be asked in ascending order. */
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

function notMapped(history: readonly Mapped[], when: number): Wrong {
  if (history.length === 0) return { code: 'never-mapped', what: 'was never mapped for this device' };
  if (history.some(({ to }) => to <= when))
    return { code: 'unmapped-before-use', what: 'was no longer mapped when the device got the command' };
  return { code: 'mapped-after-use', what: 'was mapped only after the device got the command' };
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
  return `${what}, ${seen.translations} translations, all by current mappings${bounced}`;
}

/** How long the device could still use memory after it was unmapped: near 0 in strict mode, the flush queue's timeout in lazy mode. */
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
