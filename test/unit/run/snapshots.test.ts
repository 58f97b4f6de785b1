import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { amdPassthrough, amdStrict, noIommu, vtdStrict, vtdStrictCounting } from '../../../harness/machines.js';
import { fabric, switched } from '../../../harness/topologies.js';
import { makeRunKeys } from '../../../src/guest/index.js';
import { GuestStates } from '../../../src/images/index.js';
import type { Image, Topology } from '../../../src/model/index.js';
import type { Guest } from '../../../src/qemu/index.js';
import { Snapshots, stateKey } from '../../../src/run/snapshots.js';
import { openCache, temporaryDir } from '../images/fixtures.js';

const image = {
  qemu: { key: 'q' },
  kernel: { key: 'k', patience: 1 },
  rootfs: { key: 'r' },
  modules: { key: 'm' },
} as Image;
const booted = { image, machine: vtdStrict, topology: switched, accelerator: 'tcg' } as const;
const guest = (save: (dir: string) => void = (dir) => writeFileSync(join(dir, 'memory'), 'state')): Guest =>
  ({ unsaveable: async () => undefined, save: async (dir: string) => save(dir) }) as never;

async function store() {
  const dir = temporaryDir();
  const { cache } = await openCache(dir);
  const said: string[] = [];
  return { dir, said, snapshots: new Snapshots(new GuestStates(cache), (text) => said.push(text)) };
}

describe('the key of a state', () => {
  it('is another for whatever could move a guest that is ready', () => {
    const keys = [
      stateKey(booted),
      stateKey({ ...booted, image: { ...image, qemu: { key: 'q2' } } as Image }),
      stateKey({ ...booted, image: { ...image, kernel: { key: 'k2' } } as Image }),
      stateKey({ ...booted, image: { ...image, rootfs: { key: 'r2' } } as Image }),
      stateKey({ ...booted, machine: noIommu }),
      stateKey({ ...booted, machine: { ...vtdStrict, memoryMiB: 1024 } }),
      stateKey({ ...booted, machine: { ...vtdStrict, kernelArgs: ['quiet'] } }),
      stateKey({ ...booted, topology: fabric }),
      stateKey({ ...booted, topology: { ...switched, root: switched.root.slice(0, 1) } }),
      stateKey({ ...booted, accelerator: 'kvm' }, () => 'one processor'),
      stateKey({ ...booted, accelerator: 'kvm' }, () => 'another'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same for other modules: they are loaded later; and for any processor that emulates', () => {
    expect(stateKey({ ...booted, image: { ...image, modules: { key: 'm2' } } as Image })).toBe(stateKey(booted));
    expect(stateKey(booted, () => 'another')).toBe(stateKey(booted));
  });
});

describe('a state', () => {
  it("is found with the keys of its guest, and is nobody else's to read", async () => {
    const { snapshots, said } = await store();
    expect(await snapshots.find(booted)).toBeUndefined();
    const keys = makeRunKeys();
    await snapshots.save(booted, guest(), keys);
    const found = await snapshots.find(booted);
    expect(found?.keys).toEqual(keys);
    expect(readFileSync(join(found?.dir ?? '', 'memory'), 'utf8')).toBe('state');
    expect(statSync(found?.dir ?? '').mode & 0o777).toBe(0o700);
    expect(said).toEqual([]);
  });

  it('that was damaged, without a trace in size or time, is none; the next guest writes it anew', async () => {
    const { snapshots, said } = await store();
    await snapshots.save(booted, guest(), makeRunKeys());
    const { dir = '' } = (await snapshots.find(booted)) ?? {};
    const { atime, mtime } = statSync(join(dir, 'memory'));
    writeFileSync(join(dir, 'memory'), 'stale');
    utimesSync(join(dir, 'memory'), atime, mtime);
    expect(await snapshots.find(booted)).toBeUndefined();
    expect(said.join()).toMatch(/vtd-strict is damaged: the contents of memory changed/);
    await snapshots.save(booted, guest(), makeRunKeys());
    expect(await snapshots.find(booted)).toBeDefined();
  });

  it('that did not go on is gone', async () => {
    const { snapshots, said } = await store();
    await snapshots.save(booted, guest(), makeRunKeys());
    await snapshots.discard(booted, new Error('no answer'));
    expect(await snapshots.find(booted)).toBeUndefined();
    expect(said).toEqual(['vtd-strict boots, since its snapshot could not be restored: no answer']);
  });

  it('that QEMU cannot write leaves nothing', async () => {
    const { dir, snapshots, said } = await store();
    const full = () => {
      throw new Error('No space left on device');
    };
    await snapshots.save(booted, guest(full), makeRunKeys());
    expect(said).toEqual(['no snapshot of vtd-strict was saved: No space left on device']);
    expect([readdirSync(join(dir, 'work')), readdirSync(join(dir, 'entries'))]).toEqual([[], []]);
  });

  it('is none of a guest whose clock counts, or whose devices QEMU forgets or refuses', async () => {
    const { snapshots } = await store();
    const engines: Topology = { id: 'e', root: [{ kind: 'edu', id: 'edu', dmaMaskBits: 32 }] };
    expect(await snapshots.canSave(booted, guest())).toBe(true);
    expect(await snapshots.canSave({ ...booted, machine: vtdStrictCounting }, guest())).toBe(false);
    expect(await snapshots.canSave({ ...booted, topology: engines }, guest())).toBe(false);
    for (const machine of [amdStrict, amdPassthrough])
      expect(await snapshots.canSave({ ...booted, machine }, guest())).toBe(false);
    const refused = { ...guest(), unsaveable: async () => 'PMR' } as Guest;
    expect(await snapshots.canSave(booted, refused)).toBe(false);
  });
});
