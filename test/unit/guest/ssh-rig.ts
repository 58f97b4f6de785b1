/** A session with a real SSH server in this process, with the run's own keys. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type ServerChannel } from 'ssh2';
import { afterEach } from 'vitest';
import { connect, makeRunKeys, type Session } from '../../../src/guest/index.js';
import { Pace } from '../../../src/host/index.js';
import type { GuestDied } from '../../../src/model/index.js';

export type Behaviour = (channel: ServerChannel, command: string) => void;

export const never = new AbortController().signal;
/** Long: a test that is not about lateness must not fail on a slow host. */
export const limits = { deadlineMs: 50_000, signal: never };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export interface Rig {
  session: Session;
  die(death: GuestDied): void;
  dropConnection(): void;
}

/** The run's host key is in dropbear's format, which this server does not read: take a client key. */
function hostKey(): { privateKey: string; publicBlob: Buffer } {
  const { privateKey } = makeRunKeys().client;
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return { privateKey, publicBlob: parsed.getPublicSSH() };
}

export async function rig(
  behave: Behaviour,
  {
    authorize = true,
    ready = true,
    otherHost = false,
    deadlineMs = limits.deadlineMs,
    refuses = (_command: string): boolean => false,
    pace = new Pace(),
  } = {},
): Promise<Rig> {
  const keys = makeRunKeys();
  const host = hostKey();
  keys.host.publicBlob = otherHost ? hostKey().publicBlob : host.publicBlob;
  const expected = ssh2.utils.parseKey(keys.client.authorizedKey);
  if (expected instanceof Error) throw expected;

  const connections: ssh2.Connection[] = [];
  const server = new ssh2.Server({ hostKeys: [host.privateKey] }, (connection) => {
    connections.push(connection);
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      const known = context.method === 'publickey' && context.key.data.equals(expected.getPublicSSH());
      if (authorize && known) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec, refuse, { command }) => {
        if (refuses(command)) refuse();
        else behave(acceptExec(), command);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());

  let die: Rig['die'] = () => {};
  const guest = {
    sshPort: (server.address() as AddressInfo).port,
    died: new Promise<GuestDied>((resolve) => {
      die = resolve;
    }),
    pace,
    console: {
      line: () => (ready ? Promise.resolve('phyrlab: ready') : new Promise<string>(() => {})),
      tail: () => ['[ 1.5] waiting for root'],
    },
  };
  const dropConnection = () => {
    for (const connection of connections) connection.end();
  };
  const session = await connect(guest, keys, { ...limits, deadlineMs });
  cleanups.push(() => session.close());
  return { session, die: (death) => die(death), dropConnection };
}

/** A server that runs `behave` and ends the command. */
export const replying =
  (behave: Behaviour, code = 0): Behaviour =>
  (channel, command) => {
    behave(channel, command);
    channel.exit(code);
    channel.end();
  };
export const silent: Behaviour = () => {};
