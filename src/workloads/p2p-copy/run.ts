import { z } from 'zod';
import { dutOf, type P2pRoute, p2pRoute } from '../../fabric/index.js';
import { type Expectation, InfraError } from '../../model/index.js';
import { type DataClaim, type Due, stampedDue } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { Copy, DRIVERS, judgeCopy, sideOf } from '../shared/copy.js';
import { overwrite } from '../shared/host-file.js';
import { judged, type Sides, type WorkloadResult } from '../shared/result.js';
import type { P2pCopy } from './declaration.js';

/** What the block layer logs about a refused request. */
const REFUSED_IN_LOG = [/^(I\/O|invalid|critical target) error, dev (phyr\d+|nvme\d+n\d+), sector \d+ /];

const Offered = z.object({ size: z.number(), available: z.number() });

/**
 * Copies disk -> BAR of the peer -> another place on the disk, with the kernel's driver and with ours. Both must do
 * what the topology allows. The host checks both ends: the file of the disk, and the memory behind the BAR.
 */
export async function run(context: WorkloadContext<P2pCopy>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const peer = context.peers.get(workload.peer);
  if (peer === undefined) throw new InfraError(`the topology has no peer '${workload.peer}'`);
  const bytes = workload.sizeKiB * 1024;
  const transfers = DRIVERS.map((driver, i) => ({
    driver,
    from: 2 * i * bytes,
    to: (2 * i + 1) * bytes,
    due: stampedDue(2 * i * bytes, bytes, cell.seed, i),
    // The kernel's driver is the reference whatever the backend: it knows neither our backends nor a narrower mask.
    refused: refusal(
      driver === 'nvme' ? p2pRoute(cell.machine, cell.topology, dutOf(cell.topology).id, workload.peer) : cell.expect,
    ),
  }));
  for (const { from, to, due } of transfers) {
    await overwrite(dutFile, from, due.piece(0, bytes));
    await overwrite(dutFile, to, Buffer.alloc(bytes));
  }

  // The kernel's driver owns its controllers from the start, and their queues may be in the memory that they offer.
  await lab.run(`lab keep ${peer.bdf} ${peer.driver}`);
  const objections: Sides = { ours: [], kernel: [] };
  await withCleanup(
    async () => {
      const before = await lab.ask(Offered, `lab p2pmem ${peer.bdf}`);
      for (const { driver, from, to, refused } of transfers) {
        const disk = await lab.bind(dut, driver);
        const command = `dmacopy ${disk} ${peer.bdf} ${bytes} ${from} ${to}`;
        const copy = await lab.ask(Copy, command, { accept: [1, 3] });
        objections[sideOf(driver)].push(...judgeCopy({ driver }, copy, refused, bytes));
      }
      const after = await lab.ask(Offered, `lab p2pmem ${peer.bdf}`);
      await peer.look();
      if (after.available !== before.available)
        objections.ours.push({
          code: 'p2p-memory-kept',
          detail: `${before.available - after.available} bytes of the peer's memory were not freed`,
        });
    },
    async () => {
      await lab.unbind(dut);
      if (peer.driver === 'phyr_peer') await lab.unbind(peer.bdf);
    },
  );
  const data = transfers.flatMap(({ driver, to, due, refused }): DataClaim[] => {
    const side = { ...(sideOf(driver) === 'kernel' && { kernel: true as const }), where: { driver } };
    return [
      {
        ...side,
        kind: 'holds',
        what: `target of ${driver}`,
        file: dutFile,
        offset: to,
        due: refused !== undefined ? { bytes, piece: (_, length) => Buffer.alloc(length) } : due,
      },
      ...inPeer(peer.file, refused !== undefined, driver, due).map((claim) => ({ ...claim, ...side })),
    ];
  });
  const refused = refusal(cell.expect);
  return {
    workload: judged(objections, refused !== undefined ? `refused: ${refused}` : 'copied'),
    data,
    metrics: [],
    moved: refused !== undefined ? 0 : 2 * bytes,
    ...(refused !== undefined && { expectedLog: REFUSED_IN_LOG }),
  };
}

/** The kernel's driver goes first, so afterwards the peer's memory contains what our driver wrote. */
function inPeer(file: string, refused: boolean, driver: string, due: Due): DataClaim[] {
  const what = `peer's memory after ${driver}`;
  if (refused) return [{ kind: 'holds-nowhere', what, file, due }];
  return driver === 'phyr_nvme' ? [{ kind: 'holds-somewhere', what, file, due }] : [];
}

function refusal(expect: Expectation | P2pRoute): string | undefined {
  return expect.kind === 'refused' ? expect.errno : undefined;
}
