import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InfraError } from '../../../src/model/index.js';
import { ManualHost, settled } from '../host/manual-clock.js';
import { GREETING, monitor } from './monitor.js';

describe('Qmp', () => {
  it('negotiates, executes, parses and delivers events in order', async () => {
    const { qmp, send, events } = monitor((command) => ({ return: { status: `${command.execute} ran` } }));
    send(GREETING);
    expect(await qmp.greeted).toBe('11.1.3');
    send({ event: 'STOP', timestamp: { seconds: 1, microseconds: 2 } });
    send({ event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } });
    expect(await qmp.execute('query-status', z.object({ status: z.string() }))).toEqual({ status: 'query-status ran' });
    expect(events).toEqual([
      { event: 'STOP', data: {} },
      { event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } },
    ]);
  });

  it('matches replies that come out of order', async () => {
    const { qmp, send } = monitor(() => undefined);
    send(GREETING);
    await qmp.greeted;
    const [a, b] = [qmp.execute('a', z.number()), qmp.execute('b', z.number())];
    send({ return: 2, id: 3 });
    send({ return: 1, id: 2 });
    expect(await Promise.all([a, b])).toEqual([1, 2]);
  });

  it('says what QEMU refused', async () => {
    const { qmp, send } = monitor(() => ({ error: { class: 'GenericError', desc: "Device 'x' not found" } }));
    send(GREETING);
    await qmp.greeted;
    await expect(qmp.execute('device_del', z.unknown())).rejects.toThrow("QEMU refused: Device 'x' not found");
  });

  it('fails on an answer or a message that it does not understand', async () => {
    const { qmp, stream, send } = monitor(() => ({ return: { status: 7 } }));
    send(GREETING);
    await qmp.greeted;
    await expect(qmp.execute('query-status', z.object({ status: z.string() }))).rejects.toThrow(
      'has an unexpected form',
    );
    stream.push('qemu: fatal\n');
    await qmp.closed;
    await expect(qmp.execute('stop', z.unknown())).rejects.toThrow('QEMU has ended');
  });

  it('gives up on a monitor that does not answer, but not since we were stopped ourselves', async () => {
    const host = new ManualHost();
    const { qmp, send } = monitor(() => undefined, host.pace());
    send(GREETING);
    await qmp.greeted;
    const waiting = qmp.execute('query-status', z.unknown()).catch((error: Error) => error.message);
    await host.stopUs(60_000);
    const soon = await Promise.race([waiting, settled().then(() => 'still waits')]);
    expect(soon).toBe('still waits');
    await host.pass(10_000);
    expect(await waiting).toBe('QEMU did not answer query-status within 10 s');
  });

  it('rejects all that waits when QEMU ends', async () => {
    const { qmp, stream } = monitor(() => undefined);
    const waiting = qmp.execute('stop', z.unknown());
    stream.destroy();
    await expect(waiting).rejects.toThrow(InfraError);
    await expect(qmp.greeted).rejects.toThrow('closed its monitor');
  });
});
