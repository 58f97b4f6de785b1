/** A host that stops in the middle of a cell: that costs the cell at most, and is no failure of the kernel. */
import { describe, expect, it } from 'vitest';
import { brokenMachines, got } from './support/broken.js';
import { type Sandbox, until } from './support/phyrlab.js';

const machines = brokenMachines();

describe('a host that stops', () => {
  const stopped = async (seconds: number, who: (child: ReturnType<Sandbox['start']>) => Promise<number[]>) => {
    const child = machines.box.start(['run', 'sound/switch/crosscheck', '--cold', ...machines.scenarios]);
    await until('a cell runs', 120_000, () => got(machines.box, 'lab begin'));
    const pids = await who(child);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await Promise.race([child, new Promise((resolve) => setTimeout(resolve, seconds * 1000))]);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It was given up, and killed, before that.
      }
    }
    const { exitCode, stdout } = await child;
    return { exitCode, out: String(stdout) };
  };

  it('ourselves for longer than a step may take costs nothing', async () => {
    const { exitCode, out } = await stopped(35, async ({ pid }) => (pid === undefined ? [] : [pid]));
    expect(out).toMatch(/^(pass|lost) /m);
    expect([0, 3]).toContain(exitCode);
  });

  it('QEMU loses the cell, which does not fail', async () => {
    const { exitCode, out } = await stopped(60, () => machines.box.guests());
    expect(out).toMatch(/^lost [\s\S]*did not end within \d+ s: QEMU did not answer query-status/m);
    expect(exitCode).toBe(3);
  });
});
