/** Saving a guest whose QEMU is a double: what it is told, and when it goes on. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { moveLimit, saveState } from '../../../src/qemu/state.js';
import { ManualHost, settled } from '../host/manual-clock.js';
import { temporaryDir } from '../images/fixtures.js';
import { GREETING, type MonitorCommand, monitor } from './monitor.js';

type Migration = 'active' | 'cancelling' | 'cancelled' | 'completed';

/** Pages move at that rate a second while it migrates; a cancel is over when it has been asked for so many times. */
async function saving({
  limitMs = 60_000,
  moves = 1,
  completesAfter = Number.POSITIVE_INFINITY,
  cancelTakes = 3,
} = {}) {
  const host = new ManualHost();
  const dir = temporaryDir();
  const log = join(dir, 'serial.log');
  writeFileSync(log, 'the console');
  let status: Migration | undefined;
  let [asked, started] = [0, 0];
  const said: string[] = [];
  /** What QEMU would abort on. */
  let abortedBy: string | undefined;
  const answer = ({ execute }: MonitorCommand) => {
    if (execute !== 'query-migrate' && execute !== 'query-status') said.push(execute);
    if (execute === 'migrate') {
      status = 'active';
      started = host.now();
    }
    if (execute === 'migrate_cancel' && status === 'active') status = 'cancelling';
    if (execute === 'cont' && (status === 'active' || status === 'cancelling')) abortedBy = status;
    if (execute === 'query-status') return { return: { status: 'paused' } };
    if (execute !== 'query-migrate') return { return: {} };
    if (status === 'cancelling' && ++asked >= cancelTakes) status = 'cancelled';
    const transferred = Math.floor(((host.now() - started) / 1000) * moves);
    return { return: { status, ram: { transferred, remaining: 9, duplicate: 0, normal: 0 } } };
  };
  const { qmp, send } = monitor(answer, host.pace());
  send(GREETING);
  await qmp.greeted;
  const outcome = saveState(qmp, { files: [], console: log, limitMs }, dir).then(
    () => 'saved',
    (error: Error) => error.message,
  );
  let over = false;
  void outcome.then(() => {
    over = true;
  });
  let seconds = 0;
  for (; !over && seconds < 1_000; seconds++) {
    if (status === 'active' && seconds >= completesAfter) {
      status = 'completed';
      send({ event: 'MIGRATION', data: { status } });
    }
    await new Promise((resolve) => setTimeout(resolve, 8));
    await host.pass(1_000);
    await settled();
  }
  return {
    outcome: await outcome,
    said: said.slice(-3),
    abortedBy,
    seconds,
    kept: existsSync(join(dir, 'console.log')),
  };
}

describe('a guest that is saved', () => {
  it('goes on when it is', async () => {
    const { outcome, said, abortedBy, kept } = await saving({ completesAfter: 5 });
    expect([outcome, abortedBy, kept]).toEqual(['saved', undefined, true]);
    expect(said.at(-1)).toBe('cont');
  });

  it('may take its time while something moves', async () => {
    const { outcome, seconds } = await saving({ completesAfter: 200, limitMs: 300_000 });
    expect(outcome).toBe('saved');
    expect(seconds).toBeGreaterThan(200);
  });

  it('in vain goes on after the cancel is over, and not into it', async () => {
    const { outcome, said, abortedBy, kept } = await saving({ limitMs: 10_000 });
    expect(outcome).toBe("QEMU's migrate failed: it took too long (active)");
    expect(said).toEqual(['migrate', 'migrate_cancel', 'cont']);
    expect([abortedBy, kept]).toEqual([undefined, false]);
  });

  it('is given up early when nothing moves', async () => {
    const { outcome, seconds } = await saving({ moves: 0, limitMs: 300_000 });
    expect(outcome).toMatch(/took too long/);
    expect(seconds).toBeLessThan(40);
  });

  it('does not go on while QEMU is still at it: it would abort', async () => {
    const { outcome, said, abortedBy } = await saving({ limitMs: 5_000, cancelTakes: Number.POSITIVE_INFINITY });
    expect(outcome).toMatch(/failed/);
    expect([said.at(-1), abortedBy]).toEqual(['migrate_cancel', undefined]);
  });

  it('has longer the more memory it has', () => {
    expect(moveLimit(6 * 2 ** 30)).toBe(240_000);
  });
});
