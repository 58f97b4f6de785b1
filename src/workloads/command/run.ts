import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { z } from 'zod';
import { archOf } from '../../arches/index.js';
import { type GuestSystem, payloadOf } from '../../guest/index.js';
import { formatBytes, harmless, InfraError, messageOf, projectRoot, walk } from '../../model/index.js';
import { type DataClaim, type Due, stampedDue } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { metricsOf } from '../shared/figures.js';
import { overwrite } from '../shared/host-file.js';
import type { WorkloadResult } from '../shared/result.js';
import { type Command, figures } from './declaration.js';
import { type Ended, outcomeOf } from './outcome.js';

const figure = metricsOf(figures);

/** In the guest: guest/lab/steps/command. */
const FOLDER = '/command';
const MOST_OUTPUT = 8 << 20;
/** Beyond the command's own: to end it by force, and to find what it left. */
const GRACE_MS = 20_000;
const OUT_DEADLINE_MS = 60_000;

const System = z.object({
  programs: z.array(z.string()),
  libraries: z.array(z.string()),
  glibc: z
    .string()
    .regex(/^\d+\.\d+$/)
    .transform((text) => text.split('.').map(Number) as [number, number]),
});
const Kept = z.object({ bdf: z.string(), disk: z.string(), kept: z.boolean().default(false) });
const Sectors = z.object({ read: z.number(), written: z.number() });
const HowItEnded = z.object({
  code: z.number(),
  /** By the guest's clock. */
  seconds: z.number(),
  /** Sectors of the disk under test. */
  moved: z.object({ before: Sectors, after: Sectors }),
  left: z.array(z.string()),
});
const SECTOR = 512;

/**
 * Runs the user's command in a guest with our modules loaded. The driver of the disk under test depends on the backend.
 */
export async function run(context: WorkloadContext<Command>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut } = context;
  await putFiles(context);
  const data = await fillDisk(context);
  const driver = cell.backend === 'nvme' ? 'nvme' : 'phyr_nvme';
  const disk = workload.dut === 'disk' ? await lab.bind(dut, driver) : dut;
  const reference = [...walk(cell.topology)].find(({ node }) => node.kind === 'nvme' && node.role === 'reference');
  const other = reference && (await lab.ask(Kept, `lab keep ${context.bdf(reference.node.id)} nvme`));
  const environment = {
    DUT: disk,
    REF: other?.disk,
    PEER: [...context.peers.values()][0]?.bdf,
    SEED: `${cell.seed}`,
  };
  const ended = await withCleanup(
    () => execute(context, environment),
    async () => {
      // What it had mapped before the cell began must be there at the end.
      if (other?.kept === false) await lab.unbind(other.bdf);
    },
  );
  const { report, subtests } = outcomeOf(ended, workload);
  return {
    workload: report,
    ...(data !== undefined && { data: [data] }),
    // Without a driver of ours there are no submissions to watch.
    ...((driver === 'nvme' || workload.dut === 'function') && { translation: 'nothing' }),
    moved: driver === 'nvme' ? 0 : ended.atLeast,
    subtests,
    metrics: [
      figure('command took', ended.seconds),
      ...(subtests.length > 0 ? [figure('tests', subtests.length)] : []),
    ],
  };
}

/** A path that the declaration holds. */
function onHost(path: string): string {
  return resolve(projectRoot, path);
}

async function putFiles({ cell, workload, lab }: WorkloadContext<Command>): Promise<void> {
  const { build } = archOf(cell.machine);
  const { programs, libraries, glibc } = await lab.ask(System, `lab command-begin ${build.triplet}`);
  const guest: GuestSystem = { build, programs: new Set(programs), libraries: new Set(libraries), glibc };
  const given = workload.files.map(({ from, to, program = false }) => ({
    program,
    from: onHost(from),
    to: posix.join(FOLDER, 'files', to ?? basename(from)),
  }));
  lab.tell('putting the files into the guest');
  const files = await payloadOf(given, guest, `${FOLDER}/lib`);
  await lab.push([...files, { path: `${FOLDER}/run`, mode: 0o644, source: { data: `${workload.run}\n` } }]);
}

/** What the disk must hold afterwards. */
async function fillDisk({ cell, workload, dutFile }: WorkloadContext<Command>): Promise<DataClaim | undefined> {
  if (workload.disk === undefined) return undefined;
  const { fillKiB, after } = workload.disk;
  const bytes = fillKiB * 1024;
  const filled = stampedDue(0, bytes, cell.seed, 1);
  await overwrite(dutFile, 0, filled.piece(0, bytes));
  const due = after === 'unchanged' ? filled : await fileDue(onHost(after.holds), bytes);
  const what = after === 'unchanged' ? 'what the disk held before' : `what ${basename(after.holds)} holds`;
  return { kind: 'holds', what, file: dutFile, offset: 0, due };
}

async function fileDue(path: string, most: number): Promise<Due> {
  const content = await readFile(path).catch((error: unknown) => {
    throw new InfraError(`what the disk must hold cannot be read: ${messageOf(error)}`);
  });
  if (content.length > most)
    throw new InfraError(`${path} is longer than the ${formatBytes(most)} of the disk that fillKiB names`);
  return { bytes: content.length, piece: (from, length) => content.subarray(from, from + length) };
}

type Environment = Record<string, string | undefined>;

async function execute(
  context: WorkloadContext<Command>,
  environment: Environment,
): Promise<Ended & { seconds: number; atLeast: number }> {
  const { workload, lab, folder } = context;
  await mkdir(folder, { recursive: true });
  const kept = createWriteStream(join(folder, 'output.txt'));
  const flushed = finished(kept);
  // A full disk is told when the command has ended.
  flushed.catch(() => {});
  // What is told is recorded as well.
  let quietUntil = 0;
  const words = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`));
  const most = lab.patient(workload.deadline);
  const { stdout, cut = false } = await lab
    .program(`${words.join(' ')} lab command ${most}`, {
      deadlineMs: workload.deadline * 1000 + GRACE_MS,
      mostOutput: MOST_OUTPUT,
      onLine: (line) => {
        kept.write(`${harmless(line)}\n`);
        if (line.trim() === '' || performance.now() < quietUntil) return;
        quietUntil = performance.now() + 1000;
        lab.tell(`${workload.id}: ${line.trim().slice(0, 200)}`);
      },
    })
    .finally(() => {
      kept.end();
      return flushed;
    });
  if (cut) await lab.run('lab command-stop');
  const { code, seconds, moved, left } = await lab.ask(HowItEnded, 'lab command-ended');
  if (left.length > 0) lab.tell(`${workload.id} left behind: ${left.join(', ')}`);
  const packed = await lab.text('lab command-out', { deadlineMs: OUT_DEADLINE_MS });
  if (packed !== '') await writeFile(join(folder, 'out.tar.gz'), Buffer.from(packed, 'base64'));
  const { before, after } = moved;
  const read = (after.read - before.read) * SECTOR;
  const written = (after.written - before.written) * SECTOR;
  // What is written may be zeroes that no memory was read for: only what the workload says of it is sure.
  const atLeast = after.read * SECTOR + Math.max(0, workload.movesKiB * 1024 - read);
  // By TERM, or by KILL if that did not help.
  const late = seconds >= most && (code === 143 || code === 137);
  return { code, late, seconds, endless: cut, kib: (read + written) / 1024, atLeast, output: stdout };
}
