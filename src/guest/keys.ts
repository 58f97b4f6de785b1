/** The keys of one run: made in memory, never written on the host. */
import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { cpioArchive } from './cpio.js';

export interface RunKeys {
  /** What the host proves itself with: OpenSSH's private key format, and its line for authorized_keys. */
  client: { privateKey: string; authorizedKey: string };
  /** What the guest proves itself with: dropbear's key file, and the public key blob that the client expects. */
  host: { dropbear: Buffer; publicBlob: Buffer };
}

export function makeRunKeys(): RunKeys {
  const client = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'phyrlab' });
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (!d || !x) throw new TypeError('an ed25519 key without its parts');
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  return {
    client: { privateKey: client.private, authorizedKey: client.public },
    host: {
      dropbear: Buffer.concat([sshString(ALGORITHM), sshString(Buffer.concat([seed, point]))]),
      publicBlob: Buffer.concat([sshString(ALGORITHM), sshString(point)]),
    },
  };
}

/** All that the guest's SSH server needs besides itself: to be loaded behind the root file system. */
export function runArchive(keys: RunKeys): Buffer {
  return cpioArchive([
    { path: '/etc/dropbear/host_key', mode: 0o600, data: keys.host.dropbear },
    { path: '/etc/passwd', mode: 0o644, data: 'root:x:0:0:root:/root:/bin/sh\n' },
    { path: '/etc/group', mode: 0o644, data: 'root:x:0:\n' },
    { path: '/etc/shells', mode: 0o644, data: '/bin/sh\n' },
    { path: '/root/.ssh/authorized_keys', mode: 0o600, data: `${keys.client.authorizedKey}\n` },
  ]);
}

const ALGORITHM = Buffer.from('ssh-ed25519');

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
