/** A guest whose state takes too long to save, with a real QEMU. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connect } from '../../src/guest/index.js';
import { bootable, keys, login, makeRig, never } from './boot-rig.js';

it('a guest that cannot be saved in time goes on', async () => {
  await using rig = await makeRig();
  await using guest = await rig.start(await bootable());
  await (await login(guest)).close();
  const state = join(rig.artefacts, 'state');
  await mkdir(state);
  await expect(guest.save(state, 20)).rejects.toThrow('it took too long');
  await using session = await connect(guest, keys, { deadlineMs: 60_000, signal: never, wasReady: true });
  expect(await session.exec('echo alive', { deadlineMs: 60_000, signal: never })).toMatchObject({ stdout: 'alive\n' });
}, 300_000);
