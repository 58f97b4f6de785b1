/** What a run does about cells that are lost, without a guest: images that cannot be had, or never come. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { type CellRecord, InfraError, whyUnfinished } from '../../../src/model/index.js';
import { expand, groupIntoBoots } from '../../../src/plan/index.js';
import { Cancellation } from '../../../src/run/cancellation.js';
import { executeRun, type RunOptions } from '../../../src/run/index.js';
import type { RunEvent, Suite } from '../../../src/workloads/index.js';
import { someRun } from '../run-result.js';

const plan = expand(suites.find(({ id }) => id === 'smoke') as Suite, 1);
const boots = groupIntoBoots(plan.cells).length;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-run-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function execute(
  options: Pick<RunOptions, 'image'> & Partial<RunOptions>,
): Promise<{ records: CellRecord[]; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const records = await executeRun({
    plan,
    run: someRun,
    repro: () => '',
    host: { slots: 2, memoryMiB: 4096 },
    accelerator: 'tcg',
    decode: async (log) => [...log],
    folder,
    keep: false,
    bootDeadlineMs: 1000,
    retries: 0,
    failFast: false,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    ...options,
  });
  return { records, events };
}

const count = (events: RunEvent[], type: RunEvent['type']) => events.filter((event) => event.type === type).length;
const never = () => new Promise<never>(() => {});
const broken = () => Promise.reject(new InfraError('the mirror is gone'));

describe('a lost cell', () => {
  it('is lost at once when nobody asks for more', async () => {
    const { records, events } = await execute({ image: broken });
    expect(new Set(records.map(({ verdict, reason }) => `${verdict}: ${reason}`))).toEqual(
      new Set(['lost: the mirror is gone']),
    );
    expect(records.length).toBe(plan.cells.length);
    expect(count(events, 'boot-start')).toBe(boots);
    expect(count(events, 'cell-retry')).toBe(0);
  });

  it('is tried again as often as asked, and every attempt is told', async () => {
    const { records, events } = await execute({ image: broken, retries: 2 });
    expect(count(events, 'boot-start')).toBe(3 * boots);
    expect(count(events, 'cell-retry')).toBe(2 * plan.cells.length);
    expect(count(events, 'cell-end')).toBe(plan.cells.length);
    for (const { verdict, earlier } of records) {
      expect(verdict).toBe('lost');
      expect(earlier?.map(({ reason }) => reason)).toEqual(['the mirror is gone', 'the mirror is gone']);
    }
  });

  it('whose next attempt says something keeps that verdict, and the attempt before it', async () => {
    const asked = new Set<string>();
    const image: RunOptions['image'] = async ({ machine, plants }) => {
      const need = `${machine.iommu.kind} ${plants}`;
      if (!asked.has(need)) {
        asked.add(need);
        throw new InfraError('the mirror is gone');
      }
      return { kernel: { arch: 'm68k' } } as never;
    };
    const { records } = await execute({ image, retries: 5, host: { slots: 100, memoryMiB: 100_000 } });
    expect(new Set(records.map(({ verdict }) => verdict))).toEqual(new Set(['skip']));
    for (const { earlier } of records) expect(earlier).toHaveLength(1);
  });
});

describe('a guest that is lost while it starts', () => {
  const kernel = { arch: 'x86_64', patience: 1, image: '/dev/null', bootModules: '/dev/null', args: [] };
  const image = async (program: string) =>
    ({
      qemu: { program: { file: program, args: [], env: {} }, version: '11.1.0', dataDirs: [] },
      kernel,
      rootfs: { archive: '/dev/null' },
    }) as never;

  it('is started once more, unasked, and that is told', async () => {
    const { records, events } = await execute({ image: () => image('/nonexistent/qemu') });
    expect(count(events, 'boot-start')).toBe(2 * boots);
    for (const { verdict, reason, earlier, boot } of records) {
      expect([verdict, boot]).toEqual(['lost', undefined]);
      expect(reason).toMatch('QEMU cannot be used: /nonexistent/qemu');
      expect(earlier?.map((attempt) => attempt.reason)).toEqual([reason]);
    }
  });

  it('is started as often as asked', async () => {
    const { events } = await execute({ image: () => image('/nonexistent/qemu'), retries: 3 });
    expect(count(events, 'boot-start')).toBe(4 * boots);
  });
});

describe('a run that is ended', () => {
  it('by its time has every cell lost with that reason', async () => {
    const started = performance.now();
    const { records } = await execute({ image: never, limit: { ms: 30, said: '30ms' }, retries: 3 });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(records.length).toBe(plan.cells.length);
    expect(new Set(records.map(whyUnfinished))).toEqual(new Set(['the time of --max-time 30ms is over']));
  });

  it('by the user says that', async () => {
    const abort = new AbortController();
    const run = execute({ image: never, signal: abort.signal });
    abort.abort(new Error('Ctrl-C'));
    expect(new Set((await run).records.map(whyUnfinished))).toEqual(new Set(['interrupted']));
  });

  it('keeps the first reason', () => {
    using cancellation = new Cancellation(new AbortController().signal, undefined);
    expect(cancellation.why).toBeUndefined();
    const one = { code: 'fail-fast', reason: 'one' } as const;
    cancellation.cancel(one);
    cancellation.cancel({ code: 'time-limit', reason: 'two' });
    expect([cancellation.why, cancellation.signal.aborted]).toEqual([one, true]);
  });
});

describe('images', () => {
  it('are made one after the other, and guests do not wait for those of others', async () => {
    const asked: boolean[] = [];
    const stop = new AbortController();
    const events: RunEvent[] = [];
    // What is planted never comes; all others break, so that their cells end.
    const image: RunOptions['image'] = ({ plants }) => {
      asked.push(plants);
      return plants ? never() : broken();
    };
    const emit = (event: RunEvent) => {
      events.push(event);
      if (count(events, 'boot-end') === boots - 1) stop.abort(new Error('enough'));
    };
    await execute({ image, emit, signal: stop.signal });
    expect(count(events, 'boot-end')).toBe(boots - 1);
    expect(asked.filter(Boolean)).toEqual([true]);
    expect(asked[0]).toBe(false);
  });
});
