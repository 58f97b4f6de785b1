/** Guests that do not work: each end is told at once and by its right name, and nothing of it is left. Real processes throughout. */
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { connect } from '../../src/guest/index.js';
import { GuestDied, InfraError } from '../../src/model/index.js';
import { probeAccelerator } from '../../src/qemu/index.js';
import * as lab from './boot-rig.js';

/** From its cause to the caller's knowing it. */
const AT_ONCE_MS = 2_000;
const limits = { deadlineMs: 60_000, signal: lab.never };

let image: lab.Bootable;
let rig: lab.Rig;
let openBefore: number;

beforeAll(async () => {
  image = await lab.bootable();
});
beforeEach(async () => {
  rig = await lab.makeRig();
  openBefore = await lab.openFiles();
});
afterEach(async () => {
  const [left, open] = [await rig.leftovers(), await lab.openFiles()];
  await rig[Symbol.asyncDispose]();
  expect(left).toEqual([]);
  expect(open).toBe(openBefore);
});

async function failure<T extends Error>(
  promise: Promise<unknown>,
  type: abstract new (...args: never[]) => T,
): Promise<T> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(type);
  return error as T;
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

describe('QEMU that does not start', () => {
  const withDataDir = (dir: string) => ({ ...image, qemu: { ...image.qemu, dataDirs: [dir] } });

  it('is quoted when it objects', async () => {
    const absurd = lab.machine({ memoryMiB: 1 << 20 });
    const error = await failure(rig.start(image, { machine: { ...absurd, vcpus: 5000 } }), InfraError);
    expect(error.message).toMatch(/^QEMU did not start: .*(CPU|cpu)/);
  });

  it('is quoted when its firmware is missing', async () => {
    const error = await failure(rig.start(withDataDir('/nonexistent')), InfraError);
    expect(error.message).toMatch(/^QEMU did not start: .*(bios|firmware|rom)/i);
  });

  it('is named when it or the kernel is not there', async () => {
    const noQemu = { ...image.qemu, program: { ...image.qemu.program, file: '/nonexistent/qemu' } };
    expect((await failure(rig.start({ ...image, qemu: noQemu }), InfraError)).message).toContain('/nonexistent/qemu');
    const noKernel = { ...image.kernel, image: '/nonexistent/bzImage' };
    expect((await failure(rig.start({ ...image, kernel: noKernel }), InfraError)).message).toContain(
      '/nonexistent/bzImage',
    );
  });

  it('is told when its program cannot be run', async () => {
    const notAProgram = { ...image.qemu.program, file: image.rootfs.archive, args: [] };
    const broken = { ...image.qemu, program: notAProgram };
    const ms = await took(() => failure(rig.start({ ...image, qemu: broken }), InfraError));
    expect(ms).toBeLessThan(AT_ONCE_MS);
  });

  it('is told when the host lacks what starts it', async () => {
    const without = async (path: string) => {
      vi.stubEnv('PATH', path);
      const error = await failure(rig.start(image), InfraError);
      vi.unstubAllEnvs();
      return error.message;
    };
    expect(await without('/nonexistent')).toMatch(/mkfifo/);
    await symlink('/usr/bin/mkfifo', join(rig.artefacts, 'mkfifo'));
    expect(await without(rig.artefacts)).toMatch(/setpriv/);
  });

  it('has no room for its files', async () => {
    const error = await failure(rig.start(image, { scratch: '/nonexistent' }), InfraError);
    expect(error.message).toContain('cannot make temporary files in /nonexistent');
    const vast = structuredClone(lab.oneDisk);
    vast.root = [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 1 << 20, blockSize: 512 }];
    const full = await failure(rig.start(image, { topology: vast }), InfraError);
    expect(full.message).toMatch(/^no space: the guest's files need 10485\d\d MiB and .* has \d+ MiB/);
  });
});

describe('a guest that ends', () => {
  it('by a panic at boot', async () => {
    await using guest = await rig.start(image, {
      initrd: [image.rootfs.archive, lab.initScript('echo c > /proc/sysrq-trigger')],
    });
    const error = await failure(lab.login(guest), GuestDied);
    expect(error).toMatchObject({ how: 'panic', message: 'the guest kernel panicked: sysrq triggered crash' });
    await guest.close();
    // The report is whole: closing leaves a panic the time to be written.
    expect(await readFile(guest.console.file, 'utf8')).toMatch(/Call Trace:.*Kernel Offset/s);
  });

  it('by a panic before the first program', async () => {
    await using guest = await rig.start(image, { machine: lab.machine({ kernelArgs: ['rdinit=/nonexistent'] }) });
    const error = await failure(lab.login(guest), GuestDied);
    expect(error.how).toBe('panic');
    expect(error.message).toContain('Unable to mount root fs');
  });

  it('by a panic during a command', async () => {
    await using guest = await rig.start(image);
    await using session = await lab.login(guest);
    let error: GuestDied | undefined;
    const ms = await took(async () => {
      error = await failure(session.exec('echo c > /proc/sysrq-trigger; sleep 60', limits), GuestDied);
    });
    expect(error).toMatchObject({ how: 'panic', message: 'the guest kernel panicked: sysrq triggered crash' });
    expect(ms).toBeLessThan(AT_ONCE_MS + 3_000); // under emulation the panic itself takes its time
    // Whatever is asked of it afterwards is answered at once, too.
    expect(await took(() => failure(session.exec('true', limits), GuestDied))).toBeLessThan(AT_ONCE_MS);
  });

  it('by powering itself off', async () => {
    await using guest = await rig.start(image);
    await using session = await lab.login(guest);
    const error = await failure(session.exec('poweroff; sleep 60', limits), GuestDied);
    expect(error).toMatchObject({ how: 'shutdown', message: 'the guest powered itself off' });
  });

  it('by resetting itself', async () => {
    await using guest = await rig.start(image, { initrd: [image.rootfs.archive, lab.initScript('reboot -f')] });
    const error = await failure(lab.login(guest), GuestDied);
    expect(error).toMatchObject({ how: 'shutdown', message: 'the guest reset itself' });
  });

  it('by the death of QEMU', async () => {
    await using guest = await rig.start(image);
    const waiting = failure(lab.login(guest), GuestDied);
    process.kill(guest.pid, 'SIGKILL');
    const ms = await took(() => waiting);
    expect(await waiting).toMatchObject({ how: 'qemu-exit', message: 'QEMU ended with signal SIGKILL' });
    expect(ms).toBeLessThan(AT_ONCE_MS);
  });
});

describe('a guest that hangs', () => {
  it('at boot', async () => {
    await using guest = await rig.start(image, {
      initrd: [image.rootfs.archive, lab.initScript('echo "<2>waiting for Godot" > /dev/kmsg; sleep 1000')],
    });
    await guest.console.line(/Run \/init/);
    const error = await failure(lab.login(guest, 3_000), GuestDied);
    expect(error.how).toBe('hang');
    expect(error.message).toMatch(/^the guest did not become ready within 3 s; its console ends with: /);
  });

  it('during a command, by the command or altogether', async () => {
    await using guest = await rig.start(image);
    await using session = await lab.login(guest);
    const sleeping = await failure(session.exec('sleep 1000', { ...limits, deadlineMs: 500 }), GuestDied);
    expect(sleeping).toMatchObject({ how: 'hang', message: "'sleep 1000' did not end within 0.5 s" });
    expect((await session.exec('echo still here', limits)).stdout).toBe('still here\n');

    // A guest that does not run is no hang of its kernel: the infrastructure is at fault, so its cell is lost.
    await guest.qmp.execute('stop', z.unknown());
    const paused = await failure(session.exec('true', { ...limits, deadlineMs: 1_000 }), InfraError);
    expect(paused).not.toBeInstanceOf(GuestDied);
    expect(paused.message).toMatch(/'true' did not end within 1 s/);
    expect(await took(() => guest.close())).toBeLessThan(4_000);
  });

  it('cannot keep QEMU alive, even a QEMU that hangs itself', async () => {
    const guest = await rig.start(image);
    process.kill(guest.pid, 'SIGSTOP');
    expect(await took(() => guest.close())).toBeLessThan(4_000);
  });
});

describe('an interrupt', () => {
  const interrupted = new Error('interrupted');

  // From before QEMU runs, through its start, the firmware and the kernel, to login and a command.
  it.each([0, 20, 60, 120, 400, 2_000, 4_000, 5_000, 7_000])('after %i ms ends all within 5 s', async (ms) => {
    const abort = new AbortController();
    const { signal } = abort;
    let interruptedAt = 0;
    setTimeout(() => {
      interruptedAt = performance.now();
      abort.abort(interrupted);
    }, ms);
    const error = await failure(
      (async () => {
        await using guest = await rig.start(image, { signal });
        await using session = await connect(guest, lab.keys, { deadlineMs: 90_000, signal });
        await session.exec('sleep 1000', { deadlineMs: 90_000, signal });
      })(),
      Error,
    );
    expect(error).toBe(interrupted);
    expect(performance.now() - interruptedAt).toBeLessThan(5_000);
  });
});

describe('an orchestrator that is killed', () => {
  /** Runs one, kills it when `moment` has come, and waits until the last of its files and processes is gone. */
  async function killed(signal: NodeJS.Signals, moment: (line: (text: string) => Promise<void>) => Promise<unknown>) {
    const imageFile = join(rig.artefacts, 'image.json');
    await writeFile(imageFile, JSON.stringify(image));
    const loader = join(import.meta.dirname, '../../node_modules/jiti/lib/jiti-cli.mjs');
    const script = join(import.meta.dirname, 'boot-orchestrator.ts');
    const child = spawn(process.execPath, [loader, script, imageFile, rig.scratch, rig.name], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const lines = createInterface({ input: child.stdout });
    await moment(async (text) => {
      for await (const [line] of on(lines, 'line')) if (line === text) return;
    });
    process.kill(-(child.pid ?? 0), signal);
    await once(child, 'exit');
    expect(await lab.until(async () => (await rig.leftovers()).length === 0, AT_ONCE_MS)).toBe(true);
  }

  it('takes a ready guest and all files along', async () => {
    await killed('SIGKILL', (line) => line('ready'));
  });

  it('takes a starting guest along, at whatever moment', async () => {
    for (const delay of [0, 3, 10, 30, 80]) {
      await killed('SIGKILL', async () => {
        expect(await lab.until(async () => (await lab.qemuProcesses(rig.name)).length > 0, 60_000)).toBe(true);
        await sleep(delay);
      });
    }
  });
});

describe('the accelerator probe', () => {
  const probe = (changes: object = {}) =>
    probeAccelerator({ ...image, cacheDir: rig.artefacts, signal: lab.never, ...changes });

  it('is sure within seconds, once, and gives the reason', async () => {
    const answer = await probe();
    const known = await took(async () => expect(await probe()).toEqual(answer));
    expect(known).toBeLessThan(200);
    if (answer.accelerator === 'kvm') {
      await using guest = await rig.start(image, { accelerator: 'kvm' });
      await using session = await lab.login(guest);
      expect((await session.exec('true', limits)).code).toBe(0);
    } else {
      expect(answer.why).toMatch(/^(\/dev\/kvm |a guest does not boot with KVM: )./);
    }
  });

  it('asks again when its answer is damaged', async () => {
    const answer = await probe();
    for (const file of (await readdir(rig.artefacts)).filter((name) => name.startsWith('accelerator-')))
      await writeFile(join(rig.artefacts, file), '{"accelerator":"kvm"}');
    expect(await probe()).toMatchObject({ accelerator: answer.accelerator, why: answer.why });
  });

  it('asks again when its patience of a day ago is all that the answer rests on', async () => {
    const answer = await probe();
    for (const file of (await readdir(rig.artefacts)).filter((name) => name.startsWith('accelerator-')))
      await writeFile(
        join(rig.artefacts, file),
        '{"accelerator":"tcg","why":"old","until":"2020-01-01T00:00:00.000Z"}',
      );
    expect((await probe()).why).toBe(answer.why);
  });

  it('needs no guest where there is no KVM', async () => {
    const absent = probe({ device: '/nonexistent/kvm' });
    expect(await absent).toEqual({ accelerator: 'tcg', why: '/nonexistent/kvm does not exist' });
    expect((await probe({ device: rig.artefacts })).why).toContain('cannot be opened');
  });

  it('ends when it is interrupted', async () => {
    const abort = new AbortController();
    // QEMU itself says within some 200 ms that this is no KVM.
    setTimeout(() => abort.abort(new Error('interrupted')), 50);
    const device = '/dev/null'; // opens, so that a guest is tried on any host
    const ms = await took(async () => {
      expect((await failure(probe({ signal: abort.signal, device }), Error)).message).toBe('interrupted');
    });
    expect(ms).toBeLessThan(5_000);
  });
});
