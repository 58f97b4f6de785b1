/** The SSH keys of one guest. They are made in memory, and written to the host only as part of a snapshot. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { cpioArchive } from '../host/index.js';

export interface RunKeys {
  /** The host authenticates with these: a private key in OpenSSH's format, and its line for authorized_keys. */
  client: { privateKey: string; authorizedKey: string };
  /** The guest authenticates with these: dropbear's key file, and the public key that the client expects. */
  host: { dropbear: Buffer; publicBlob: Buffer };
}

export function makeRunKeys(): RunKeys {
  const [client, host] = [ed25519(), ed25519()];
  return {
    client: {
      privateKey: opensshPrivateKey(client),
      authorizedKey: `${ALGORITHM} ${publicBlob(client).toString('base64')} phyrlab`,
    },
    host: { dropbear: strings(ALGORITHM, secret(host)), publicBlob: publicBlob(host) },
  };
}

const Base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const WrittenKeys = z.strictObject({
  client: z.strictObject({ privateKey: z.string(), authorizedKey: z.string() }),
  host: z.strictObject({ dropbear: Base64, publicBlob: Base64 }),
});

/** For a snapshot: a restored guest has the same keys. */
export function writtenKeys({ client, host: { dropbear, publicBlob } }: RunKeys): string {
  const host = { dropbear: dropbear.toString('base64'), publicBlob: publicBlob.toString('base64') };
  return JSON.stringify({ client, host });
}

export function readKeys(text: string): RunKeys {
  return WrittenKeys.parse(JSON.parse(text));
}

/** An archive for the kernel to unpack over the root file system, with what the guest's SSH server needs. */
export function runArchive(keys: RunKeys): Buffer {
  return cpioArchive([
    { kind: 'data', path: 'etc/dropbear/host_key', mode: 0o600, data: keys.host.dropbear },
    { kind: 'text', path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\n' },
    { kind: 'text', path: 'etc/group', text: 'root:x:0:\n' },
    { kind: 'text', path: 'etc/shells', text: '/bin/sh\n' },
    { kind: 'text', path: 'root/.ssh/authorized_keys', mode: 0o600, text: `${keys.client.authorizedKey}\n` },
  ]);
}

const ALGORITHM = 'ssh-ed25519';

interface Ed25519 {
  seed: Buffer;
  point: Buffer;
}

/**
 * Made by Node, since ssh2's generator sometimes makes a malformed key. Encoded while it is made, since exporting a
 * finished key sometimes deadlocks in Node 20, when the garbage collector takes its generator. Both encodings end with
 * the 32 bytes.
 */
function ed25519(): Ed25519 {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'der', type: 'spki' },
  });
  return { seed: privateKey.subarray(-32), point: publicKey.subarray(-32) };
}

function publicBlob({ point }: Ed25519): Buffer {
  return strings(ALGORITHM, point);
}

function secret({ seed, point }: Ed25519): Buffer {
  return Buffer.concat([seed, point]);
}

/** OpenSSH's format `openssh-key-v1`, without a passphrase. */
function opensshPrivateKey(key: Ed25519): string {
  const check = randomBytes(4);
  const fields = Buffer.concat([check, check, strings(ALGORITHM, key.point, secret(key), 'phyrlab')]);
  const padding = Buffer.from(Array.from({ length: -fields.length & 7 }, (_, i) => i + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    strings('none', 'none', ''),
    one,
    strings(publicBlob(key), Buffer.concat([fields, padding])),
  ]);
  const lines = body.toString('base64').replaceAll(/.{70}/g, '$&\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** Strings in SSH's encoding: a length of four bytes, then the bytes. */
function strings(...values: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
