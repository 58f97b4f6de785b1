/**
 * The data oracle: what the host reads in the backing files, and what the guest read of bytes that only the host knows.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { OracleReport } from '../model/index.js';
import { readStamp, SECTOR } from './stamp.js';

export type DataClaim =
  /** `file` holds these bytes at `offset`. */
  | { kind: 'holds'; what: string; file: string; offset: number; expected: () => Buffer }
  /** `file` holds these bytes somewhere, page-aligned; for memory whose allocation the guest chose. */
  | { kind: 'holds-somewhere'; what: string; file: string; expected: () => Buffer }
  /** `file` does not hold them anywhere, page-aligned: nothing may have moved. */
  | { kind: 'holds-nowhere'; what: string; file: string; expected: () => Buffer }
  /** The guest's digest of what it read must be that of these bytes. `undefined`: it never got that far. */
  | { kind: 'read-back'; what: string; digest: string | undefined; expected: () => Buffer };

const PAGE = 4096;

export async function judgeData(claims: readonly DataClaim[]): Promise<OracleReport> {
  if (claims.length === 0) return report('inconclusive', 'no claim about data was made');
  let bytes = 0;
  const missing: string[] = [];
  for (const claim of claims) {
    const expected = claim.expected();
    if (claim.kind === 'read-back' && claim.digest === undefined) {
      missing.push(claim.what);
      continue;
    }
    const wrong = await objection(claim, expected);
    if (wrong !== undefined) return report('fail', `${claim.what}: ${wrong}`);
    bytes += expected.length;
  }
  if (missing.length > 0) return report('inconclusive', `the workload ended before: ${missing.join(', ')}`);
  return report('pass', `${formatBytes(bytes)} as due`);
}

async function objection(claim: DataClaim, expected: Buffer): Promise<string | undefined> {
  switch (claim.kind) {
    case 'holds': {
      const actual = await readAt(claim.file, claim.offset, expected.length);
      return firstDifference(actual, expected, claim.offset);
    }
    case 'holds-somewhere':
      return (await find(claim.file, expected)) === undefined ? 'the bytes are nowhere to be found' : undefined;
    case 'holds-nowhere': {
      const at = await find(claim.file, expected.subarray(0, PAGE));
      return at === undefined ? undefined : `the bytes got there (at ${at}) although the transfer must be refused`;
    }
    case 'read-back': {
      const due = createHash('sha256').update(expected).digest('hex');
      return claim.digest === due ? undefined : 'the guest read other bytes than the host had put there';
    }
  }
}

async function readAt(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return buffer.subarray(0, done);
  } finally {
    await file.close();
  }
}

async function find(path: string, wanted: Buffer): Promise<number | undefined> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  await file.close();
  const all = await readAt(path, 0, size);
  for (let at = 0; at + wanted.length <= all.length; at += PAGE) {
    if (all.compare(wanted, 0, wanted.length, at, at + wanted.length) === 0) return at;
  }
  return undefined;
}

/** What differs first, and how much in all, in words that help: counted in sectors, with what a stamp says of itself. */
function firstDifference(actual: Buffer, expected: Buffer, offset: number): string | undefined {
  if (actual.equals(expected)) return undefined;
  if (actual.length < expected.length) return `the file ends after ${actual.length} of ${expected.length} bytes`;
  let sectors = 0;
  let first: number | undefined;
  for (let at = 0; at < expected.length; at += SECTOR) {
    const end = Math.min(at + SECTOR, expected.length);
    if (expected.compare(actual, at, end, at, end) === 0) continue;
    sectors++;
    first ??= at;
  }
  const at = first ?? 0;
  const got = actual.subarray(at, at + SECTOR);
  return `${sectors} of ${Math.ceil(expected.length / SECTOR)} sectors differ, first at byte ${offset + at} (${nature(got)})`;
}

function nature(sector: Buffer): string {
  const stamp = readStamp(sector);
  if (stamp) return `it holds LBA ${stamp.lba} of generation ${stamp.generation}, seed ${stamp.seed}`;
  if (sector.every((byte) => byte === sector[0])) return `it is filled with 0x${sector.toString('hex', 0, 1)}`;
  return `it begins ${sector.toString('hex', 0, 16)}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1 << 20 ? `${+(bytes / 1024).toFixed(1)} KiB` : `${+(bytes / (1 << 20)).toFixed(1)} MiB`;
}

function report(verdict: OracleReport['verdict'], detail: string): OracleReport {
  return { name: 'data', verdict, detail };
}
