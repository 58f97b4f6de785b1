/** What a run adds to the history of measurements. */
import { createHash } from 'node:crypto';
import {
  type CellRecord,
  type RunResult,
  SAMPLES_SCHEMA_VERSION,
  type SamplesHeader,
  type SamplesLine,
  seriesKind,
} from '../model/index.js';
import type { Cell } from '../workloads/index.js';

/**
 * The samples of the cells that passed: the cost of something that went wrong is not a cost. Figures of which neither end is the
 * better one say how much was done, and are no measurements.
 */
export function samplesOf(
  result: RunResult,
  cells: readonly Cell[],
): { header: SamplesHeader; lines: SamplesLine[] } | undefined {
  const { run } = result;
  const declared = new Map(cells.map((cell) => [cell.id, cell]));
  const lines = result.cells.flatMap((record) => {
    const cell = declared.get(record.id);
    return cell === undefined || cell.plant !== undefined || record.verdict !== 'pass'
      ? []
      : linesOf(record, cell, run);
  });
  if (lines.length === 0) return undefined;
  const { kernel, cpus, memory_mib } = run.host;
  const header: SamplesHeader = {
    schema: SAMPLES_SCHEMA_VERSION,
    run: run.id,
    at: run.started,
    modules_key: run.modules.key,
    rootfs_key: run.rootfs.key,
    host: { kernel, cpus, memory_mib },
  };
  return { header, lines };
}

function linesOf(record: CellRecord, cell: Cell, run: RunResult['run']): SamplesLine[] {
  const kernel = record.kernel ?? run.kernel;
  return record.metrics
    .filter(({ better }) => better !== 'neither')
    .map(({ value, samples, ...measured }) => ({
      series: {
        cell: cell.id,
        ...measured,
        kind: seriesKind(cell),
        declared: hash([cell.machine, cell.topology, cell.workload]),
        kernel: kernel.release,
        kernel_key: kernel.key,
        qemu: run.qemu.version,
        qemu_key: run.qemu.key,
        accelerator: run.host.accelerator,
      },
      values: samples ?? [value],
    }));
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
