/** Writing a guest's whole state to a folder, and going on from there in another QEMU of the same machine. */
import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { InfraError, type Machine, type Topology, walk } from '../model/index.js';
import { type Qmp, qmpEvent } from './qmp.js';

/** A hundred megabytes take a second. */
const MOVE_MS = 60_000;
const FINISH_MS = 10_000;

const [MEMORY, CONSOLE] = ['memory', 'console.log'];

/** Why no guest of this kind is to go on from a state that was kept, as far as QEMU does not say so itself. */
export function stateLost(machine: Machine, topology: Topology): string | undefined {
  if (machine.clock === 'icount') return 'what it costs would depend on what QEMU forgets of its clock';
  if (machine.nvdimmMiB !== undefined) return 'its NVDIMM may hold what an earlier guest left there';
  // It says so of nothing: devices of a restored guest reach memory by physical address (11.1, hw/i386/amd_iommu.c).
  if (machine.iommu.kind === 'amd') return 'QEMU does not keep which devices an AMD IOMMU translates for';
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
  'blocked-reasons': z.array(z.string()).optional(),
});

export interface Saved {
  /** Disks and BARs, whose contents are no part of a state: all zeroes, as they will be found by whoever goes on from it. */
  files: Iterable<string>;
  /** The console's log so far. */
  console: string;
}

/** Stops the guest for as long as it takes. InfraError, with the reason, if the state of this guest cannot be kept. */
export async function saveState(qmp: Qmp, { files, console }: Saved, dir: string): Promise<void> {
  await qmp.execute('stop', z.unknown());
  try {
    for (const file of files) if (!(await isZero(file))) throw new InfraError('the guest has written to its disks');
    await move(qmp, 'migrate', join(dir, MEMORY));
    await copyFile(console, join(dir, CONSOLE));
  } finally {
    await goOn(qmp);
  }
}

/** For a moment after a state is written QEMU does not let the guest go on, and it does not say when that is over. */
async function goOn(qmp: Qmp): Promise<void> {
  const end = performance.now() + FINISH_MS;
  for (;;) {
    const { status } = await qmp.execute('query-status', z.object({ status: z.string() }));
    if (status !== 'finish-migrate' || performance.now() > end) break;
    await sleep(5);
  }
  await qmp.execute('cont', z.unknown());
}

/** Into a QEMU that was started with `-incoming defer`; the guest goes on where it was stopped. */
export async function loadState(qmp: Qmp, dir: string): Promise<void> {
  await move(qmp, 'migrate-incoming', join(dir, MEMORY));
  await goOn(qmp);
}

/** What the guest of a state had shown. */
export function stateConsole(dir: string): string {
  return join(dir, CONSOLE);
}

async function move(qmp: Qmp, command: 'migrate' | 'migrate-incoming', file: string): Promise<void> {
  await qmp.execute('migrate-set-capabilities', z.unknown(), { capabilities: [{ capability: 'events', state: true }] });
  await qmp.execute('migrate-set-parameters', z.unknown(), { 'max-bandwidth': 2 ** 40 });
  using over = qmpEvent(
    qmp,
    ({ event, data }) => event === 'MIGRATION' && ['completed', 'failed'].includes(String(data.status)),
  );
  await qmp.execute(command, z.unknown(), { uri: `file:${file}` });
  const end = await over.within(MOVE_MS);
  if (end?.data.status !== 'completed') {
    const { status, 'error-desc': why } = await qmp.execute('query-migrate', MigrationInfo);
    throw new InfraError(`QEMU's ${command} did not succeed: ${why ?? status ?? 'it does not say why'}`);
  }
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
