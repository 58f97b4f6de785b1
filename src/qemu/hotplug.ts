/** Taking a device out of a running guest and putting it back, as hands would at the slot. */
import { z } from 'zod';
import { InfraError } from '../model/index.js';
import { deviceId } from './pci.js';
import { type Qmp, qmpEvent } from './qmp.js';

/** The guest lets go of a device in a fraction of a second; what waits for I/O may take as long as that. */
const RELEASE_MS = 20_000;

/** The guest has a device that it was asked to let go. */
export class NotReleased extends InfraError {}

/** Presses the slot's button; resolves when the guest has let the device go. NotReleased if it has not, and that is its own fault. */
export async function unplug(qmp: Qmp, node: string): Promise<void> {
  const id = deviceId(node);
  using gone = qmpEvent(qmp, ({ event, data }) => event === 'DEVICE_DELETED' && data.device === id);
  await qmp.execute('device_del', z.unknown(), { id });
  let stop = (): void => {};
  const late = new Promise<never>((_, reject) => {
    stop = qmp.pace.deadline(RELEASE_MS, ({ within, blame }) => {
      const what = `the guest did not let go of '${node}' within ${within}`;
      reject(blame === undefined ? new NotReleased(what) : new InfraError(`${what}: ${blame}`));
    });
  });
  try {
    await Promise.race([gone.came, late]);
  } finally {
    stop();
  }
}

/** Puts it back where and as it was when the guest was started with `argv`. The guest finds it a little later. */
export async function plug(qmp: Qmp, node: string, argv: readonly string[]): Promise<void> {
  const words = await qmp.execute('human-monitor-command', z.string(), {
    'command-line': `device_add ${deviceOption(node, argv)}`,
  });
  if (words.trim() !== '') throw new InfraError(`QEMU does not take '${node}' back: ${words.trim()}`);
}

/** The argument of the `-device` that made a node's device. */
export function deviceOption(node: string, argv: readonly string[]): string {
  const option = argv.find(
    (word, at) => argv[at - 1] === '-device' && word.split(',').includes(`id=${deviceId(node)}`),
  );
  if (option === undefined) throw new InfraError(`the guest was started with no device '${node}'`);
  return option;
}
