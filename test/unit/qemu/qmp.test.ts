import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InfraError } from '../../../src/model/index.js';
import { Qmp, type QmpEvent } from '../../../src/qemu/qmp.js';

const GREETING = { QMP: { version: { qemu: { major: 11, minor: 1, micro: 3 } }, capabilities: [] } };

interface Command {
  execute: string;
  arguments: unknown;
  id: number;
}

/** QEMU's end of the monitor: answers each command with what `answer` says, or not at all. */
function monitor(answer: (command: Command) => unknown) {
  const events: QmpEvent[] = [];
  const stream: Duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const command = JSON.parse(String(chunk)) as Command;
      const reply = command.execute === 'qmp_capabilities' ? { return: {} } : answer(command);
      if (reply !== undefined) send({ id: command.id, ...(reply as object) });
      done();
    },
  });
  const send = (message: unknown) => stream.push(`${JSON.stringify(message)}\r\n`);
  const qmp = new Qmp(stream, (event) => events.push(event));
  return { qmp, stream, send, events };
}

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
    await expect(qmp.execute('query-status', z.object({ status: z.string() }))).rejects.toThrow('is not understood');
    stream.push('qemu: fatal\n');
    await qmp.closed;
    await expect(qmp.execute('stop', z.unknown())).rejects.toThrow('QEMU is gone');
  });

  it('rejects all that waits when QEMU ends', async () => {
    const { qmp, stream } = monitor(() => undefined);
    const waiting = qmp.execute('stop', z.unknown());
    stream.destroy();
    await expect(waiting).rejects.toThrow(InfraError);
    await expect(qmp.greeted).rejects.toThrow('closed its monitor');
  });
});
