import { open } from 'node:fs/promises';

/** Changes a device's backing file from the host. QEMU and the guest see the change at once. */
export async function overwrite(path: string, offset: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(bytes, 0, bytes.length, offset);
  } finally {
    await file.close();
  }
}
