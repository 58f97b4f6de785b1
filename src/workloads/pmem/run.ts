import { z } from 'zod';
import { countOf, InfraError } from '../../model/index.js';
import { type DataClaim, stampedDue } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { DRIVERS, judgeCopy, Step, sideOf } from '../shared/copy.js';
import { overwrite } from '../shared/host-file.js';
import { IO_PATHS, type IoPath } from '../shared/io-paths.js';
import { judged, type Sides, type WorkloadResult } from '../shared/result.js';
import type { Pmem } from './declaration.js';
import { pmemRefusal } from './refusal.js';

type Context = WorkloadContext<Pmem>;

const Memory = z.object({ file: z.string() });
const Copied = z.object({ read: Step, flush: Step, write: Step });
/** After the power cycle: only from the memory. */
const CopiedBack = z.object({ write: Step, read: Step.exactOptional(), flush: Step.exactOptional() });
const Digest = z.object({ sha256: z.string() });

interface Copy extends IoPath {
  /** Offset in the memory, and on the disk where from and where to. In bytes. */
  at: number;
  from: number;
  to: number;
  due: ReturnType<typeof stampedDue>;
  refused: string | undefined;
}

/**
 * Copies disk -> NVDIMM -> another place on the disk, each path with its own places. After the power cycle: reads the
 * NVDIMM with the CPU, and copies NVDIMM -> disk. The host checks the files of both.
 */
export async function run(context: Context): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile, again = false, nvdimm } = context;
  if (nvdimm === undefined) throw new InfraError(`machine ${cell.machine.id} has no NVDIMM`);
  const bytes = workload.sizeKiB * 1024;
  const copies = IO_PATHS.map((path, i): Copy => {
    const from = 2 * i * bytes;
    const refused = pmemRefusal(cell.machine, workload, path);
    return { ...path, at: i * bytes, from, to: from + bytes, due: stampedDue(from, bytes, cell.seed, i), refused };
  });
  for (const { from, to, due } of copies) {
    await overwrite(dutFile, from, due.piece(0, bytes));
    await overwrite(dutFile, to, Buffer.alloc(bytes));
  }

  const { file } = await lab.ask(Memory, `lab pmem ${workload.mode}${again ? '' : ` ${copies.length * bytes}`}`);
  const objections: Sides = { ours: [], kernel: [] };
  const digests = new Map<Copy, string>();
  const asked = again ? copies.filter(({ refused }) => refused === undefined) : copies;
  await withCleanup(
    async () => {
      if (again)
        for (const copy of asked)
          digests.set(copy, (await lab.ask(Digest, `lab pmem-digest ${file} ${copy.at} ${bytes}`)).sha256);
      for (const driver of DRIVERS) {
        const disk = await lab.bind(dut, driver);
        for (const { via, at, from, to, refused } of asked.filter((copy) => copy.driver === driver)) {
          const device = via === 'odirect' ? disk : `${disk}-ctl`;
          const command = `memcopy ${device} ${via} ${file} ${at} ${bytes} ${again ? '-' : from} ${to}`;
          const copied = await lab.ask<z.infer<typeof CopiedBack>>(again ? CopiedBack : Copied, command, {
            accept: [1, 3],
          });
          objections[sideOf(driver)].push(...judgeCopy({ driver, via }, copied, refused, bytes));
          if (copied.flush !== undefined && 'errno' in copied.flush)
            objections[workload.mode === 'raw' ? 'ours' : 'kernel'].push({
              code: 'io-failed',
              detail: `${via}: flush: ${copied.flush.errno}`,
              where: { step: 'flush', via, errno: copied.flush.errno },
            });
        }
      }
    },
    async () => {
      await lab.unbind(dut);
      await lab.run('lab pmem-end');
    },
  );

  const ours = asked.filter(({ driver, refused }) => sideOf(driver) === 'ours' && refused === undefined);
  const refusals = copies.flatMap(({ driver, via, refused }) => (refused ? [`${driver} ${via}: ${refused}`] : []));
  return {
    workload: judged(objections, [countOf(asked.length, 'copy', 'copies'), ...refusals].join(', ')),
    data: asked.flatMap((copy) => claims(copy, workload, { dutFile, nvdimm, digest: digests.get(copy), again })),
    metrics: [],
    moved: ours.length * (again ? 1 : 2) * bytes,
  };
}

function claims(
  { driver, via, at, to, due, refused }: Copy,
  { mode }: Pmem,
  { dutFile, nvdimm, digest, again }: { dutFile: string; nvdimm: string; digest: string | undefined; again: boolean },
): DataClaim[] {
  const side = { ...(sideOf(driver) === 'kernel' && { kernel: true as const }), where: { driver, via } };
  const what = (of: string) => `${driver}, ${via}: ${of}`;
  const disk = { ...side, kind: 'holds' as const, what: what('disk'), file: dutFile, offset: to };
  if (refused !== undefined)
    return [
      { ...disk, due: { bytes: due.bytes, piece: (_, length) => Buffer.alloc(length) } },
      { ...side, kind: 'holds-nowhere', what: what('NVDIMM'), file: nvdimm, due },
    ];
  const place = { ...side, what: what('NVDIMM'), file: nvdimm, due };
  return [
    { ...disk, due },
    // The file system decides where a file is in the NVDIMM.
    mode === 'raw' ? { ...place, kind: 'holds', offset: at } : { ...place, kind: 'holds-scattered' },
    ...(again ? [{ ...side, kind: 'read-back' as const, what: what('NVDIMM, by the CPU'), digest, due }] : []),
  ];
}
