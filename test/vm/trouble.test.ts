/** Guests that break in the middle, and runs that somebody ends: the right verdict at once, and nothing left. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenSuites, got } from './support/broken.js';
import { Sandbox, until } from './support/phyrlab.js';

let box: Sandbox;
/** What has a run know the suites of broken machines. */
let own: string[];
beforeAll(async () => {
  box = await Sandbox.create();
  own = await brokenSuites(box);
});
afterAll(() => box[Symbol.asyncDispose]());

describe('a guest', () => {
  it('that panics at boot is lost, not failed', async () => {
    const { code, result } = await box.cells(['panics-at-boot', ...own]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'lost']);
    expect(result.cells[0]?.reason).toMatch(/never became ready:.*panic.*Attempted to kill init/);
    expect(result.cells[0]?.earlier).toBeUndefined();
    expect(code).toBe(3);
  });

  it('that hangs at boot is lost when its time is up', async () => {
    const { code, result } = await box.cells(['hangs-at-boot', ...own, '--boot-timeout', '12']);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost', 'lost']);
    expect(result.cells[0]?.reason).toMatch(/within 12 s/);
    expect(result.cells[0]?.earlier).toBeUndefined();
    expect(code).toBe(3);
  });

  it('that panics in a workload fails its cell at once, and the next cell gets a new guest', async () => {
    const { code, result } = await box.cells(['panics-in-workload', ...own]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
    expect(result.cells[0]?.oracles).toMatchObject([{ name: 'kernel-log', verdict: 'fail' }]);
    expect(result.cells[0]?.reason).toMatch(/panic/);
    expect(result.cells[0]?.duration_ms).toBeLessThan(20_000);
    expect(code).toBe(1);
  });

  it('without the IOMMU that its machine declares is not judged', async () => {
    const { code, result } = await box.cells(['iommu-off/switch/crosscheck', ...own]);
    expect(result.cells.map(({ verdict }) => verdict)).toEqual(['lost']);
    expect(result.cells[0]?.reason).toMatch(
      /IOMMU domain 'none', but the machine declares 'DMA'|tables .* in mode 'none'/,
    );
    expect(result.cells[0]?.repro).toBe(`phyrlab repro '${result.run.id}/${result.cells[0]?.id}'`);
    expect(code).toBe(3);
  });

  it('whose QEMU is killed loses its cell only: the next one gets a new guest', async () => {
    const run = box.cells(['sound', ...own]);
    await until('a cell runs', 120_000, () => got(box, '"type":"cell-step"'));
    for (const pid of await box.guests()) process.kill(pid, 'SIGKILL');
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
    const child = box.start(['run', 'sound', ...own]);
    await until('it got there', 120_000, () => got(box, event));
    const asked = performance.now();
    child.kill('SIGINT');
    const { exitCode, stdout } = await child;
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(exitCode).toBe(130);
    expect(String(stdout)).toMatch(/lost/);
    expect(await box.processes()).toEqual([]);
  });

  it('SIGKILL of the orchestrator leaves no guest', async () => {
    const child = box.start(['run', 'sound', ...own]);
    await until('QEMU runs', 120_000, async () => (await box.guests()).length > 0);
    child.kill('SIGKILL');
    await child;
    await until('QEMU is gone', 3_000, async () => (await box.processes()).length === 0);
  });
});
