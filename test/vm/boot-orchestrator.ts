/** An orchestrator to be killed: starts a guest, says how far it is, and waits. Arguments: the rig's directories and name. */
import { readFileSync } from 'node:fs';
import { runArchive } from '../../src/guest/index.js';
import { startGuest } from '../../src/qemu/index.js';
import { type Bootable, keys, login, machine, never, oneDisk } from './boot-rig.js';

const [imageFile = '', scratch = '', name = ''] = process.argv.slice(2);
const image = JSON.parse(readFileSync(imageFile, 'utf8')) as Bootable;
const guest = await startGuest({
  ...image,
  initrd: [image.rootfs.archive, image.kernel.bootModules, runArchive(keys)],
  machine: { ...machine(), id: name },
  topology: oneDisk,
  accelerator: 'tcg',
  scratch,
  signal: never,
});
console.log('started');
await login(guest);
console.log('ready');
await guest.died;
