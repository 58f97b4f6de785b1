/** Writes ustar archives for busybox to unpack in the guest. */

export interface ArchiveFile {
  /** Absolute path in the guest. */
  path: string;
  /** Permission bits, e.g. 0o600. */
  mode: number;
  data: string | Uint8Array;
}

const BLOCK = 512;

export function tarArchive(files: readonly ArchiveFile[]): Buffer {
  const parts: Buffer[] = [];
  for (const { path, mode, data } of files) {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    parts.push(
      header(path.replace(/^\/+/, ''), mode, bytes.length),
      Buffer.from(bytes),
      Buffer.alloc(-bytes.length & (BLOCK - 1)),
    );
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, mode: number, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`the guest path is longer than 100 bytes: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
  block.write(path, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('        0', 148);
  block.write('ustar\x0000', 257);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}
