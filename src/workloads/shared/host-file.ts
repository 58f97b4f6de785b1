import { open } from 'node:fs/promises';

/** Change a device's backing file behind the guest's back; QEMU and the guest see it at once. */
export async function overwrite(path: string, offset: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(bytes, 0, bytes.length, offset);
  } finally {
    await file.close();
  }
}
