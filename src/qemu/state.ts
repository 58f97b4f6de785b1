/** Saves a snapshot of a guest to a folder, and restores it in another QEMU of the same machine. */
import { copyFile, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { modelOf } from '../iommus/index.js';
import { InfraError, type Machine, type Topology, walk } from '../model/index.js';
import { type Qmp, qmpEvent } from './qmp.js';

/**
 * Time limit: a hundred megabytes take a second, and pages of zeroes must be read as well. Every guest gets this, plus
 * the second value for each GiB.
 */
const MOVE_MS = 60_000;
const MOVE_MS_PER_GIB = 30_000;
/** If no page has moved for this long, none will. */
const IDLE_MS = 20_000;
const LOOK_MS = 1_000;
const FINISH_MS = 30_000;

const [MEMORY, CONSOLE] = ['memory', 'console.log'];

/** Why a snapshot of such a guest would not be faithful, in cases that QEMU does not detect. */
export function stateLost(machine: Machine, topology: Topology): string | undefined {
  if (machine.clock === 'icount') return 'a snapshot loses part of the instruction clock, so costs would differ';
  if (machine.nvdimmMiB !== undefined) return 'its NVDIMM may hold what an earlier guest left there';
  const { unsaved } = modelOf(machine.iommu).qemu;
  if (unsaved !== undefined) return unsaved;
  for (const { node } of walk(topology)) {
    // QEMU has no migration state for these devices, not even their PCI registers, and does not complain.
    if (node.kind === 'edu' || node.kind === 'iommu-testdev') return `QEMU cannot save the state of ${node.kind}`;
  }
  return undefined;
}

/** Why QEMU refuses to save it: some device cannot be migrated. */
export async function stateBlocked(qmp: Qmp): Promise<string | undefined> {
  const { 'blocked-reasons': reasons } = await qmp.execute('query-migrate', MigrationInfo);
  return reasons?.join('; ');
}

const MigrationInfo = z.object({
  status: z.string().optional(),
  'error-desc': z.string().optional(),
  /** Progress. */
  ram: z
    .object({ transferred: z.number(), remaining: z.number(), duplicate: z.number(), normal: z.number() })
    .optional(),
  'blocked-reasons': z.array(z.string()).optional(),
});

export interface Saved {
  /** Disks and BARs. A snapshot does not contain their content, so it must be all zeroes. */
  files: Iterable<string>;
  /** The console log so far. */
  console: string;
  /** Gives up after this time. */
  limitMs: number;
}

/** A reasonable time limit for a guest with this much memory. */
export function moveLimit(bytes: number): number {
  return MOVE_MS + (MOVE_MS_PER_GIB * bytes) / 2 ** 30;
}

/** QEMU is still migrating, and would abort if the guest were continued. */
class StillMoving extends InfraError {}

/**
 * Stops the guest, saves it and continues it, even if saving fails. Throws InfraError with the reason if it cannot be
 * saved.
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

/** After a migration QEMU refuses to continue the guest for a moment, and does not report when that is over. */
async function goOn(qmp: Qmp): Promise<void> {
  const running = async () => (await qmp.execute('query-status', z.object({ status: z.string() }))).status;
  await poll(qmp, running, (status) => status !== 'finish-migrate');
  await qmp.execute('cont', z.unknown());
}

/** Asks until the answer is so, for FINISH_MS at most; returns the last answer. */
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

/** For a QEMU that was started with `-incoming defer`; the guest continues where it was stopped. */
export async function loadState(qmp: Qmp, dir: string): Promise<void> {
  const file = join(dir, MEMORY);
  await move(qmp, 'migrate-incoming', file, moveLimit((await stat(file)).size));
  await goOn(qmp);
}

/** The console log of the guest in the snapshot. */
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
    why = `it took too long (${status})`;
    // An incoming migration cannot be cancelled; QEMU is ended instead.
    if (outgoing) status = await cancel(qmp);
  }
  if (status === 'completed') return;
  const words = `QEMU's ${command} failed: ${why ?? (status || 'no reason given')}`;
  throw outgoing && !OVER.includes(status) ? new StillMoving(words) : new InfraError(words);
}

/**
 * The final status; undefined if the time is over or, when saving, if nothing has moved for a while (only the sender
 * reports progress).
 */
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

/** The final status: the migration may have completed in the meantime. */
async function cancel(qmp: Qmp): Promise<string> {
  await qmp.execute('migrate_cancel', z.unknown());
  const ended = async () => (await qmp.execute('query-migrate', MigrationInfo)).status ?? '';
  return poll(qmp, ended, (status) => OVER.includes(status));
}

const ZEROES = Buffer.alloc(1 << 20);

/** Reading a file that is one hole takes no time. */
async function isZero(file: string): Promise<boolean> {
  await using handle = await open(file);
  const piece = Buffer.allocUnsafe(ZEROES.length);
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) return true;
    if (piece.compare(ZEROES, 0, bytesRead, 0, bytesRead) !== 0) return false;
  }
}
