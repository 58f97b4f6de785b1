/**
 * The folder of a cell that did not pass: what a person looks at, and what is needed to run the cell again elsewhere.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  CellRecord,
  harmless,
  type Image,
  messageOf,
  objectionsOf,
  oneLine,
  type RunRecord,
  shortLine,
} from '../model/index.js';
import { type Artefact, type Cell, KEPT_CELL, KEPT_CELL_SCHEMA, type KeptCell } from '../workloads/index.js';

export interface Evidence {
  /** The cell's folder. */
  folder: string;
  /** Files of the boot: console, QEMU's trace, monitor log and arguments. */
  artefacts: string;
  run: RunRecord;
  cell: Cell;
  record: CellRecord;
  image: Image;
  /** The console lines while the cell ran. */
  log: readonly string[];
}

/** Adds source lines to the function names in a kernel log. */
export type Decode = (log: readonly string[], image: Image) => Promise<string[]>;

/** Relative to the run's folder. */
export function evidenceFolder(cellId: string, attempt: number): string {
  return join('cells', `${cellId.replaceAll('/', '.')}${attempt > 0 ? `.${attempt}` : ''}`);
}

/** Returns one line for each thing that could not be saved. The verdict of the cell does not depend on it. */
export async function keepEvidence(evidence: Evidence, decode: Decode): Promise<string[]> {
  const { folder, artefacts, run, cell, record, image, log } = evidence;
  const trouble: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>) => {
    await work().catch((error: unknown) =>
      trouble.push(`${record.id}: ${what} could not be saved: ${messageOf(error)}`),
    );
  };
  await attempt('evidence', async () => {
    await mkdir(folder, { recursive: true });
    for (const entry of await readdir(artefacts, { recursive: true, withFileTypes: true })) {
      const to = join(folder, relative(artefacts, entry.parentPath), entry.name);
      if (entry.isDirectory()) await mkdir(to, { recursive: true });
      else await same(join(entry.parentPath, entry.name), to);
    }
  });
  await attempt('the declaration', async () => {
    const kept: KeptCell = {
      schema: KEPT_CELL_SCHEMA,
      run,
      cell,
      record: CellRecord.parse(record),
      keys: {
        qemu: image.qemu.key,
        kernel: image.kernel.key,
        rootfs: image.rootfs.key,
        modules: image.modules.key,
      },
      artefacts: await artefactsOf(image),
    };
    await writeFile(join(folder, KEPT_CELL), `${JSON.stringify(kept, null, 2)}\n`);
  });
  const long = longDetails(record);
  if (long.length > 0) await attempt('the full details', () => writeFile(join(folder, 'details.txt'), long.join('\n')));
  await attempt('the kernel log', async () => {
    const lines = await decode(log, image).catch((error: unknown) => [
      ...log,
      `(phyrlab: not decoded: ${messageOf(error)})`,
    ]);
    await writeFile(join(folder, 'kernel.log'), lines.map((line) => `${line}\n`).join(''));
  });
  return trouble;
}

/** The texts that the record shortens, in full; for a terminal. */
export function longDetails({ reason, oracles }: Pick<CellRecord, 'reason' | 'oracles'>): string[] {
  const said = [
    ...oracles.flatMap((report) => {
      const said = report.verdict === 'pass' ? [report] : objectionsOf(report);
      return [...said, ...(report.kernel ?? [])].map(({ detail }) => ({ what: report.name, text: detail }));
    }),
    { what: 'verdict', text: reason },
  ];
  return said
    .filter(({ text }) => shortLine(text) !== oneLine(text))
    .map(({ what, text }) => `${what}:\n${harmless(text)}\n`);
}

/** A hard link where the file system allows it, otherwise a copy. */
async function same(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}

/** The parts of this image with the hash of each. */
export async function artefactsOf({ qemu, kernel, rootfs, modules }: Image): Promise<Artefact[]> {
  const names = (await readdir(modules.dir)).filter((name) => name.endsWith('.ko')).sort();
  const files: [string, string][] = [
    ['qemu', qemu.program.args.at(-1) ?? qemu.program.file],
    ['kernel', kernel.image],
    ['boot modules', kernel.bootModules],
    ['root file system', rootfs.archive],
    ...names.map((name): [string, string] => [`module ${basename(name, '.ko')}`, join(modules.dir, name)]),
  ];
  return Promise.all(files.map(async ([what, file]) => ({ what, sha256: await sha256(file) })));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
