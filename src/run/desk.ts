/** A guest for a person to work in: booted like that of a cell, modules loaded, devices bound to our drivers. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { dutOf } from '../fabric/index.js';
import type { PushedFile } from '../guest/index.js';
import { Lab, StepFailed } from '../guest/index.js';
import { type Image, InfraError, type Modules } from '../model/index.js';
import type { FoundCell } from '../plan/index.js';
import { BootedGuest, type BootOptions } from './boot.js';
import { Sections } from './sections.js';

export type { Sections };

export type DeskOptions = Omit<BootOptions, 'machine' | 'topology'> & { cell: FoundCell };

const NEXT = '/run/next';
const RELOAD_MS = 20_000;
/** Exit code of guest/lab/lab: a module is in use, and nothing was changed. */
const BUSY = 5;

export class Desk implements AsyncDisposable {
  readonly guest: BootedGuest;
  readonly cell: FoundCell;
  readonly #lab: Lab;
  readonly #signal: AbortSignal;
  readonly #bound = new Map<string, string>();
  #modules: Modules;
  /** Are the modules loaded after the last reload? */
  #intact = true;

  private constructor(guest: BootedGuest, { cell, image, signal }: DeskOptions) {
    this.guest = guest;
    this.cell = cell;
    this.#modules = image.modules;
    this.#signal = signal;
    this.#lab = new Lab(guest.session, cell.machine, signal, () => {}, undefined, guest.patience);
  }

  /**
   * Throws what BootedGuest.start() throws, or StepFailed if the modules do not load; then it leaves nothing behind.
   */
  static async start(options: DeskOptions): Promise<Desk> {
    const { machine, topology } = options.cell;
    const guest = await BootedGuest.start({ ...options, machine, topology });
    const desk = new Desk(guest, options);
    try {
      await desk.#setUp();
      return desk;
    } catch (error) {
      await guest[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #setUp(): Promise<void> {
    const { machine, topology, backend, plant } = this.cell;
    const dut = dutOf(topology).id;
    await this.#lab.unbind(this.guest.bdf(dut));
    const parameters = machine.dmaBits === undefined ? '' : `PHYR_NVME=dma_bits=${machine.dmaBits} `;
    await this.#lab.run(`${parameters}lab load ${backend} ${plant ?? ''}`);
    await this.#bind(dut, this.guest.bdf(dut), 'phyr_nvme');
    for (const [node, { bdf, driver }] of this.guest.peers)
      if (driver === 'phyr_peer') await this.#bind(node, bdf, driver);
  }

  async #bind(node: string, bdf: string, driver: string): Promise<void> {
    const disk = await this.#lab.bind(bdf, driver);
    this.#bound.set(node, `${bdf} ${driver}${disk === '' ? '' : ` ${disk}`}`);
  }

  /** One line for each device: node, PCI address, driver, disk. */
  devices(): string[] {
    return [...this.#bound].map(([node, what]) => `${node}: ${what}`);
  }

  /** The environment of a command. */
  environment(): Record<string, string> {
    const { id, backend, topology } = this.cell;
    return { CELL: id, BACKEND: backend, DUT: this.guest.bdf(dutOf(topology).id) };
  }

  /** Replaces the modules in the guest. Returns the files that differ; StepFailed says why it failed. */
  async reload(modules: Image['modules']): Promise<string[]> {
    const changed = await changedModules(this.#modules.dir, modules.dir);
    if (changed.length === 0 && this.#intact) return [];
    const names = this.#intact ? changed : await moduleFiles(modules.dir);
    const into = this.#intact ? NEXT : '/lab/modules';
    await this.#lab.run(`rm -rf ${NEXT}`);
    const files = names.map(
      (name): PushedFile => ({ path: `${into}/${name}`, mode: 0o644, source: { file: join(modules.dir, name) } }),
    );
    await this.guest.session.push(files, { signal: this.#signal });
    if (this.#intact) await this.#exchange();
    else await this.#again();
    this.#modules = modules;
    return names;
  }

  /** If a module is in use, nothing changes. After any other failure the state of the guest is unknown. */
  async #exchange(): Promise<void> {
    const { code, stderr } = await this.#lab.run(`lab reload ${NEXT}`, { deadlineMs: RELOAD_MS, accept: [1, BUSY] });
    this.#intact = code !== 1;
    if (code !== 0) throw new StepFailed(stderr.trim().split('\n').at(-1) ?? 'lab reload failed');
  }

  /** Loads and binds everything again. */
  async #again(): Promise<void> {
    await this.#lab.run('lab unload');
    this.#bound.clear();
    await this.#setUp();
    this.#intact = true;
  }

  async sections(): Promise<Sections[]> {
    const { lines } = await this.#lab.run('lab sections');
    const parsed = z.array(Sections).safeParse(lines);
    if (!parsed.success)
      throw new InfraError('the guest did not report the addresses of its modules', JSON.stringify(lines));
    return parsed.data;
  }

  get modules(): Modules {
    return this.#modules;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.guest[Symbol.asyncDispose]();
  }
}

async function moduleFiles(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.ko'));
}

/** The same sources compile to the same bytes, so a file that differs was edited. */
async function changedModules(before: string, after: string): Promise<string[]> {
  const same = async (name: string) => {
    const files = [before, after].map((dir) => readFile(join(dir, name)).catch(() => undefined));
    const [old, fresh] = await Promise.all(files);
    return old !== undefined && fresh !== undefined && old.equals(fresh);
  };
  const names = await moduleFiles(after);
  const equal = await Promise.all(names.map(same));
  return names.filter((_, i) => !equal[i]);
}
