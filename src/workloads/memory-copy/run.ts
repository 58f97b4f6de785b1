import { StepFailed } from '../../guest/index.js';
import { countOf } from '../../model/index.js';
import { type DataClaim, stampedDue } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { Copy, DRIVERS, judgeCopy, sideOf } from '../shared/copy.js';
import { tune } from '../shared/driver-settings.js';
import { overwrite } from '../shared/host-file.js';
import { PIECE } from '../shared/memory.js';
import { judged, named, type Sides, type WorkloadResult } from '../shared/result.js';
import type { MemoryCopy } from './declaration.js';

/**
 * Copies disk -> RAM -> another place on the disk, with the kernel's driver and with ours, for each kind of page, and
 * for data that begins and ends inside a page. Both drivers must do the same. The host checks what arrived.
 */
export async function run(context: WorkloadContext<MemoryCopy>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const { bytes } = workload;
  const cases = DRIVERS.flatMap((driver) =>
    workload.memory.flatMap((memory) => workload.heads.map((head) => ({ driver, memory, head }))),
  );
  const copies = cases.map((one, i) => {
    const from = 2 * i * bytes;
    return { ...one, from, to: from + bytes, due: stampedDue(from, bytes, cell.seed, i) };
  });
  for (const { from, to, due } of copies) {
    await overwrite(dutFile, from, due.piece(0, bytes));
    await overwrite(dutFile, to, Buffer.alloc(bytes));
  }

  const objections: Sides = { ours: [], kernel: [] };
  await tune(lab, workload.driver);
  for (const driver of DRIVERS) {
    const disk = await lab.bind(dut, driver);
    for (const { memory, head, from, to } of copies.filter((copy) => copy.driver === driver)) {
      const command = `dmacopy ${disk} ${memory} ${bytes} ${from} ${to} ${head}`;
      const copy = await lab.ask(Copy, command, { accept: [1, 3] });
      if (copy.chunk !== PIECE[memory])
        throw new StepFailed(
          `${command}: the memory consists of pieces of ${copy.chunk} bytes, which is not what the cell tests`,
          { code: 'answer-unexpected', where: { step: 'dmacopy' } },
        );
      for (const wrong of judgeCopy({ driver }, copy, undefined, bytes))
        objections[sideOf(driver)].push(named(`${memory} at ${head}`, wrong));
    }
  }
  return {
    workload: judged(objections, countOf(copies.length, 'copy', 'copies')),
    data: copies.map(
      ({ driver, memory, head, to, due }): DataClaim => ({
        kind: 'holds',
        what: `target of ${driver} from ${memory} memory at ${head}`,
        file: dutFile,
        offset: to,
        due,
        where: { driver },
        ...(sideOf(driver) === 'kernel' && { kernel: true }),
      }),
    ),
    metrics: [],
    moved: copies.length * bytes,
    uses: workload.driver?.uses ?? [],
  };
}
