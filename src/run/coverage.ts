/** What one cell reaches, from its beginning to its end, whichever modules it loads in between. */
import { type CellReached, reachedBy } from '../coverage/index.js';
import type { ExecOptions } from '../guest/index.js';
import { messageOf } from '../model/index.js';
import type { BootedGuest } from './boot.js';
import { Sections } from './sections.js';

/** Written by guest/lab: the addresses of each module that was loaded since the file was created. */
const LOADED = '/run/loaded';
const DEADLINE_MS = 10_000;
/** In characters. A cell loads a few dozen modules at most. */
const LONGEST = 1 << 20;

/** The guest, and what is needed to ask it. */
export type Measured = Pick<BootedGuest, 'coverage' | 'session' | 'patience'>;

export class Reaching {
  readonly #booted: Measured;
  readonly #options: ExecOptions;

  private constructor(booted: Measured, signal: AbortSignal) {
    this.#booted = booted;
    this.#options = { deadlineMs: DEADLINE_MS * booted.patience, signal };
  }

  /** `undefined`: coverage is off. None of our modules is loaded yet. */
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
    if (coverage === undefined) return { unread: 'the guest was replaced' };
    const { code, stdout } = await session.exec(`cat ${LOADED}`, this.#options);
    if (code !== 0 || stdout.length > LONGEST)
      return { unread: 'the guest did not report the addresses of its modules' };
    const read = await coverage.map.read();
    if ('unread' in read) return read;
    try {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const loaded = lines.map((line) => Sections.parse(JSON.parse(line)));
      return reachedBy(coverage.code, loaded.map(addressesOf), read.blocks);
    } catch (error) {
      return { unread: `the addresses of the guest's modules cannot be read: ${messageOf(error).split('\n')[0]}` };
    }
  }
}

function addressesOf({ module, sections }: Sections) {
  return { module, sections: Object.fromEntries(Object.entries(sections).map(([name, at]) => [name, BigInt(at)])) };
}
