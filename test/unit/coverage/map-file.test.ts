import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MapFile } from '../../../src/coverage/index.js';
import { blocksIn, mapHeader } from '../../../src/coverage/map-file.js';

/** As QEMU's plugin writes one (images/coverage.c). */
function block(at: bigint, [ran, taken, notTaken]: number[], code: number[]): Buffer {
  const bytes = Buffer.alloc(80);
  bytes.writeBigUInt64LE(at, 0);
  bytes.writeUInt32LE(code.length, 16);
  for (const [i, epoch] of [ran, taken, notTaken].entries()) bytes.writeUInt32LE(epoch ?? 0, 20 + 4 * i);
  bytes.set(code, 32);
  return bytes;
}

function file(epoch: number, blocks: Buffer[], full = 0): Buffer {
  const header = mapHeader([{ from: 16n, to: 32n }]);
  header.writeUInt32LE(epoch, 4);
  header.writeUInt32LE(blocks.length, 8);
  header.writeUInt32LE(full, 12);
  return Buffer.concat([header, ...blocks]);
}

describe('the map of what ran', () => {
  const dir = mkdtemp(join(tmpdir(), 'phyrlab-map-'));
  afterAll(async () => rm(await dir, { recursive: true }));

  it('has the blocks that ran in the newest epoch, and the ways of their branches in it', () => {
    const map = file(3, [block(16n, [3, 3, 2], [1, 2]), block(18n, [2, 0, 0], [3]), block(19n, [3, 0, 3], [4])]);
    expect(blocksIn(map)).toEqual({
      blocks: [
        { at: 16n, bytes: 2, code: Buffer.from([1, 2]), taken: true, notTaken: false },
        { at: 19n, bytes: 1, code: Buffer.from([4]), taken: false, notTaken: true },
      ],
    });
  });

  it.each([
    ['is full', file(1, [], 1), 'more than 400000 blocks ran'],
    ['is cut short', file(1, [block(16n, [1], [1])]).subarray(0, -1), 'truncated'],
    ['is not one', Buffer.alloc(100), 'damaged'],
    ['was overwritten', file(1, []).fill(0, 0, 4), 'damaged'],
  ])('is not read where it %s', (_, map, why) => {
    const read = blocksIn(map);
    expect('unread' in read && read.unread).toContain(why);
  });

  it('begins anew for each cell', async () => {
    const handle = await open(join(await dir, 'map'), 'w+');
    const map = await MapFile.create(handle, []);
    const write = async (blocks: Buffer[]) => {
      const bytes = file(0, blocks);
      await handle.write(bytes, 8, 4, 8);
      const from = bytes.length - 80 * blocks.length;
      await handle.write(bytes, from, 80 * blocks.length, from);
    };
    await map.begin();
    await write([block(16n, [2], [1])]);
    expect(await map.read()).toMatchObject({ blocks: [{ at: 16n }] });
    await map.begin();
    expect(await map.read()).toEqual({ blocks: [] });
    await write([block(16n, [2], [1]), block(20n, [3], [1])]);
    expect(await map.read()).toMatchObject({ blocks: [{ at: 20n }] });
    await handle.close();
  });
});
