/** What QEMU has written to its trace since a cell began. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LineSplitter } from '../model/index.js';

/** Limits for bytes read and for characters returned. A fault storm never ends, and its beginning says enough. */
const MOST = { read: 1 << 28, kept: 1 << 20 };

export interface TraceLines {
  lines: string[];
  /** There was more than the limits allow. */
  truncated: boolean;
}

/** May take the line, which begins at this byte of the file; returns whether it did. */
export type TakeLine = (line: string, offset: number) => boolean;

/** The lines from this byte to the current end of the file, except those that `take` takes. */
export async function readTrace(
  file: string,
  from: number,
  take: TakeLine = () => false,
  most = MOST,
): Promise<TraceLines> {
  const end = (await stat(file)).size - 1;
  if (end < from) return { lines: [], truncated: false };
  const lines: string[] = [];
  let kept = 0;
  const stream = createReadStream(file, { start: from, end: Math.min(end, from + most.read - 1) });
  for await (const batch of linesOf(stream, from)) {
    for (const [line, offset] of batch) {
      if (line === '' || take(line, offset)) continue;
      lines.push(line);
      kept += line.length;
      if (kept > most.kept) return { lines, truncated: true };
    }
  }
  return { lines, truncated: end - from >= most.read };
}

type PlacedLine = [line: string, offset: number];

/** Lines with their byte offsets, one chunk at a time. */
async function* linesOf(chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<PlacedLine[]> {
  let offset = start;
  let batch: PlacedLine[] = [];
  // One character per byte, so that lengths are offsets.
  const lines = new LineSplitter(
    (line, length) => {
      batch.push([line, offset]);
      offset += length + 1;
    },
    { encoding: 'latin1' },
  );
  for await (const chunk of chunks) {
    lines.push(chunk);
    yield batch;
    batch = [];
  }
  lines.end();
  yield batch;
}
