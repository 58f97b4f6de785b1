/** Unplugs a device from a running guest and plugs it in again. */
import { z } from 'zod';
import { InfraError } from '../model/index.js';
import { deviceId } from './pci.js';
import { type Qmp, qmpEvent } from './qmp.js';

/** The guest releases a device in a fraction of a second, but requests in flight may delay it this long. */
const RELEASE_MS = 20_000;

/** The guest was asked to release a device and has not done so. */
export class NotReleased extends InfraError {}

/**
 * Presses the slot's attention button; resolves when the guest has released the device. Throws NotReleased if it does
 * not, unless the host stalled it.
 */
export async function unplug(qmp: Qmp, node: string): Promise<void> {
  const id = deviceId(node);
  using gone = qmpEvent(qmp, ({ event, data }) => event === 'DEVICE_DELETED' && data.device === id);
  await qmp.execute('device_del', z.unknown(), { id });
  let stop = (): void => {};
  const late = new Promise<never>((_, reject) => {
    stop = qmp.pace.deadline(RELEASE_MS, ({ within, blame }) => {
      const what = `the guest did not release '${node}' within ${within}`;
      reject(blame === undefined ? new NotReleased(what) : new InfraError(`${what}: ${blame}`));
    });
  });
  try {
    await Promise.race([gone.came, late]);
  } finally {
    stop();
  }
}

/** Plugs the device in as it was when the guest was started with `argv`. The guest notices a little later. */
export async function plug(qmp: Qmp, node: string, argv: readonly string[]): Promise<void> {
  const words = await qmp.execute('human-monitor-command', z.string(), {
    'command-line': `device_add ${deviceOption(node, argv)}`,
  });
  if (words.trim() !== '') throw new InfraError(`QEMU cannot plug '${node}' in again: ${words.trim()}`);
}

/** The argument of the `-device` option that created a node's device. */
export function deviceOption(node: string, argv: readonly string[]): string {
  const option = argv.find(
    (word, at) => argv[at - 1] === '-device' && word.split(',').includes(`id=${deviceId(node)}`),
  );
  if (option === undefined) throw new InfraError(`the guest was started without a device '${node}'`);
  return option;
}
