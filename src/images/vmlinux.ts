import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InfraError } from '../model/index.js';
import { runOrFail } from './exec.js';
import { hostProgram } from './toolbox.js';

const ZSTD_MAGIC = 0xfd2fb528;

/**
 * The kernel inside a bzImage, unpacked once here instead of by each guest, which takes over a second under TCG. QEMU
 * boots the ELF file by its PVH note.
 */
export async function unpackKernel(
  bzImage: string,
  into: string,
  scratch: string,
  toolbox: string,
  signal: AbortSignal,
): Promise<void> {
  const packed = payload(readFileSync(bzImage));
  const file = path.join(scratch, 'vmlinux.zst');
  writeFileSync(file, packed);
  const zstd = hostProgram(toolbox, 'usr/bin/zstd');
  await runOrFail(zstd.file, [...zstd.args, '--decompress', '--quiet', '-o', into, file], {
    what: 'unpacking the kernel',
    signal,
  });
}

/**
 * The zstd frame in a bzImage, located according to the x86 boot protocol (Documentation/arch/x86/boot.rst,
 * payload_offset).
 */
export function payload(image: Buffer): Buffer {
  if (image.length < 0x250 || image.toString('latin1', 0x202, 0x206) !== 'HdrS') throw new InfraError('not a bzImage');
  const setup = ((image.readUInt8(0x1f1) || 4) + 1) * 512;
  const start = setup + image.readUInt32LE(0x248);
  // The build appends four bytes, the unpacked size, which zstd does not know.
  const packed = image.subarray(start, start + image.readUInt32LE(0x24c) - 4);
  if (packed.length < 4 || packed.readUInt32LE(0) !== ZSTD_MAGIC)
    throw new InfraError('the kernel is not packed with zstd');
  return packed;
}
