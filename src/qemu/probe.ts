/** Does KVM work here? Opening /dev/kvm proves nothing, so a guest is booted with it. */
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { HOST } from '../arches/index.js';
import { type Image, type Machine, messageOf, orAborted } from '../model/index.js';
import { startGuest } from './guest.js';

/** `until`: an answer that may only be due to a busy host is kept for a day. */
const Answer = z.strictObject({
  accelerator: z.enum(['kvm', 'tcg']),
  why: z.string(),
  until: z.iso.datetime().optional(),
});
export type AcceleratorAnswer = z.infer<typeof Answer>;

export interface ProbeOptions extends Pick<Image, 'qemu' | 'kernel' | 'rootfs'> {
  /** An existing directory where the answer for this CPU, host kernel and QEMU is kept. */
  cacheDir: string;
  /** Probe again even if there is an answer. */
  fresh?: boolean;
  /** The host's KVM device; tests use another one. */
  device?: string;
  signal: AbortSignal;
}

const BOOT_MS = 20_000;
/** If KVM works, the kernel prints its first line within a second. */
const FIRST_LINE_MS = 5_000;
const DAY_MS = 24 * 3600 * 1000;
const PROBE_MACHINE: Machine = {
  id: 'kvm-probe',
  arch: HOST.id,
  hostBridgeP2p: false,
  vcpus: 1,
  memoryMiB: 512,
  iommu: { kind: 'none' },
  clock: 'wall',
  kernelArgs: [],
};

/** Quick if there is no KVM or the answer is kept; otherwise boots a guest. Rejects only with the signal's reason. */
export async function probeAccelerator(options: ProbeOptions): Promise<AcceleratorAnswer> {
  const device = options.device ?? '/dev/kvm';
  const refused = await openError(device);
  if (refused) return { accelerator: 'tcg', why: refused };
  const answerFile = join(options.cacheDir, `accelerator-${hostKey(options.qemu.key)}.json`);
  const known = options.fresh ? undefined : await readAnswer(answerFile);
  if (known) return known;
  const answer = await bootWithKvm(options);
  await keepAnswer(answerFile, answer);
  return answer;
}

async function openError(device: string): Promise<string | undefined> {
  try {
    await (await open(device, 'r+')).close();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `${device} does not exist`;
    if (code === 'EACCES' || code === 'EPERM') return `this user may not open ${device}`;
    return `${device} cannot be opened: ${messageOf(error)}`;
  }
}

async function bootWithKvm({ qemu, kernel, rootfs, signal }: ProbeOptions): Promise<AcceleratorAnswer> {
  const no = (why: string): AcceleratorAnswer => ({
    accelerator: 'tcg',
    why: `a guest does not boot with KVM: ${why}`,
  });
  const late = (why: string): AcceleratorAnswer => ({
    ...no(why),
    until: new Date(Date.now() + DAY_MS).toISOString(),
  });
  const timers: (() => void)[] = [];
  try {
    await using guest = await startGuest({
      qemu,
      kernel,
      initrd: [rootfs.archive],
      machine: PROBE_MACHINE,
      topology: { id: 'none', root: [] },
      accelerator: 'kvm',
      signal,
    });
    const { console, died, pace } = guest;
    const passed = (ms: number) => new Promise<void>((resolve) => timers.push(pace.after(ms, resolve)));
    /** Resolves if the guest prints nothing for too long. Never resolves once it has printed something. */
    const silent = new Promise<void>((resolve) => {
      const stop = pace.after(FIRST_LINE_MS, resolve);
      timers.push(stop);
      void console.line(/./).then(stop);
    });
    return await orAborted(
      signal,
      // The guest's first program writes this to the kernel log, so CPU, memory, interrupts and user space work.
      console.line(/phyrlab: /).then((): AcceleratorAnswer => ({ accelerator: 'kvm', why: 'a guest booted with KVM' })),
      died.then((death) => no(death.message)),
      silent.then(() => late(`nothing on its console within ${FIRST_LINE_MS / 1000} s`)),
      passed(BOOT_MS).then(() => late(`not ready within ${BOOT_MS / 1000} s`)),
    );
  } catch (error) {
    signal.throwIfAborted();
    return no(messageOf(error));
  } finally {
    for (const stop of timers) stop();
  }
}

/** Everything that decides whether KVM works here, except permissions. */
function hostKey(qemuKey: string): string {
  const facts = JSON.stringify([cpus()[0]?.model, release(), qemuKey]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}

async function readAnswer(file: string): Promise<AcceleratorAnswer | undefined> {
  try {
    const answer = Answer.parse(JSON.parse(await readFile(file, 'utf8')));
    return answer.until !== undefined && Date.parse(answer.until) < Date.now() ? undefined : answer;
  } catch {
    return undefined; // no answer yet, or a damaged one
  }
}

/** If the answer cannot be saved, it still counts. */
async function keepAnswer(file: string, answer: AcceleratorAnswer): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(answer)}\n`);
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
