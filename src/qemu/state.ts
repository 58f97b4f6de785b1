/** Writing a guest's whole state to a folder, and going on from there in another QEMU of the same machine. */
import { copyFile, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { modelOf } from '../iommus/index.js';
import { InfraError, type Machine, type Topology, walk } from '../model/index.js';
import { type Qmp, qmpEvent } from './qmp.js';

/** A hundred megabytes take a second, and pages of zeroes are read as well: so long in any case, and so much longer for each GiB. */
const MOVE_MS = 60_000;
const MOVE_MS_PER_GIB = 30_000;
/** A state of which nothing moves for that long will not move. */
const IDLE_MS = 20_000;
const LOOK_MS = 1_000;
const FINISH_MS = 30_000;

const [MEMORY, CONSOLE] = ['memory', 'console.log'];

/** Why no guest of this kind is to go on from a state that was kept, as far as QEMU does not say so itself. */
export function stateLost(machine: Machine, topology: Topology): string | undefined {
  if (machine.clock === 'icount') return 'what it costs would depend on what QEMU forgets of its clock';
  if (machine.nvdimmMiB !== undefined) return 'its NVDIMM may hold what an earlier guest left there';
  const { unsaved } = modelOf(machine.iommu).qemu;
  if (unsaved !== undefined) return unsaved;
  for (const { node } of walk(topology)) {
    // They have no state to be written, not even that of their PCI registers, and QEMU lets that pass.
    if (node.kind === 'edu' || node.kind === 'iommu-testdev') return `QEMU does not keep the state of ${node.kind}`;
  }
  return undefined;
}

/** What QEMU itself has against it: devices that cannot be moved. */
export async function stateBlocked(qmp: Qmp): Promise<string | undefined> {
  const { 'blocked-reasons': reasons } = await qmp.execute('query-migrate', MigrationInfo);
  return reasons?.join('; ');
}

const MigrationInfo = z.object({
  status: z.string().optional(),
  'error-desc': z.string().optional(),
  /** How far it is. */
  ram: z
    .object({ transferred: z.number(), remaining: z.number(), duplicate: z.number(), normal: z.number() })
    .optional(),
  'blocked-reasons': z.array(z.string()).optional(),
});

export interface Saved {
  /** Disks and BARs, whose contents are no part of a state: all zeroes, as they will be found by whoever goes on from it. */
  files: Iterable<string>;
  /** The console's log so far. */
  console: string;
  /** By then it is given up. */
  limitMs: number;
}

/** In reason: of a guest with so much memory. */
export function moveLimit(bytes: number): number {
  return MOVE_MS + (MOVE_MS_PER_GIB * bytes) / 2 ** 30;
}

/** QEMU is still at it, and would abort if its guest went on. */
class StillMoving extends InfraError {}

/**
 * Stops the guest for as long as it takes; then it goes on, whatever became of its state. InfraError, with the reason, if that cannot be
 * kept.
 */
export async function saveState(qmp: Qmp, { files, console, limitMs }: Saved, dir: string): Promise<void> {
  await qmp.execute('stop', z.unknown());
  try {
    for (const file of files) if (!(await isZero(file))) throw new InfraError('the guest has written to its disks');
    await move(qmp, 'migrate', join(dir, MEMORY), limitMs);
    await copyFile(console, join(dir, CONSOLE));
  } catch (error) {
    if (!(error instanceof StillMoving)) await goOn(qmp);
    throw error;
  }
  await goOn(qmp);
}

/** For a moment after a state is written QEMU does not let the guest go on, and it does not say when that is over. */
async function goOn(qmp: Qmp): Promise<void> {
  const running = async () => (await qmp.execute('query-status', z.object({ status: z.string() }))).status;
  await poll(qmp, running, (status) => status !== 'finish-migrate');
  await qmp.execute('cont', z.unknown());
}

/** Asks until it is so, or for FINISH_MS; returns the last answer. */
async function poll<T>(qmp: Qmp, ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  let late = false;
  const stop = qmp.pace.after(FINISH_MS, () => {
    late = true;
  });
  try {
    for (;;) {
      const answer = await ask();
      if (late || isSo(answer)) return answer;
      await sleep(5);
    }
  } finally {
    stop();
  }
}

/** Into a QEMU that was started with `-incoming defer`; the guest goes on where it was stopped. */
export async function loadState(qmp: Qmp, dir: string): Promise<void> {
  const file = join(dir, MEMORY);
  await move(qmp, 'migrate-incoming', file, moveLimit((await stat(file)).size));
  await goOn(qmp);
}

/** What the guest of a state had shown. */
export function stateConsole(dir: string): string {
  return join(dir, CONSOLE);
}

const OVER = ['completed', 'failed', 'cancelled'];

async function move(qmp: Qmp, command: 'migrate' | 'migrate-incoming', file: string, limitMs: number): Promise<void> {
  await qmp.execute('migrate-set-capabilities', z.unknown(), { capabilities: [{ capability: 'events', state: true }] });
  await qmp.execute('migrate-set-parameters', z.unknown(), { 'max-bandwidth': 2 ** 40 });
  using over = qmpEvent(qmp, ({ event, data }) => event === 'MIGRATION' && OVER.includes(String(data.status)));
  await qmp.execute(command, z.unknown(), { uri: `file:${file}` });
  const outgoing = command === 'migrate';
  if ((await moved(qmp, over, limitMs, outgoing)) === 'completed') return;
  let { status = '', 'error-desc': why } = await qmp.execute('query-migrate', MigrationInfo);
  if (!OVER.includes(status)) {
    why = `it was not done in time (${status})`;
    // Of the other way QEMU itself is the end.
    if (outgoing) status = await cancel(qmp);
  }
  if (status === 'completed') return;
  const words = `QEMU's ${command} did not succeed: ${why ?? (status || 'it does not say why')}`;
  throw outgoing && !OVER.includes(status) ? new StillMoving(words) : new InfraError(words);
}

/** How it ended; undefined if it has not in that time, or has come to a standstill: only who sends tells how far it is. */
async function moved(qmp: Qmp, over: ReturnType<typeof qmpEvent>, limitMs: number, tells: boolean): Promise<unknown> {
  let [idle, last] = [0, ''];
  for (let left = limitMs; left > 0; left -= LOOK_MS) {
    const end = await over.within(Math.min(left, LOOK_MS));
    if (end !== undefined) return end.data.status;
    if (!tells) continue;
    const ram = JSON.stringify((await qmp.execute('query-migrate', MigrationInfo)).ram);
    idle = ram === last ? idle + LOOK_MS : 0;
    last = ram;
    if (idle >= IDLE_MS) return undefined;
  }
  return undefined;
}

/** How it ended: it may have been done by then. */
async function cancel(qmp: Qmp): Promise<string> {
  await qmp.execute('migrate_cancel', z.unknown());
  const ended = async () => (await qmp.execute('query-migrate', MigrationInfo)).status ?? '';
  return poll(qmp, ended, (status) => OVER.includes(status));
}

const ZEROES = Buffer.alloc(1 << 20);

/** A file that is one hole is read in no time. */
async function isZero(file: string): Promise<boolean> {
  await using handle = await open(file);
  const piece = Buffer.allocUnsafe(ZEROES.length);
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) return true;
    if (piece.compare(ZEROES, 0, bytesRead, 0, bytesRead) !== 0) return false;
  }
}
