/**
 * One boot: start the guest, wait until it answers, deploy the modules. What the cells need of it, and nothing of QEMU or SSH
 * beyond that.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { connect, makeRunKeys, type PushedFile, runArchive, type Session } from '../guest/index.js';
import { type Image, InfraError, type Machine, type Topology, walk } from '../model/index.js';
import { type Guest, pciPlan, startGuest } from '../qemu/index.js';

const MARK_DEADLINE_MS = 3_000;

export interface BootOptions {
  image: Image;
  machine: Machine;
  topology: Topology;
  accelerator: 'kvm' | 'tcg';
  /** Folder for console.log and trace.log of this boot. */
  artefacts: string;
  /** From QEMU's start to an answer on SSH. */
  deadlineMs: number;
  signal: AbortSignal;
}

export class BootedGuest implements AsyncDisposable {
  readonly session: Session;
  readonly peers: ReadonlyMap<string, { bdf: string; file: string }>;
  readonly #guest: Guest;
  readonly #bdfs: Map<string, string>;
  readonly #lines: string[];
  readonly #traced: boolean;

  private constructor(guest: Guest, session: Session, topology: Topology, lines: string[], traced: boolean) {
    this.#guest = guest;
    this.#traced = traced;
    this.session = session;
    this.#lines = lines;
    this.#bdfs = pciPlan(topology);
    this.peers = new Map(
      [...walk(topology)]
        .filter(({ node }) => node.kind === 'ivshmem')
        .map(({ node }) => [node.id, { bdf: this.bdf(node.id), file: this.file(node.id) }]),
    );
  }

  /** Fails with GuestDied or InfraError when the guest does not become ready; then nothing is left of it. */
  static async start(options: BootOptions): Promise<BootedGuest> {
    const { image, machine, topology, accelerator, artefacts, deadlineMs, signal } = options;
    const keys = makeRunKeys();
    const guest = await startGuest({
      qemu: image.qemu,
      kernel: image.kernel,
      initrd: [image.rootfs.archive, image.kernel.bootModules, runArchive(keys)],
      machine,
      topology,
      accelerator,
      artefacts,
      signal,
    });
    const lines: string[] = [];
    guest.console.onLine((line) => lines.push(line));
    try {
      const session = await connect(guest, keys, { deadlineMs, signal });
      await guest.checkPci();
      await session.push(await modulesOf(image), { signal });
      return new BootedGuest(guest, session, topology, lines, await traceArrives(guest));
    } catch (error) {
      await guest.close();
      throw error;
    }
  }

  /** PCI address in the guest of a node of the topology. */
  bdf(node: string): string {
    return known(this.#bdfs.get(node), node);
  }

  /** Host file behind a node's disk or BAR. */
  file(node: string): string {
    return known(this.#guest.files.get(node), node);
  }

  /** Takes a node's device out of the running guest; resolves when its kernel has let it go. */
  unplug(node: string): Promise<void> {
    return this.#guest.unplug(node);
  }

  /** Puts it back where it was; the guest finds it a little later. */
  plug(node: string): Promise<void> {
    return this.#guest.plug(node);
  }

  /** All lines of the console so far. */
  console(): readonly string[] {
    return this.#lines;
  }

  /** Waits until the console has shown `text`, a few seconds at most: SSH may be ahead of it. */
  async consoleHas(text: string): Promise<void> {
    await Promise.race([
      this.#guest.console.line(new RegExp(text)),
      this.#guest.died,
      sleep(MARK_DEADLINE_MS, undefined, { ref: false }),
    ]);
  }

  /** Do QEMU's fault events and complaints about bad accesses reach the file that `traceSince` reads? Shown once, when it booted. */
  async traceEnabled(): Promise<boolean> {
    return this.#traced && (await this.#guest.traceEnabled());
  }

  async traceSize(): Promise<number> {
    return (await stat(this.#guest.traceFile)).size;
  }

  /** What QEMU has traced since its file had this size; a fault storm writes without end, and its beginning says enough. */
  async traceSince(from: number): Promise<{ lines: string[]; truncated: boolean }> {
    const end = (await this.traceSize()) - 1;
    if (end < from) return { lines: [], truncated: false };
    const truncated = end - from >= MAX_TRACE;
    const chunks: Buffer[] = [];
    const stream = createReadStream(this.#guest.traceFile, {
      start: from,
      end: truncated ? from + MAX_TRACE - 1 : end,
    });
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString('utf8').split('\n');
    return { lines: lines.filter((line) => line !== ''), truncated };
  }

  get commandLine(): readonly string[] {
    return this.#guest.commandLine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
    await this.#guest.close();
  }
}

const MAX_TRACE = 1 << 20;

/** Makes QEMU read where there is nothing, and looks whether its complaint arrives. */
async function traceArrives(guest: Guest): Promise<boolean> {
  const size = async () => (await stat(guest.traceFile)).size;
  const before = await size();
  await guest.qmp.execute('human-monitor-command', z.string(), { 'command-line': 'xp /1wx 0xfffffff0000' });
  for (let tries = 0; tries < 20; tries++) {
    if ((await size()) > before) return true;
    await sleep(25);
  }
  return false;
}

async function modulesOf(image: Image): Promise<PushedFile[]> {
  const names = (await readdir(image.modules.dir)).filter((name) => name.endsWith('.ko'));
  return names.map((name) => ({
    path: `/lab/modules/${name}`,
    mode: 0o644,
    source: { file: join(image.modules.dir, name) },
  }));
}

function known<T>(value: T | undefined, node: string): T {
  if (value === undefined) throw new InfraError(`the topology has no node '${node}'`);
  return value;
}
