/** Guests and hosts that break in the middle: the right verdict at once, and nothing left. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, until } from './support/phyrlab.js';

let box: Sandbox;
beforeAll(async () => {
  box = await Sandbox.create();
  await mkdir(join(box.folder, 'own'));
  const harness = join(import.meta.dirname, '../../harness');
  // Machines that fail in known ways, made of what a user has: words on the kernel command line.
  await writeFile(
    join(box.folder, 'own', 'broken.ts'),
    `import { noIommu, vtdStrict } from '${harness}/machines.ts';
import { switched } from '${harness}/topologies.ts';
import { crosscheck, fioVerify } from '${harness}/workloads.ts';
const suite = (id: string, kernelArgs: string[], machine = noIommu) => ({
  id,
  describe: id,
  blocks: [{ machines: [{ ...machine, id, kernelArgs }], topologies: [switched], workloads: [fioVerify, crosscheck], backends: ['phyr8'] }],
});
export default [
  suite('panics-at-boot', ['rdinit=/bin/false']),
  suite('hangs-at-boot', ['rdinit=/bin/cat']),
  suite('panics-in-workload', ['panic_on_taint=0x1000']),
  suite('iommu-off', ['intel_iommu=off'], vtdStrict),
  suite('sound', []),
];
`,
  );
});
afterAll(() => box[Symbol.asyncDispose]());

const own = () => ['--scenarios', join(box.folder, 'own')];

/** Has the run that has a guest now recorded such an event? Without a guest the newest run is that of the test before. */
async function got(event: string): Promise<boolean> {
  return (await box.guests()).length > 0 && (await box.lastEvents()).includes(event);
}

describe('a guest', () => {
  it('that panics at boot is lost, not failed', async () => {
    const { code, result } = await box.cells(['panics-at-boot', ...own()]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'lost']);
    expect(result.cells[0]?.reason).toMatch(/never became ready:.*panic.*Attempted to kill init/);
    expect(result.cells[0]?.earlier).toBeUndefined();
    expect(code).toBe(3);
  });

  it('that hangs at boot is lost when its time is up', async () => {
    const { code, result } = await box.cells(['hangs-at-boot', ...own(), '--boot-timeout', '12']);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'lost']);
    expect(result.cells[0]?.reason).toMatch(/within 12 s/);
    expect(result.cells[0]?.earlier).toBeUndefined();
    expect(code).toBe(3);
  });

  it('that panics in a workload fails its cell at once, and the next cell gets a new guest', async () => {
    const { code, result } = await box.cells(['panics-in-workload', ...own()]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
    expect(result.cells[0]?.oracles).toMatchObject([{ name: 'kernel-log', verdict: 'fail' }]);
    expect(result.cells[0]?.reason).toMatch(/panic/);
    expect(result.cells[0]?.duration_ms).toBeLessThan(20_000);
    expect(code).toBe(1);
  });

  it('without the IOMMU that its machine declares is not judged', async () => {
    const { code, result } = await box.cells(['iommu-off/switch/crosscheck', ...own()]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost']);
    expect(result.cells[0]?.reason).toMatch(/IOMMU domain 'none', and the machine declares 'DMA'|tables .* say 'none'/);
    expect(result.cells[0]?.repro).toBe(`phyrlab repro '${result.run.id}/${result.cells[0]?.id}'`);
    expect(code).toBe(3);
  });

  it('whose QEMU is killed loses its cell only: the next one gets a new guest', async () => {
    const run = box.cells(['sound', ...own()]);
    await until('a cell runs', 60_000, () => got('"type":"cell-step"'));
    for (const pid of await box.guests()) process.kill(pid, 'SIGKILL');
    const { code, result } = await run;
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'pass']);
    expect(result.cells[0]?.reason).toMatch(/SIGKILL/);
    expect(code).toBe(3);
  });
});

describe('a host that stops', () => {
  const stopped = async (seconds: number, who: (child: ReturnType<Sandbox['start']>) => Promise<number[]>) => {
    const child = box.start(['run', 'sound/switch/crosscheck', '--cold', ...own()]);
    await until('a cell runs', 120_000, () => got('lab begin'));
    const pids = await who(child);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
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
    const { exitCode, out } = await stopped(60, () => box.guests());
    expect(out).toMatch(/^lost [\s\S]*did not end within 30 s: QEMU did not answer query-status/m);
    expect(exitCode).toBe(3);
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['while a guest boots', '"type":"boot-start"'],
    ['while cells run', '"type":"cell-step"'],
  ])('%s ends within 5 s with nothing left', async (_, event) => {
    const child = box.start(['run', 'sound', ...own()]);
    await until('it got there', 60_000, () => got(event));
    const asked = performance.now();
    child.kill('SIGINT');
    const { exitCode, stdout } = await child;
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(exitCode).toBe(130);
    expect(String(stdout)).toMatch(/lost/);
    expect(await box.processes()).toEqual([]);
  });

  it('SIGKILL of the orchestrator leaves no guest', async () => {
    const child = box.start(['run', 'sound', ...own()]);
    await until('QEMU runs', 60_000, async () => (await box.guests()).length > 0);
    child.kill('SIGKILL');
    await child;
    await until('QEMU is gone', 3_000, async () => (await box.processes()).length === 0);
  });
});
