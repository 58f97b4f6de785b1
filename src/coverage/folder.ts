/** Where a run keeps its coverage while it goes on. */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Code } from './code.js';
import type { CellReached } from './reached.js';
import { COVERAGE, codeFileName, storedCell, storedCode } from './stored.js';

export class CoverageFolder {
  readonly #dir: string;
  readonly #codes = new Set<string>();
  readonly #cells = new Set<string>();

  constructor(run: string) {
    this.#dir = join(run, COVERAGE);
  }

  /** @param hashes of the compiled sources, by path */
  async keepCode(code: Code, planted: boolean, hashes: ReadonlyMap<string, string>): Promise<void> {
    if (this.#codes.has(code.key)) return;
    this.#codes.add(code.key);
    await this.#write(codeFileName(code.key), storedCode(code, planted, hashes));
  }

  async keepCell(cell: string, code: string, reached: CellReached): Promise<void> {
    this.#cells.add(cell);
    await this.#write(`${cell.replaceAll('/', '.')}.json`, storedCell({ cell, code, reached }));
  }

  /** Records why a cell has no coverage. */
  async keepUnread(cell: string, why: string): Promise<void> {
    if (!this.#cells.has(cell)) await this.keepCell(cell, 'none', { unread: why });
  }

  /** Writes the whole file or nothing, since a run may be killed at any time. */
  async #write(name: string, text: string): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    const temporary = join(this.#dir, `.${randomBytes(4).toString('hex')}.tmp`);
    await writeFile(temporary, text);
    await rename(temporary, join(this.#dir, name));
  }
}
