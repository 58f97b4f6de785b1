/** What the boot tests share: the image, a small machine, and the proof that nothing is left behind. */
import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { connect, makeRunKeys, runArchive, type Session } from '../../src/guest/index.js';
import { cpioArchive } from '../../src/host/index.js';
import { openImages } from '../../src/images/index.js';
import { type Kernel, Machine, type Qemu, type RootFs, Topology } from '../../src/model/index.js';
import { type Guest, type GuestOptions, startGuest } from '../../src/qemu/index.js';

export interface Bootable {
  qemu: Qemu;
  kernel: Kernel;
  rootfs: RootFs;
}

/** The default kernel; from the cache, since the setup has built it. */
export async function bootable(): Promise<Bootable> {
  await using images = await openImages({ progress: () => {}, signal: never });
  const [qemu, kernel, rootfs] = await Promise.all([images.qemu(), images.kernel('7.3'), images.rootfs()]);
  return { qemu, kernel, rootfs };
}

export const never = new AbortController().signal;
export const keys = makeRunKeys();

export const machine = (changes: Partial<Machine> = {}): Machine =>
  Machine.parse({
    id: 'boot-test',
    arch: 'x86_64',
    hostBridgeP2p: false,
    vcpus: 2,
    memoryMiB: 512,
    iommu: { kind: 'none' },
    clock: 'wall',
    ...changes,
  });

export const oneDisk = Topology.parse({
  id: 'one-disk',
  root: [{ kind: 'root-port', id: 'rp', below: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16 }] }],
});

/** A directory of its own for one test, and what is still there of its guests. */
export interface Rig extends AsyncDisposable {
  /** Unique in this host's process list. */
  name: string;
  scratch: string;
  artefacts: string;
  start(image: Bootable, changes?: Partial<GuestOptions>): Promise<Guest>;
  /** Processes of this rig's guests, and files in its scratch directory. */
  leftovers(): Promise<string[]>;
}

export async function makeRig(): Promise<Rig> {
  const dir = await mkdtemp(join(tmpdir(), 'phyrlab-boot-'));
  const [scratch, artefacts] = [join(dir, 'scratch'), join(dir, 'artefacts')];
  await mkdir(scratch);
  await mkdir(artefacts);
  const name = dir.slice(dir.lastIndexOf('-') + 1).toLowerCase();
  return {
    name,
    scratch,
    artefacts,
    start: (image, changes = {}) =>
      startGuest({
        ...image,
        initrd: [image.rootfs.archive, image.kernel.bootModules, runArchive(keys)],
        topology: oneDisk,
        accelerator: 'tcg',
        artefacts,
        scratch,
        signal: never,
        ...changes,
        machine: { ...(changes.machine ?? machine()), id: name },
      }),
    leftovers: async () => [...(await qemuProcesses(name)).map((pid) => `process ${pid}`), ...(await readdir(scratch))],
    async [Symbol.asyncDispose]() {
      // Only a failed test has left any.
      for (const pid of await qemuProcesses(name)) process.kill(pid, 'SIGKILL');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A guest with modules for the default kernel at hand in /lab/modules, all of them or some, for the time of `use`. */
export async function withModules(
  { modules, ...changes }: Partial<GuestOptions> & { modules?: readonly string[] },
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const image = await bootable();
  await using images = await openImages({ progress: () => {}, signal: never });
  const { dir } = await images.modules(await images.kernel('7.3'), { modules });
  const names = modules?.map((name) => `${name}.ko`) ?? (await readdir(dir)).filter((name) => name.endsWith('.ko'));
  await using rig = await makeRig();
  await using guest = await rig.start(image, changes);
  await using session = await login(guest);
  const files = names.map((name) => ({
    path: `/lab/modules/${name}`,
    mode: 0o644,
    source: { file: join(dir, name) },
  }));
  await session.push(files, { signal: never });
  await use(session);
}

/** Runs a script in the guest; it must succeed. */
export async function sh(session: Session, script: string): Promise<string> {
  const { code, stdout, stderr } = await session.exec(`set -e; ${script}`, { deadlineMs: 90_000, signal: never });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

export const login = (guest: Guest, deadlineMs = 90_000): Promise<Session> =>
  connect(guest, keys, { deadlineMs, signal: never });

/** Replaces the guest's init by a shell script, after the root file system's own mounts are at hand. */
export const initScript = (script: string): Buffer =>
  cpioArchive([{ kind: 'text', path: 'init', mode: 0o755, text: `#!/bin/sh\nmount -t proc proc /proc\n${script}\n` }]);

/** Process ids of the QEMUs whose guest has that name. */
export async function qemuProcesses(name: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[words.indexOf('-name') + 1] === name) found.push(Number(pid));
  }
  return found;
}

/** What this process has open, without the descriptors of the platform. */
export async function openFiles(): Promise<number> {
  let count = 0;
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
    if (target.startsWith('/') || target.startsWith('socket:')) count += 1;
  }
  return count;
}

export async function until(condition: () => Promise<boolean>, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(25)) if (await condition()) return true;
  return condition();
}
