import type { Lab } from '../../guest/index.js';
import { type DataClaim, stamped, stampedDue } from '../../oracle/index.js';
import { SECRET_KIB } from './disk-layout.js';
import { overwrite } from './host-file.js';

const BYTES = SECRET_KIB * 1024;

/**
 * Bytes that the host writes to the disk without the guest's knowledge. If the guest knows their digest, reads through the driver return what is
 * on the disk. Comparing its own writes could not show that.
 */
export class Secret {
  readonly #file: string;
  readonly #offset: number;
  readonly #seed: number;
  #digest: string | undefined;

  constructor(file: string, offset: number, seed: number) {
    this.#file = file;
    this.#offset = offset;
    this.#seed = (seed ^ 0x5ec2e7) >>> 0;
  }

  async plant(): Promise<void> {
    await overwrite(this.#file, this.#offset, stamped(this.#offset, BYTES, this.#seed, 0));
  }

  async read(lab: Lab, disk: string): Promise<void> {
    this.#digest = await lab.digest(disk, this.#offset, BYTES);
  }

  claim(): DataClaim {
    const due = stampedDue(this.#offset, BYTES, this.#seed, 0);
    return { kind: 'read-back', what: 'bytes that only the host knew', digest: this.#digest, due };
  }
}
