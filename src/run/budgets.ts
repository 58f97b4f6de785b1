/**
 * Measures what the budgets are about, in guests whose clock counts instructions: one that translates strictly, one that does not.
 * Memory is laid out on purpose, so that two runs give the same digits.
 */
import { z } from 'zod';
import { type Cell, InfraError, walk } from '../model/index.js';
import type { IoCosts, MapCosts, Measured, Reads, Translated } from '../perf/index.js';
import { dutOf } from '../plan/index.js';
import { BootedGuest, type BootOptions } from './boot.js';
import { Lab } from './lab.js';

/** Few: a median of equal numbers. Interrupts that were pending add to some, so the smallest counts where they are let in. */
const MAPS = 5;
const READS = 40;
const STEP_MS = 120_000;

const Cost = z.object({ min: z.number(), median: z.number() });
const MapCost = z.object({ map_cost: z.object({ map: Cost, unmap: Cost, meta_bytes: z.number() }) });
const IoCost = z.object({ io_cost: z.object({ queue: Cost, complete: Cost, map: Cost, unmap: Cost }) });

const TRANSLATED = [
  { what: '256 pages of 4 KiB', list: '-l 4k -n 256', share: 1 },
  { what: '16 chunks of 64 KiB', list: '-l 64k -n 256', share: 0.95 },
  { what: '8 chunks of 2 MiB', list: '-l 2m -n 4096', share: 0.95 },
  { what: '64 chunks of 2 MiB', list: '-l 2m -n 32768', share: 0.95 },
];
const IDENTITY = [
  { what: '1 page', list: '-l 4k -n 1' },
  { what: '256 pages of 4 KiB', list: '-l 4k -n 256' },
  { what: '1 GiB in chunks of 2 MiB', list: '-l 2m -n 262144' },
];
/** Lists that fill their links: between these lengths a list pays for a link that is not full. */
const METADATA = [
  { what: '4 KiB', list: '-l 4k', pages: 32_646, budget: 8.1 },
  { what: '64 KiB', list: '-l 64k', pages: 25_552, budget: 0.51 },
  { what: '2 MiB', list: '-l 2m', pages: 577 * 512, budget: 0.017 },
];

export interface BudgetGuests {
  /** Any cells of the two machines, for their machine and topology. */
  strict: Cell;
  passthrough: Cell;
  boot: Omit<BootOptions, 'machine' | 'topology'>;
  onStep: (step: string) => void;
}

export async function measureBudgets(guests: BudgetGuests): Promise<Measured> {
  const strict = await inGuest(guests, guests.strict, async (bench) => ({
    translated: await bench.onProbe(() => bench.translated()),
    registered: await bench.registered('strict'),
    reads: await bench.reads('strict'),
  }));
  const passthrough = await inGuest(guests, guests.passthrough, async (bench) => ({
    identity: await bench.onProbe(() => bench.identity()),
    metadata: await bench.onProbe(() => bench.metadata()),
    registered: await bench.registered('passthrough'),
    reads: await bench.reads('passthrough'),
  }));
  return {
    identity: passthrough.identity,
    translated: strict.translated,
    registered: [strict.registered, passthrough.registered],
    reads: [...strict.reads, ...passthrough.reads],
    metadata: passthrough.metadata,
  };
}

async function inGuest<T>(guests: BudgetGuests, cell: Cell, use: (bench: Bench) => Promise<T>): Promise<T> {
  const { machine, topology } = cell;
  guests.onStep(`booting ${machine.id}`);
  await using guest = await BootedGuest.start({ ...guests.boot, machine, topology });
  const lab = new Lab(guest.session, machine, guests.boot.signal, (step) => guests.onStep(`${machine.id}: ${step}`));
  await lab.run('lab load phyr8');
  const reference = [...walk(topology)].find(({ node }) => node.kind === 'nvme' && node.role === 'reference');
  if (reference === undefined) throw new InfraError(`topology '${topology.id}' has no reference disk`);
  // Awaited here: the guest ends with this function.
  return await use(
    new Bench(lab, guest, guest.bdf(dutOf(topology).id), guest.bdf(reference.node.id), guests.boot.signal),
  );
}

class Bench {
  readonly #lab: Lab;
  readonly #guest: BootedGuest;
  readonly #dut: string;
  readonly #reference: string;
  readonly #signal: AbortSignal;

  constructor(lab: Lab, guest: BootedGuest, dut: string, reference: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#lab = lab;
    this.#guest = guest;
    this.#dut = dut;
    this.#reference = reference;
  }

  /** With the device under test given to the probe. */
  async onProbe<T>(use: () => Promise<T>): Promise<T> {
    await this.#lab.bind(this.#dut, 'phyr_probe');
    try {
      return await use();
    } finally {
      await this.#lab.unbind(this.#dut);
    }
  }

  async translated(): Promise<Translated[]> {
    const rows: Translated[] = [];
    for (const { what, list, share } of TRANSLATED) {
      const [sg, iova, raw, phyr] = [
        await this.#map('sg', list),
        await this.#map('iova', list),
        await this.#map('raw', list),
        await this.#map('phyr8', list),
      ];
      rows.push({ what, share, sg, iova, raw, phyr });
    }
    return rows;
  }

  async identity(): Promise<Measured['identity']> {
    const rows: Measured['identity'] = [];
    for (const { what, list } of IDENTITY) {
      const { map, unmap } = await this.#map('phyr8', list);
      rows.push({ what, cost: map + unmap });
    }
    return rows;
  }

  async metadata(): Promise<Measured['metadata']> {
    const rows: Measured['metadata'] = [];
    for (const { what, list, pages, budget } of METADATA) {
      const { bytes } = await this.#map('phyr8', `${list} -n ${pages}`);
      rows.push({ what, pages, bytes, budget });
    }
    return rows;
  }

  /** The driver and the kernel's own, on two disks that differ in nothing else; and two backends of ours. */
  async reads(machine: string): Promise<Reads[]> {
    const theirs = await this.#lab.bind(this.#reference, 'nvme');
    const ours = await this.#lab.bind(this.#dut, 'phyr_nvme');
    const rows: Reads[] = [];
    for (const pages of [1, 32]) {
      const stock = await this.#read(theirs, pages);
      await this.#backend(ours, 'iter');
      const iter = await this.#read(ours, pages);
      await this.#backend(ours, 'phyr8');
      rows.push({ machine, pages, stock, iter, phyr: await this.#read(ours, pages) });
    }
    await this.#lab.unbind(this.#dut);
    return rows;
  }

  /** By the library's own tests, which say what each kind of I/O took at most; a table is looked up, a range walked. */
  async registered(machine: string): Promise<Measured['registered'][number]> {
    await this.#sh('insmod /lab/modules/phyr_test.ko');
    await this.#lab.bind(this.#dut, 'phyr_test');
    const report = await this.#sh('cat /sys/kernel/debug/phyr_test/reg_cost');
    await this.#lab.unbind(this.#dut);
    await this.#sh('rmmod phyr_test');
    const costs = [...report.matchAll(/^# registered: look .* max=(\d+)$/gm)].map(([, max]) => Number(max));
    const flushes = [...report.matchAll(/^# registered: flushes .* during=(\d+) /gm)].map(([, n]) => Number(n));
    if (costs.length === 0)
      throw new InfraError('phyr_test.ko did not say what an I/O on a registration costs', report);
    return { machine, cost: Math.max(...costs), flushes: flushes.length > 0 ? Math.max(...flushes) : undefined };
  }

  async #map(backend: string, list: string): Promise<MapCosts & { bytes: number }> {
    const command = `phyrctl map-cost -b ${backend} ${list} -i ${MAPS} -d from`;
    const { map_cost: cost } = await this.#lab.ask(MapCost, command, { deadlineMs: STEP_MS });
    return { map: cost.map.median, unmap: cost.unmap.median, bytes: cost.meta_bytes };
  }

  async #read(disk: string, pages: number): Promise<IoCosts> {
    const command = `phyrctl io-cost -f ${disk} -l 4k -n ${pages} -i ${READS}`;
    const { io_cost: cost } = await this.#lab.ask(IoCost, command, { deadlineMs: STEP_MS });
    return { queue: cost.queue.min, complete: cost.complete.min, map: cost.map.min, unmap: cost.unmap.min };
  }

  async #backend(disk: string, name: string): Promise<void> {
    await this.#sh(`echo ${name} > /sys/block/${disk.split('/').at(-1)}/backend`);
  }

  async #sh(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.#guest.session.exec(command, {
      deadlineMs: STEP_MS,
      signal: this.#signal,
    });
    if (code !== 0) throw new InfraError(`${command}: exit code ${code}`, stderr || stdout);
    return stdout;
  }
}
