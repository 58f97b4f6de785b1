/** QEMU's end of the monitor: answers each command with what `answer` says, or not at all. */
import { Duplex } from 'node:stream';
import type { Pace } from '../../../src/host/index.js';
import { Qmp, type QmpEvent } from '../../../src/qemu/qmp.js';

export const GREETING = { QMP: { version: { qemu: { major: 11, minor: 1, micro: 3 } }, capabilities: [] } };

export interface MonitorCommand {
  execute: string;
  arguments: unknown;
  id: number;
}

export function monitor(answer: (command: MonitorCommand) => unknown, pace?: Pace) {
  const events: QmpEvent[] = [];
  const stream: Duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const command = JSON.parse(String(chunk)) as MonitorCommand;
      const reply = command.execute === 'qmp_capabilities' ? { return: {} } : answer(command);
      if (reply !== undefined) send({ id: command.id, ...(reply as object) });
      done();
    },
  });
  const send = (message: unknown) => stream.push(`${JSON.stringify(message)}\r\n`);
  const qmp = new Qmp(
    stream,
    (event) => events.push(event),
    () => {},
    pace,
  );
  return { qmp, stream, send, events };
}
