/**
 * The data oracle. It compares the backing files on the host, and what the guest read of bytes that only the host knows, with the expected data.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  couldNotLook,
  formatBytes,
  type Objection,
  type ObjectionOf,
  type OracleReport,
  objects,
  passes,
  type Where,
  withKernelFindings,
} from '../model/index.js';
import { readStamp, SECTOR } from './stamp.js';

/** Expected bytes. They are made piece by piece during the comparison, because there may be many. */
export interface Due {
  bytes: number;
  /** Bytes `from` .. `from + length`; `from` is a multiple of PIECE, `length` at most PIECE. */
  piece(from: number, length: number): Buffer;
}

export type DataClaim = {
  what: string;
  due: Due;
  /** The data was moved by the kernel's own code. */
  kernel?: true;
  /** The driver and path, as far as they distinguish causes. */
  where?: Where;
} & (
  | {
      /** `file` holds these bytes at `offset`. */
      kind: 'holds';
      file: string;
      offset: number;
    }
  | {
      /** Every sector of `file` from `offset` on holds these bytes or those of `or`. After a failed write either is right. */
      kind: 'holds-either';
      file: string;
      offset: number;
      or: Due;
    }
  | {
      /** `file` holds these bytes somewhere, page-aligned: for memory that the guest allocated. */
      kind: 'holds-somewhere';
      file: string;
    }
  | {
      /** `file` holds each page of these bytes somewhere, page-aligned, and no two are equal: for data in a file system. */
      kind: 'holds-scattered';
      file: string;
    }
  | {
      /** `file` does not hold even their first page anywhere, page-aligned: nothing may have moved. */
      kind: 'holds-nowhere';
      file: string;
    }
  | {
      /** The SHA-256 that the guest computed must be that of these bytes. `undefined`: it did not get that far. */
      kind: 'read-back';
      digest: string | undefined;
    }
);

const PAGE = 4096;
/** Pieces are compared separately, so this is a multiple of every block size. */
export const PIECE = 256 << 10;

export async function judgeData(claims: readonly DataClaim[]): Promise<OracleReport> {
  if (claims.length === 0)
    return couldNotLook('data', [{ code: 'no-claim', detail: 'the workload made no claim about data' }]);
  let bytes = 0;
  const missing: string[] = [];
  const ours: Wrong[] = [];
  const kernel: Objection[] = [];
  for (const claim of claims) {
    if (claim.kind === 'read-back' && claim.digest === undefined) {
      missing.push(claim.what);
      continue;
    }
    const wrong = await objection(claim);
    if (wrong !== undefined)
      (claim.kernel ? kernel : ours).push({
        ...wrong,
        detail: `${claim.what}: ${wrong.detail}`,
        ...(claim.where && { where: claim.where }),
      });
    bytes += claim.due.bytes;
  }
  return withKernelFindings(judged(ours, missing, bytes), kernel);
}

type Wrong = ObjectionOf<'data'>;

function judged(ours: readonly Wrong[], missing: readonly string[], bytes: number): OracleReport {
  if (ours.length > 0) return objects('data', ours);
  const detail = `the workload ended before these were read: ${missing.join(', ')}`;
  if (missing.length > 0) return couldNotLook('data', [{ code: 'ended-before-read', detail }]);
  return passes('data', `${formatBytes(bytes)} as expected`);
}

async function objection(claim: DataClaim): Promise<Wrong | undefined> {
  if (claim.kind === 'read-back') {
    const hash = createHash('sha256');
    for (const [, piece] of pieces(claim.due)) hash.update(piece);
    if (claim.digest === hash.digest('hex')) return undefined;
    return { code: 'read-back-wrong', detail: 'the guest read bytes other than those the host had written' };
  }
  await using file = await open(claim.file, 'r');
  switch (claim.kind) {
    case 'holds':
      return await firstDifference(file, claim.offset, claim.due);
    case 'holds-either':
      return await firstDifference(file, claim.offset, claim.due, claim.or);
    case 'holds-somewhere': {
      for await (const at of pagesLike(file, claim.due.piece(0, Math.min(PAGE, claim.due.bytes)))) {
        if ((await firstDifference(file, at, claim.due)) === undefined) return undefined;
      }
      return { code: 'data-nowhere', detail: 'the bytes are not in the file' };
    }
    case 'holds-scattered': {
      const missing = await pagesMissing(file, claim.due);
      if (missing === 0) return undefined;
      return { code: 'data-nowhere', detail: `${missing} of ${claim.due.bytes / PAGE} pages are not in the file` };
    }
    case 'holds-nowhere': {
      for await (const at of pagesLike(file, claim.due.piece(0, Math.min(PAGE, claim.due.bytes)))) {
        const detail = `the bytes arrived (at ${at}) although the transfer must be refused`;
        return { code: 'data-moved-though-refused', detail };
      }
      return undefined;
    }
  }
}

function* pieces({ bytes, piece }: Due): Generator<[from: number, piece: Buffer]> {
  for (let from = 0; from < bytes; from += PIECE) yield [from, piece(from, Math.min(PIECE, bytes - from))];
}

/** Fills `into` from `offset` on, as far as the file goes. */
async function read(file: FileHandle, offset: number, into: Buffer): Promise<Buffer> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return into.subarray(0, done);
}

/** How many pages of these bytes are not in the file. */
async function pagesMissing(file: FileHandle, due: Due): Promise<number> {
  const digest = (page: Buffer) => createHash('sha1').update(page).digest('base64');
  const wanted = new Set<string>();
  for (const [, piece] of pieces(due))
    for (let at = 0; at < piece.length; at += PAGE) wanted.add(digest(piece.subarray(at, at + PAGE)));
  const window = Buffer.allocUnsafe(PIECE);
  for (let offset = 0; wanted.size > 0; offset += PIECE) {
    const bytes = await read(file, offset, window);
    for (let at = 0; at < bytes.length; at += PAGE) wanted.delete(digest(bytes.subarray(at, at + PAGE)));
    if (bytes.length < PIECE) break;
  }
  return wanted.size;
}

/** The places where a page of the file begins with these bytes. */
async function* pagesLike(file: FileHandle, wanted: Buffer): AsyncGenerator<number> {
  const window = Buffer.allocUnsafe(PIECE);
  for (let offset = 0; ; offset += PIECE) {
    const bytes = await read(file, offset, window);
    for (let at = 0; at + wanted.length <= bytes.length; at += PAGE) {
      if (bytes.compare(wanted, 0, wanted.length, at, at + wanted.length) === 0) yield offset + at;
    }
    if (bytes.length < PIECE) return;
  }
}

/**
 * The first difference and the number of differing sectors, with what the stamp found says. With `or`, a sector may hold those bytes instead.
 */
async function firstDifference(file: FileHandle, offset: number, due: Due, or?: Due): Promise<Wrong | undefined> {
  const window = Buffer.allocUnsafe(Math.min(PIECE, due.bytes));
  let sectors = 0;
  let first: Wrong | undefined;
  for (const [from, expected] of pieces(due)) {
    const actual = await read(file, offset + from, window.subarray(0, expected.length));
    if (actual.length < expected.length)
      return { code: 'data-cut', detail: `the file ends after ${from + actual.length} of ${due.bytes} bytes` };
    if (actual.equals(expected)) continue;
    const other = or?.piece(from, expected.length);
    for (let at = 0; at < expected.length; at += SECTOR) {
      const end = Math.min(at + SECTOR, expected.length);
      if (expected.compare(actual, at, end, at, end) === 0) continue;
      if (other?.compare(actual, at, end, at, end) === 0) continue;
      sectors++;
      if (first !== undefined) continue;
      const { code, detail } = nature(actual.subarray(at, at + SECTOR), expected.subarray(at, end));
      first = { code, detail: `first at byte ${offset + from + at} (${detail})` };
    }
  }
  if (first === undefined) return undefined;
  const { code, detail } = first;
  return { code, detail: `${sectors} of ${Math.ceil(due.bytes / SECTOR)} sectors differ, ${detail}` };
}

function nature(sector: Buffer, due: Buffer): Wrong {
  const stamp = readStamp(sector);
  if (stamp) {
    const { lba, generation, seed } = stamp;
    const wanted = readStamp(due);
    const code = wanted === undefined || wanted.lba !== lba ? 'data-misplaced' : 'data-stale';
    return { code, detail: `it holds LBA ${lba} of generation ${generation}, seed ${seed}` };
  }
  if (sector.every((byte) => byte === sector[0]))
    return { code: 'data-unwritten', detail: `it is filled with 0x${sector.toString('hex', 0, 1)}` };
  return { code: 'data-mismatch', detail: `it begins ${sector.toString('hex', 0, 16)}` };
}
