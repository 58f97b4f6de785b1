/** Writing a guest's whole state to a folder, and going on from there in another QEMU of the same machine. */
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';
import { z } from 'zod';
import { InfraError, type Machine, type Topology, walk } from '../model/index.js';
import { type Qmp, qmpEvent } from './qmp.js';

/** A hundred megabytes take a second. */
const MOVE_MS = 60_000;
const FINISH_MS = 10_000;

const [MEMORY, CONSOLE] = ['memory.gz', 'console.log'];

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

/** Stops the guest for as long as QEMU takes. InfraError, with the reason, if the state of this guest cannot be kept. */
export async function saveState(qmp: Qmp, { files, console }: Saved, dir: string): Promise<void> {
  const written = join(dir, 'memory');
  await qmp.execute('stop', z.unknown());
  try {
    for (const file of files) if (!(await isZero(file))) throw new InfraError('the guest has written to its disks');
    await move(qmp, 'migrate', { transport: 'file', filename: written, offset: 0 });
    await copyFile(console, join(dir, CONSOLE));
  } finally {
    await goOn(qmp);
  }
  // A quarter of it: most is the kernel and the root file system, the same in every guest.
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  await pipeline(createReadStream(written), gzip, createWriteStream(join(dir, MEMORY), { mode: 0o600 }));
  await rm(written);
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
  // QEMU owns what it starts, and reads what that writes as it comes: nothing is unpacked to a file.
  const args = ['/bin/sh', '-c', 'exec gzip -dc "$0"', join(dir, MEMORY)];
  await move(qmp, 'migrate-incoming', { transport: 'exec', args });
  await goOn(qmp);
}

/** What the guest of a state had shown. */
export function stateConsole(dir: string): string {
  return join(dir, CONSOLE);
}

type Place = { transport: 'file'; filename: string; offset: number } | { transport: 'exec'; args: string[] };

async function move(qmp: Qmp, command: 'migrate' | 'migrate-incoming', addr: Place): Promise<void> {
  await qmp.execute('migrate-set-capabilities', z.unknown(), { capabilities: [{ capability: 'events', state: true }] });
  await qmp.execute('migrate-set-parameters', z.unknown(), { 'max-bandwidth': 2 ** 40 });
  using over = qmpEvent(
    qmp,
    ({ event, data }) => event === 'MIGRATION' && ['completed', 'failed'].includes(String(data.status)),
  );
  await qmp.execute(command, z.unknown(), { channels: [{ 'channel-type': 'main', addr }] });
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
