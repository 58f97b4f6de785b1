/** Guests that break in the middle, and runs that somebody ends: the right verdict at once, and nothing left. */
import { describe, expect, it } from 'vitest';
import { brokenMachines, got } from './support/broken.js';
import { until } from './support/phyrlab.js';

const machines = brokenMachines();

describe('a guest', () => {
  it('that panics at boot is lost, not failed', async () => {
    const { code, result } = await machines.box.cells(['panics-at-boot', ...machines.scenarios]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'lost']);
    expect(result.cells[0]?.reason).toMatch(/never became ready:.*panic.*Attempted to kill init/);
    expect(result.cells[0]?.earlier).toBeUndefined();
    expect(code).toBe(3);
  });

  it('that hangs at boot is lost when its time is up', async () => {
    const { code, result } = await machines.box.cells(['hangs-at-boot', ...machines.scenarios, '--boot-timeout', '12']);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'lost']);
    expect(result.cells[0]?.reason).toMatch(/within 12 s/);
    expect(result.cells[0]?.earlier).toBeUndefined();
    expect(code).toBe(3);
  });

  it('that panics in a workload fails its cell at once, and the next cell gets a new guest', async () => {
    const { code, result } = await machines.box.cells(['panics-in-workload', ...machines.scenarios]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
    expect(result.cells[0]?.oracles).toMatchObject([{ name: 'kernel-log', verdict: 'fail' }]);
    expect(result.cells[0]?.reason).toMatch(/panic/);
    expect(result.cells[0]?.duration_ms).toBeLessThan(20_000);
    expect(code).toBe(1);
  });

  it('without the IOMMU that its machine declares is not judged', async () => {
    const { code, result } = await machines.box.cells(['iommu-off/switch/crosscheck', ...machines.scenarios]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost']);
    expect(result.cells[0]?.reason).toMatch(
      /IOMMU domain 'none', but the machine declares 'DMA'|tables .* in mode 'none'/,
    );
    expect(result.cells[0]?.repro).toBe(`phyrlab repro '${result.run.id}/${result.cells[0]?.id}'`);
    expect(code).toBe(3);
  });

  it('whose QEMU is killed loses its cell only: the next one gets a new guest', async () => {
    const run = machines.box.cells(['sound', ...machines.scenarios]);
    await until('a cell runs', 120_000, () => got(machines.box, '"type":"cell-step"'));
    for (const pid of await machines.box.guests()) process.kill(pid, 'SIGKILL');
    const { code, result } = await run;
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'pass']);
    expect(result.cells[0]?.reason).toMatch(/SIGKILL/);
    expect(code).toBe(3);
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['while a guest boots', '"type":"boot-start"'],
    ['while cells run', '"type":"cell-step"'],
  ])('%s ends within 5 s with nothing left', async (_, event) => {
    const child = machines.box.start(['run', 'sound', ...machines.scenarios]);
    await until('it got there', 120_000, () => got(machines.box, event));
    const asked = performance.now();
    child.kill('SIGINT');
    const { exitCode, stdout } = await child;
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(exitCode).toBe(130);
    expect(String(stdout)).toMatch(/lost/);
    expect(await machines.box.processes()).toEqual([]);
  });

  it('SIGKILL of the orchestrator leaves no guest', async () => {
    const child = machines.box.start(['run', 'sound', ...machines.scenarios]);
    await until('QEMU runs', 120_000, async () => (await machines.box.guests()).length > 0);
    child.kill('SIGKILL');
    await child;
    await until('QEMU is gone', 3_000, async () => (await machines.box.processes()).length === 0);
  });
});
