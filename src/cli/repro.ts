import { basename } from 'node:path';
import { Command } from 'commander';
import { openImages } from '../images/index.js';
import { type Asked, type Image, type RunRecord, UsageError } from '../model/index.js';
import { progressReporter, StatusLine, styleFor } from '../report/index.js';
import { findRecordedCell, type RecordedCell, readStart, runFolders, runsFolder } from '../results/index.js';
import { artefactsOf } from '../run/index.js';
import { conduct } from './conduct.js';
import { addConductOptions, type ConductOptions } from './conduct-options.js';
import { interruptible } from './interrupt.js';
import { DEFAULT_KERNEL, RUN } from './options.js';
import { checkTargets, targetsOf } from './reports.js';
import { askedFor } from './run.js';
import { fromOutside } from './scenarios.js';

interface ReproOptions extends ConductOptions {
  kernel?: string;
}

export function reproCommand(): Command {
  const command = new Command('repro')

    .argument(
      '<CELL|RUN/CELL|FOLDER>',
      `a cell of the newest run that has it; RUN/CELL, where RUN is ${RUN}; or the folder that a failed cell keeps`,
    )
    .option('--kernel <RELEASE|DIR>', 'use this kernel instead of the recorded one');
  return addConductOptions(command).action(repro);
}

async function repro(word: string, options: ReproOptions): Promise<void> {
  const started = performance.now();
  const { targets, output } = targetsOf(options);
  await checkTargets(targets);
  const past = await findRecordedCell(runsFolder(options.runs), word);
  const { run } = past;
  const cell = fromOutside(past.cell);
  if (cell.expect.kind === 'not-modelled')
    throw new UsageError(`${cell.id} cannot be run: ${cell.expect.why}`, 'that run skipped it, too');
  const asked = await askedHere(runsFolder(options.runs), run);
  const kernel = options.kernel ?? asked.kernel ?? DEFAULT_KERNEL;
  const qemu = options.qemu ?? asked.qemu;
  const own = { ...options, kernel, ...(qemu !== undefined && { qemu }) };

  using interrupt = interruptible();
  const { signal } = interrupt;
  using status = new StatusLine(output);
  await using images = await openImages({ ...own, progress: progressReporter(status), signal });
  const style = styleFor(output);
  status.print(style.dim(`again: ${cell.id} of run ${run.id}, seed ${run.seed}`));
  // If the cell kept no folder of its own, only the images that its run started with are known.
  const { plant, machine } = cell;
  const image = await images.image(kernel, past.kept && { plants: plant !== undefined, machine });
  for (const line of await otherImages(past, image)) status.print(style.bad(`NOT THE SAME: ${line}`));
  const job = { plan: { cells: [cell], pruned: [], omitted: 0 }, seed: run.seed, asked: askedFor([cell.id], own) };
  const { exitCode } = await conduct(job, { ...own, targets, output, started }, { images, status, signal });
  process.exitCode = exitCode;
}

/**
 * The kernel and QEMU that the run was asked for. A record from another host could name any program or tree of this host, so paths are
 * taken from our own runs only.
 */
export async function askedHere(
  runs: string,
  { id, asked }: RunRecord,
): Promise<Partial<Pick<Asked, 'kernel' | 'qemu'>>> {
  const own = runFolders(runs).find((folder) => basename(folder) === id);
  if (own !== undefined) return (await readStart(own))?.run.asked ?? {};
  if (asked?.kernel.includes('/'))
    throw new UsageError(`run ${id} is from another host and used a kernel tree`, 'name yours with --kernel DIR');
  return asked === undefined ? {} : { kernel: asked.kernel };
}

/** How the images on this machine differ from those that the cell ran on, one line per difference. */
export async function otherImages({ run, kept }: Omit<RecordedCell, 'cell'>, here: Image): Promise<string[]> {
  const lines: string[] = [];
  const { qemu, kernel, rootfs, modules } = run;
  const own = kept?.keys ?? { qemu: qemu.key, kernel: kernel.key, rootfs: rootfs.key, modules: modules.key };
  const release = kept?.record.kernel?.release ?? kernel.release;
  const differ = (what: string, mine: string, theirs: string, more = '') => {
    if (mine !== theirs) lines.push(`${what}: ${mine} here, ${theirs} in the run${more}`);
    return mine !== theirs;
  };
  const others = [
    differ('QEMU', here.qemu.key, own.qemu, ` (${here.qemu.version} here, ${qemu.version} in the run)`),
    differ('kernel', here.kernel.key, own.kernel, ` (${here.kernel.release} here, ${release} in the run)`),
    differ('root file system', here.rootfs.key, own.rootfs),
    differ('modules', here.modules.key, own.modules, ' (guest/ differs, or the kernel does)'),
  ];
  if (kept === undefined || others.includes(true)) return lines;
  // The same inputs should have built the same bytes.
  const mine = new Map((await artefactsOf(here)).map(({ what, sha256 }) => [what, sha256]));
  for (const { what, sha256 } of kept.artefacts)
    differ(
      what,
      mine.get(what)?.slice(0, 16) ?? 'missing',
      sha256.slice(0, 16),
      ' (SHA-256; built from the same inputs)',
    );
  return lines;
}
