/**
 * Records what memory the requests of a real fio run are made of, for the layout `fio-mix` of the suite bench:
 * `npx jiti test/measure/fio-mix.ts > harness/fio-mix.ts`. Once recorded it stays, so that counts stay comparable.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noIommu } from '../../harness/machines.js';
import { switched } from '../../harness/topologies.js';
import { Lab } from '../../src/guest/lab.js';
import { openImages } from '../../src/images/index.js';
import { storyIn } from '../../src/oracle/index.js';
import { BootedGuest } from '../../src/run/boot.js';

const KEPT = 256;
const LONGEST = 512;
const PAGE = 4096;
const JOB = `[global]
ioengine=libaio
direct=1
size=32m
io_size=24m
randrepeat=1
[database]
rw=randrw
bssplit=4k/60:8k/20:16k/10:64k/10
iodepth=16
[stream]
rw=read
bs=512k
iodepth=4
[files]
rw=randwrite
bssplit=4k/30:32k/40:128k/30
iodepth=8
`;

const { signal } = new AbortController();
const artefacts = await mkdtemp(join(tmpdir(), 'phyrlab-mix-'));
try {
  await using images = await openImages({ signal, progress: () => {} });
  const image = await images.image('7.3');
  const boot = {
    image,
    machine: noIommu,
    topology: switched,
    accelerator: 'tcg',
    artefacts,
    deadlineMs: 90_000,
    signal,
  } as const;
  await using guest = await BootedGuest.start(boot);
  const lab = new Lab(guest.session, noIommu, signal, () => {});
  const dut = guest.bdf('dut');
  await lab.run(`STORY=1 lab begin mix ${dut} iter`);
  const disk = await lab.bind(dut, 'phyr_nvme');
  await lab.run(`cat > /tmp/mix.fio && lab fio /tmp/mix.fio`, {
    stdin: JOB.replace('[global]', `[global]\nfilename=${disk}`),
    deadlineMs: 60_000,
  });
  const { lines } = await lab.run(`STORY=1 lab end mix ${dut}`, { deadlineMs: 60_000 });
  const chunks: number[] = [];
  let end = 0;
  for (const event of storyIn(lines)?.events ?? []) {
    if (event.kind === 'submit') end = 0;
    if (event.kind !== 'range') continue;
    const pages = Math.ceil(event.len / PAGE);
    if (event.phys === end) chunks.push((chunks.pop() ?? 0) + pages);
    else chunks.push(pages);
    end = event.phys + event.len;
  }
  // From the middle, where all three jobs are at work.
  const from = Math.floor((chunks.length - KEPT) / 2);
  const kept = chunks.slice(from, from + KEPT).map((pages) => Math.min(pages, LONGEST));
  const rows = kept.join(', ').match(/.{1,110}(, |$)/g) ?? [];
  process.stdout.write(
    `/**\n * Chunks of physical memory, in pages, of requests in the order in which a driver got them: recorded by test/measure/fio-mix.ts from three\n` +
      ` * fio jobs at once (a database, a stream, files), Linux ${image.kernel.release}, fio's memory as the kernel gave it.\n */\n` +
      `export const fioMix: number[] = [\n${rows.map((row) => `  ${row.trim()}`).join('\n')}\n];\n`,
  );
} finally {
  await rm(artefacts, { recursive: true, force: true });
}
