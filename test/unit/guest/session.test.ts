/** The session against a real SSH server, each command in a process of its own. */

import type { ServerChannel } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Pace } from '../../../src/host/index.js';
import { GuestDied, InfraError } from '../../../src/model/index.js';
import { ManualHost } from '../host/manual-clock.js';
import { limits, replying, rig, silent } from './ssh-rig.js';

describe('connect', () => {
  it('names what it was waiting for when the guest hangs at boot', async () => {
    const failure = rig(silent, { ready: false, deadlineMs: 1_000 });
    await expect(failure).rejects.toThrow(GuestDied);
    await expect(failure).rejects.toMatchObject({
      how: 'hang',
      message: 'the guest did not become ready within 1 s; its console ends with: [ 1.5] waiting for root',
    });
  });

  it('does not talk to another host', async () => {
    await expect(rig(silent, { otherHost: true, deadlineMs: 1_000 })).rejects.toMatchObject({ how: 'hang' });
  });

  it('says when its key is refused', async () => {
    await expect(rig(silent, { authorize: false })).rejects.toThrow('rejects the SSH key of this run');
  });
});

describe('Session.exec', () => {
  it('returns code and both outputs, even when all comes at once', async () => {
    const { session } = await rig(
      replying((channel, command) => {
        channel.write(`ran ${command}`);
        channel.stderr.write('oh');
      }, 3),
    );
    for (let i = 0; i < 50; i++)
      expect(await session.exec('true', limits)).toEqual({ code: 3, stdout: 'ran true', stderr: 'oh' });
  });

  it('gives lines as they come, and hands over standard input', async () => {
    const { session } = await rig((channel) => {
      channel.on('data', (chunk: Buffer) => {
        channel.write(`got ${chunk}\nhalf`);
        channel.exit(0);
        channel.end();
      });
    });
    const lines: string[] = [];
    await session.exec('cat', { ...limits, stdin: 'this', onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['got this', 'half']);
  });

  it('turns a deadline into a hang', async () => {
    const { session } = await rig(silent);
    await expect(session.exec('sleep 99', { ...limits, deadlineMs: 50 })).rejects.toMatchObject({
      how: 'hang',
      message: "'sleep 99' did not end within 0.05 s",
    });
  });

  it('does not take it for one while the monitor does not answer: that is lost', async () => {
    const pace = new Pace({ excuse: async () => 'QEMU did not answer query-status within 10 s' });
    const { session } = await rig(silent, { pace });
    const late = session.exec('sleep 99', { ...limits, deadlineMs: 50 });
    await expect(late).rejects.toThrow(InfraError);
    await expect(late).rejects.toThrow("'sleep 99' did not end within 0.05 s: QEMU did not answer query-status");
  });

  it('names the death that is why the monitor does not answer', async () => {
    const pace = new Pace({ excuse: async () => 'QEMU closed its monitor connection' });
    const { session, die } = await rig(silent, { pace });
    const late = session.exec('sleep 99', { ...limits, deadlineMs: 50 });
    setTimeout(() => die(new GuestDied('panic', 'boom')), 200);
    await expect(late).rejects.toThrow('boom');
  });

  it('hears the answer of a guest that went on while we were stopped', async () => {
    const host = new ManualHost();
    let ask = (_: ServerChannel): void => {};
    const asked = new Promise<ServerChannel>((resolve) => {
      ask = resolve;
    });
    const { session } = await rig((channel) => ask(channel), { pace: host.pace() });
    const result = session.exec('lab begin', { ...limits, deadlineMs: 30_000, stdin: '' });
    result.catch(() => {});
    const channel = await asked;
    await host.stopUs(40_000);
    channel.write('done');
    channel.exit(0);
    channel.end();
    expect(await result).toMatchObject({ code: 0, stdout: 'done' });
  });

  it('ends at once when the guest dies or the caller gives up', async () => {
    const { session, die } = await rig(silent);
    const abort = new AbortController();
    const given = session.exec('sleep 99', { ...limits, signal: abort.signal });
    abort.abort(new Error('interrupted'));
    await expect(given).rejects.toThrow('interrupted');
    const panicking = session.exec('sleep 99', limits);
    die(new GuestDied('panic', 'boom'));
    await expect(panicking).rejects.toThrow('boom');
  });

  it('tells a lost connection from a dead guest', async () => {
    const { session, dropConnection } = await rig(silent);
    const running = session.exec('sleep 99', limits);
    setTimeout(dropConnection, 50);
    await expect(running).rejects.toThrow(InfraError);
    await expect(session.exec('true', limits)).rejects.toThrow(InfraError);
  });

  it('names a death that is noticed after the connection has gone', async () => {
    const { session, dropConnection, die } = await rig(silent);
    const running = session.exec('sleep 99', limits);
    setTimeout(dropConnection, 50);
    setTimeout(() => die(new GuestDied('qemu-exit', 'QEMU ended with signal SIGKILL')), 250);
    await expect(running).rejects.toThrow('QEMU ended with signal SIGKILL');
  });

  it('does not fill our memory', async () => {
    const { session } = await rig((channel) => {
      const flood = () => {
        while (channel.writable && channel.write(Buffer.alloc(1 << 20, 'x')));
      };
      channel.on('drain', flood);
      flood();
    });
    await expect(session.exec('yes', limits)).rejects.toThrow('more than 64 MiB');
  });

  it('does not take a missing exit code for success', async () => {
    const { session } = await rig((channel) => channel.end());
    await expect(session.exec('true', limits)).rejects.toThrow('ended without an exit code');
  });

  it('reports a signal as a shell does', async () => {
    const { session } = await rig((channel) => {
      channel.exit('KILL');
      channel.end();
    });
    expect(await session.exec('true', limits)).toMatchObject({ code: 137 });
  });
});

describe('Session.execLines', () => {
  const Count = z.strictObject({ pages: z.number() });

  it('parses each line', async () => {
    const { session } = await rig(replying((channel) => channel.write('{"pages":1}\n\n{"pages":2}\n')));
    expect(await session.execLines('count', Count, limits)).toEqual([{ pages: 1 }, { pages: 2 }]);
  });

  it.each([
    ['{"pages":1}\nSegmentation fault\n', 'wrote a line that is not JSON: Segmentation fault'],
    ['{"pages":"1"}\n', 'wrote an unexpected line: {"pages":"1"}'],
  ])('shows the line that does not parse: %j', async (output, message) => {
    const { session } = await rig(replying((channel) => channel.write(output)));
    await expect(session.execLines('count', Count, limits)).rejects.toThrow(message);
  });

  it('shows the last words of a command that failed', async () => {
    const { session } = await rig(replying((channel) => channel.stderr.write('usage: ...\nno such device\n'), 1));
    await expect(session.execLines('count', Count, limits)).rejects.toThrow(
      "'count' ended with code 1: no such device",
    );
  });
});
