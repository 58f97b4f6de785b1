import { expect, it } from 'vitest';
import { payload } from '../../../src/images/vmlinux.js';

const FRAME = Buffer.from('28b52ffd0001020304', 'hex');

function bzImage(packed: Buffer): Buffer {
  const image = Buffer.alloc(4096);
  image.writeUInt8(2, 0x1f1);
  image.write('HdrS', 0x202);
  image.writeUInt32LE(0x40, 0x248);
  image.writeUInt32LE(packed.length + 4, 0x24c);
  packed.copy(image, 3 * 512 + 0x40);
  image.writeUInt32LE(12345, 3 * 512 + 0x40 + packed.length);
  return image;
}

it('the payload lies where the boot protocol says, without the size behind it', () => {
  expect(payload(bzImage(FRAME)).equals(FRAME)).toBe(true);
});

it('other compression and other files are told', () => {
  expect(() => payload(bzImage(Buffer.from('1f8b0800aabb', 'hex')))).toThrow('not packed with zstd');
  expect(() => payload(Buffer.alloc(4096))).toThrow('not a bzImage');
  expect(() => payload(Buffer.alloc(10))).toThrow('not a bzImage');
});
