/**
 * How a command in another terminal reaches the guest of `phyrlab shell`: through a socket in a folder of that process,
 * which only its user can enter. One request per connection, JSON lines both ways.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { LineSplitter, messageOf, UsageError } from '../model/index.js';

const CONTROL = 'control';
/** Compiler errors are shortened to a few lines before they are sent here. */
const LARGEST_REQUEST = 1 << 20;

const Request = z.strictObject({ ask: z.enum(['cell', 'reload']) });
type Request = z.infer<typeof Request>;
const Answer = z.union([z.strictObject({ answer: z.string() }), z.strictObject({ refused: z.string() })]);
type Answer = z.infer<typeof Answer>;

/** The kernel's limit for the path of a Unix socket, with its final zero. */
const LONGEST_PATH = 107;
/** A build of all modules with an empty compiler cache takes a minute. */
const ANSWER_MS = 300_000;

/**
 * A folder of this process below that of the runs. Disposing of it removes it, and folders that killed processes left.
 */
export async function deskFolder(runs: string): Promise<AsyncDisposable & { path: string }> {
  const all = folderOfDesks(runs);
  await mkdir(all, { recursive: true });
  for (const name of await readdir(all))
    if (!alive(Number.parseInt(name, 10))) await rm(join(all, name), { recursive: true, force: true });
  const path = await mkdtemp(join(all, `${process.pid}-`));
  if (join(path, CONTROL).length > LONGEST_PATH) {
    await rm(path, { recursive: true, force: true });
    throw new UsageError(`the path of the runs is too long for a socket: ${path}`, 'choose a shorter one: --runs DIR');
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Hidden, since everything else in the folder of runs is a run. */
function folderOfDesks(runs: string): string {
  return join(runs, '.desk');
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Answers requests until it is disposed of. An error that `answer` throws is sent to the client. */
export async function serveDesk(
  folder: string,
  answer: (ask: Request['ask']) => Promise<string>,
): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    lineOf(socket).then(
      async (line) => socket.end(`${JSON.stringify(await respond(line, answer))}\n`),
      () => {}, // the client is gone
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(join(folder, CONTROL), resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(line: string, answer: (ask: Request['ask']) => Promise<string>): Promise<Answer> {
  try {
    return { answer: await answer(Request.parse(JSON.parse(line)).ask) };
  } catch (error) {
    const hint = error instanceof UsageError && error.hint !== undefined ? `\n  ${error.hint}` : '';
    return { refused: messageOf(error) + hint };
  }
}

/** The first line that arrives. */
function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = new LineSplitter(resolve);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      lines.push(chunk);
      bytes += chunk.length;
      if (bytes > LARGEST_REQUEST) socket.destroy(new Error('the request is too large'));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection closed before an answer came')));
  });
}

export interface OtherDesk {
  folder: string;
  /** The cell whose guest this is. */
  cell: string;
}

/** The shells that answer. */
export async function desks(runs: string): Promise<OtherDesk[]> {
  const all = folderOfDesks(runs);
  const names = await readdir(all).catch(() => [] as string[]);
  const found = names.map(async (name) => {
    const folder = join(all, name);
    return askDesk(folder, 'cell').then(
      (cell) => [{ folder, cell }],
      () => [],
    );
  });
  return (await Promise.all(found)).flat();
}

/** Throws UsageError if the shell refuses, or if nobody answers. */
export async function askDesk(folder: string, ask: Request['ask']): Promise<string> {
  const socket = connect(join(folder, CONTROL));
  try {
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    socket.write(`${JSON.stringify({ ask } satisfies Request)}\n`);
    const line = await lineOf(socket).catch((error: unknown) => {
      throw new UsageError(`the phyrlab shell cannot be reached: ${messageOf(error)}`);
    });
    const reply = Answer.parse(JSON.parse(line));
    if ('refused' in reply) throw new UsageError(reply.refused);
    return reply.answer;
  } finally {
    socket.destroy();
  }
}
