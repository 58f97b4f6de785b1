/** What one cell reaches: from its beginning to its end, whichever modules it loads in between. */
import { type CellReached, reachedBy } from '../coverage/index.js';
import type { ExecOptions } from '../guest/index.js';
import { describe } from '../model/index.js';
import type { BootedGuest } from './boot.js';
import { Sections } from './sections.js';

/** guest/lab: where each module was that was loaded since the file was made. */
const LOADED = '/run/loaded';
const DEADLINE_MS = 10_000;
/** Characters. A cell loads a few dozen modules at most. */
const LONGEST = 1 << 20;

/** The guest, and what it takes to ask it. */
export type Measured = Pick<BootedGuest, 'coverage' | 'session' | 'patience'>;

export class Reaching {
  readonly #booted: Measured;
  readonly #options: ExecOptions;

  private constructor(booted: Measured, signal: AbortSignal) {
    this.#booted = booted;
    this.#options = { deadlineMs: DEADLINE_MS * booted.patience, signal };
  }

  /** `undefined` if nobody asked for it. No module of ours is loaded. */
  static async begin(booted: Measured, signal: AbortSignal): Promise<Reaching | undefined> {
    const { coverage } = booted;
    if (coverage === undefined) return undefined;
    const reaching = new Reaching(booted, signal);
    await booted.session.exec(`: > ${LOADED}`, reaching.#options);
    await coverage.map.begin();
    return reaching;
  }

  async end(): Promise<CellReached> {
    const { coverage, session } = this.#booted;
    if (coverage === undefined) return { unread: 'the guest is another one' };
    const { code, stdout } = await session.exec(`cat ${LOADED}`, this.#options);
    if (code !== 0 || stdout.length > LONGEST) return { unread: 'the guest does not say where its modules were' };
    const read = await coverage.map.read();
    if ('unread' in read) return read;
    try {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const loaded = lines.map((line) => Sections.parse(JSON.parse(line)));
      return reachedBy(coverage.code, loaded.map(addressesOf), read.blocks);
    } catch (error) {
      return { unread: `where the guest's modules were cannot be read: ${describe(error).split('\n')[0]}` };
    }
  }
}

function addressesOf({ module, sections }: Sections) {
  return { module, sections: Object.fromEntries(Object.entries(sections).map(([name, at]) => [name, BigInt(at)])) };
}
