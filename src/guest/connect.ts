/** Opens an SSH session to a started guest. */
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import type { Pace } from '../host/index.js';
import { GuestDied, InfraError, messageOf, onAbort } from '../model/index.js';
import type { RunKeys } from './keys.js';
import { whileAlive } from './race.js';
import { Session } from './session.js';

/** The parts of a guest that this folder needs; `src/qemu` implements them. */
export interface Reachable {
  readonly sshPort: number;
  readonly died: Promise<GuestDied>;
  readonly pace: Pace;
  readonly console: { line(pattern: RegExp): Promise<string>; tail(count?: number): string[] };
}

/** guest/init writes this to the kernel log when SSH is up. */
export const READY = /phyrlab: ready/;

const RETRY_MS = 50;
const HANDSHAKE_MS = 15_000;

export interface ConnectOptions {
  deadlineMs: number;
  signal: AbortSignal;
  /** The guest was restored, so it will not print that it is ready again. */
  wasReady?: boolean;
}

/**
 * Waits until the guest reports that it is ready, then logs in. Throws GuestDied as soon as the guest ends, or with
 * `hang` if the deadline passes; the signal's reason on abort.
 */
export async function connect(
  guest: Reachable,
  keys: RunKeys,
  { deadlineMs, signal, wasReady = false }: ConnectOptions,
): Promise<Session> {
  let step = 'become ready';
  const late = (within: string) => {
    const last = guest.console.tail(1)[0] ?? '(nothing)';
    return new GuestDied('hang', `the guest did not ${step} within ${within}; its console ends with: ${last}`);
  };
  return whileAlive({ ...guest, signal, deadlineMs, late }, async (over) => {
    if (!wasReady) await guest.console.line(READY);
    step = 'answer on SSH';
    for (;;) {
      try {
        return new Session(await login(guest.sshPort, keys, over), guest);
      } catch (error) {
        if (over.aborted) throw error;
        if ((error as { level?: string }).level === 'client-authentication')
          throw new InfraError(`the guest rejects the SSH key of this run: ${messageOf(error)}`);
        await sleep(RETRY_MS, undefined, { signal: over });
      }
    }
  });
}

async function login(port: number, keys: RunKeys, over: AbortSignal): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  let forget = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      forget = onAbort(over, () => reject(new Error('given up')));
      client.on('ready', resolve);
      client.on('error', reject);
      client.on('close', () => reject(new Error('the guest closed the connection')));
      client.connect({
        host: '127.0.0.1',
        port,
        username: 'root',
        privateKey: keys.client.privateKey,
        hostVerifier: (key: Buffer) => key.equals(keys.host.publicBlob),
        readyTimeout: HANDSHAKE_MS,
        // One algorithm each: both ends are ours, and the guest's CPU is emulated.
        algorithms: { serverHostKey: ['ssh-ed25519'], kex: ['curve25519-sha256'], compress: ['none'] },
      });
    });
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    forget();
  }
}
