import { z } from 'zod';
import { type CtlIo, InfraError } from '../../model/index.js';
import { type DataClaim, stamped, stampedDue } from '../../oracle/index.js';
import { reservedRam } from '../../plan/index.js';
import { check } from '../lab.js';
import { overwrite } from './host-file.js';
import { done, failed, type WorkloadContext, type WorkloadResult } from './types.js';

const Refused = z.object({ error: z.string(), errno: z.string() });
const Wrote = z.union([z.object({ op: z.literal('write'), bytes: z.number() }), Refused]);
const Read = z.union([z.object({ sha256: z.string() }), Refused]);
const Revoked = z.object({
  done: z.number(),
  refused: z.number(),
  late: z.number(),
  other: z.number(),
  errno: z.string(),
  unregister: z.string(),
});

/**
 * I/O through /dev/phyrN-ctl. For each way of naming the memory the guest writes stamps to one stretch of the disk and reads
 * another, which the host has filled: the host looks for the stamps, and the guest's digest must be that of the host's bytes.
 */
export async function ctlIo(context: Context): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const bytes = workload.sizeKiB * 1024;
  const secretSeed = (cell.seed ^ 0x5ec2e7) >>> 0;
  const refused = cell.expect.kind === 'refused' ? cell.expect.errno : undefined;
  const stretches = workload.via.map((via, i) => ({
    via,
    written: { at: 2 * i * bytes, due: stampedDue(2 * i * bytes, bytes, cell.seed, i + 1) },
    secret: { at: (2 * i + 1) * bytes, due: stampedDue((2 * i + 1) * bytes, bytes, secretSeed, 0) },
  }));
  for (const { written, secret } of stretches) {
    await overwrite(dutFile, written.at, Buffer.alloc(bytes));
    await overwrite(dutFile, secret.at, stamped(secret.at, bytes, secretSeed, 0));
  }

  const memory = await makeMemory(context);
  const objections: string[] = [];
  let answers: Answers[] = [];
  try {
    const ctl = `${await lab.bind(dut, 'phyr_nvme')}-ctl`;
    answers = await transfer(context, ctl, memory.names);
    await context.peers.get(workload.peer ?? '')?.look();
    for (const [i, answer] of answers.entries())
      objections.push(...judge(workload.via[i] ?? '', answer, bytes, refused));
    if (workload.revoke === true) objections.push(...(await revoke(context, ctl, memory.names.direct)));
  } finally {
    await lab.unbind(dut);
    await memory.release();
  }

  return {
    workload: objections.length > 0 ? failed(objections.join('; ')) : done(refused ? `refused: ${refused}` : 'moved'),
    data: stretches.flatMap((stretch, i) => claims(context, stretch, answers[i]?.read, refused !== undefined)),
    metrics: [],
    moved: refused === undefined ? 2 * bytes * stretches.length : 0,
  };
}

interface Answers {
  wrote: z.infer<typeof Wrote>;
  read: z.infer<typeof Read>;
}

async function transfer({ cell, workload, lab }: Context, ctl: string, names: Names): Promise<Answers[]> {
  const files = workload.via.map((via) => names[via]).join(' ');
  const command = `lab ctl-io ${ctl} ${workload.sizeKiB * 1024} ${cell.seed} ${workload.threads} ${files}`;
  const { lines } = await lab.run(command);
  return workload.via.map((via, i) => ({
    wrote: check(Wrote, `${command}: ${via} write`, lines[2 * i]),
    read: check(Read, `${command}: ${via} read`, lines[2 * i + 1]),
  }));
}

function* judge(via: string, { wrote, read }: Answers, bytes: number, refused: string | undefined): Generator<string> {
  const due = refused ?? `${bytes} bytes`;
  const got = 'errno' in wrote ? wrote.errno : `${wrote.bytes} bytes`;
  if (got !== due) yield `${via} write: ${got}, due ${due}`;
  const error = 'errno' in read ? read.errno : undefined;
  if (error !== refused) yield `${via} read: ${error ?? 'went through'}, due ${due}`;
}

type Context = WorkloadContext<CtlIo>;
type Names = Record<CtlIo['via'][number], string>;

/** The memory as phyrio names it, and what is to be undone for it. */
async function makeMemory({
  cell,
  workload,
  lab,
  peers,
}: Context): Promise<{ names: Names; release(): Promise<void> }> {
  const named = (file: string): Names => ({ direct: file, registered: `buffer:${file}` });
  if (workload.memory === 'user') {
    return { names: { direct: 'user', registered: 'buffer' }, release: async () => {} };
  }
  const unload = async () => void (await lab.run('rmmod phyr_store'));
  if (workload.memory === 'page-less') {
    const ram = reservedRam(cell.machine);
    if (ram === undefined) throw new InfraError(`machine ${cell.machine.id} reserves no RAM`);
    await lab.run(`lab store ${ram.base} ${ram.bytes}`);
    return { names: named('/dev/phyr_ram'), release: unload };
  }
  const peer = peers.get(workload.peer ?? '');
  if (peer === undefined) throw new InfraError(`the topology has no peer '${workload.peer}'`);
  if (workload.memory === 'peer') {
    await lab.bind(peer.bdf, 'phyr_peer');
    const file = `/sys/bus/pci/devices/${peer.bdf}/p2pmem/allocate`;
    return { names: named(file), release: () => lab.unbind(peer.bdf) };
  }
  await lab.run('lab store');
  await lab.bind(peer.bdf, 'phyr_store');
  return {
    names: named(`/dev/phyr_bar-${peer.bdf}`),
    release: async () => {
      await lab.unbind(peer.bdf);
      await unload();
    },
  };
}

const REVOKERS = 3;

/** The owner takes the memory back under I/O: what comes later is refused, and the device is done with it. */
async function revoke({ lab }: Context, ctl: string, file: string): Promise<string[]> {
  const knob = `/sys/class/misc/${file.replace('/dev/', '')}/revoked`;
  const command = `phyrio revoke ${ctl} ${file} ${knob} ${REVOKERS} 150`;
  const seen = await lab.ask(Revoked, command, { accept: [1] });
  return [
    seen.done === 0 && 'no I/O before the memory was taken back',
    seen.refused === 0 && 'no I/O was refused after it was taken back',
    seen.late > 0 && `${seen.late} I/Os on memory that was taken back`,
    seen.other > 0 && `${seen.other} I/Os failed with ${seen.errno}, due ENODEV`,
    seen.unregister !== '0' && `unregistering what was taken back: ${seen.unregister}`,
  ].filter((text) => text !== false);
}

interface Stretch {
  via: string;
  written: { at: number; due: ReturnType<typeof stampedDue> };
  secret: { at: number; due: ReturnType<typeof stampedDue> };
}

function claims(
  { dutFile, peers, workload }: Context,
  { via, written, secret }: Stretch,
  read: z.infer<typeof Read> | undefined,
  refused: boolean,
): DataClaim[] {
  const untouched = { bytes: written.due.bytes, piece: (_: number, length: number) => Buffer.alloc(length) };
  const holds: DataClaim = {
    kind: 'holds',
    what: `${via}: written`,
    file: dutFile,
    offset: written.at,
    due: refused ? untouched : written.due,
  };
  const bar = workload.peer === undefined ? undefined : peers.get(workload.peer)?.file;
  if (refused) {
    return bar === undefined
      ? [holds]
      : [holds, { kind: 'holds-nowhere', what: `${via}: BAR`, file: bar, due: secret.due }];
  }
  const digest = read !== undefined && 'sha256' in read ? read.sha256 : undefined;
  return [holds, { kind: 'read-back', what: `${via}: bytes that only the host knew`, digest, due: secret.due }];
}
