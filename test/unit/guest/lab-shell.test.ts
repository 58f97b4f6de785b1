/** Commands by the one shell that has read guest/lab/lab, which is that file itself, run by this host's sh. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ServerChannel } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { InfraError } from '../../../src/model/index.js';
import { type Behaviour, limits, rig } from './ssh-rig.js';

const LAB = fileURLToPath(new URL('../../../guest/lab/lab', import.meta.url));

/** Bytes of an output go out as `pieces` cuts them. */
const guest =
  (pieces: (chunk: Buffer) => Buffer[] = (chunk) => [chunk]): Behaviour =>
  (channel: ServerChannel, command: string) => {
    const child = spawn('sh', ['-c', command.replace(/^exec lab /, `exec sh ${LAB} `)]);
    channel.pipe(child.stdin);
    child.stdin.on('error', () => {});
    for (const [from, to] of [
      [child.stdout, channel],
      [child.stderr, channel.stderr],
    ] as const)
      from.on('data', (chunk: Buffer) => {
        for (const piece of pieces(chunk)) to.write(piece);
      });
    child.on('close', (code, signal) => {
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.slice('SIG'.length));
      channel.end();
    });
    channel.on('close', () => child.stdin.destroy());
  };

describe('a shell for many commands', () => {
  it('is one, but for what has input or more than a line', async () => {
    const { session } = await rig(guest());
    const pid = async (more = '', stdin?: string) =>
      (await session.exec(`echo $$${more}`, { ...limits, ...(stdin !== undefined && { stdin }) })).stdout.split(
        '\n',
      )[0];
    const first = await pid();
    expect(await pid()).toBe(first);
    expect(await pid('; cat', 'input')).not.toBe(first);
    expect(await pid('\necho more')).not.toBe(first);
    expect(await pid()).toBe(first);
  });

  it('keeps apart what they write, however it arrives, and their exit codes', async () => {
    for (const pieces of [undefined, (chunk: Buffer) => [...chunk].map((byte) => Buffer.of(byte))]) {
      const { session } = await rig(guest(pieces));
      const run = (command: string) => session.exec(command, limits);
      for (let i = 0; i < 3; i++)
        expect(await run('printf out; printf oh >&2; exit 3')).toEqual({ code: 3, stdout: 'out', stderr: 'oh' });
      expect(await run(':')).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await run("sh -c 'kill -9 $$'")).toMatchObject({ code: 137 });
      const odd = 'ä "$x" \\n \\';
      expect(await run(`printf %s '${odd}'`)).toMatchObject({ stdout: odd });
      expect((await run('one ( two')).code).not.toBe(0);
      expect(await run('echo still')).toMatchObject({ code: 0, stdout: 'still\n' });
    }
  });

  it('gives none of them what another has left, nor its own input', async () => {
    const { session } = await rig(guest());
    const state = async () => (await session.exec('pwd; echo "$X" $-; cat', limits)).stdout;
    const before = await state();
    await session.exec('cd /tmp; X=1; set -f; exit 1', limits);
    expect(await state()).toBe(before);
  });

  it('says what a step of lab says that is wrong', async () => {
    const { session } = await rig(guest());
    const { code, stderr } = await session.exec('lab no-such-step', limits);
    expect(code).toBe(64);
    expect(stderr).toContain('lab load BACKEND');
    expect(await session.exec('lab uncounted true', limits)).toMatchObject({ code: 4 });
    expect(await session.exec('echo still', limits)).toMatchObject({ stdout: 'still\n' });
  });

  it('lets two at a time go on beside each other', async () => {
    const { session } = await rig(guest());
    const [first] = (await session.exec('echo $$', limits)).stdout.split('\n');
    const both = await Promise.all([1, 2].map(() => session.exec('sleep 0.2; echo $$', limits)));
    const pids = both.map(({ stdout }) => stdout.trim());
    expect(pids).toContain(first);
    expect(new Set(pids).size).toBe(2);
  });

  it('is another after one that did not end, and after one that ended it', async () => {
    const { session } = await rig(guest());
    const run = (command: string) => session.exec(command, limits);
    const pid = async () => (await run('echo $$')).stdout;
    const first = await pid();
    await expect(session.exec('sleep 1', { ...limits, deadlineMs: 100 })).rejects.toMatchObject({ how: 'hang' });
    expect(await run('echo still')).toMatchObject({ stdout: 'still\n' });
    const second = await pid();
    expect(second).not.toBe(first);

    const killed = run('echo half; kill -9 $$; sleep 1');
    await expect(killed).rejects.toThrow(InfraError);
    await expect(killed).rejects.toThrow('the shell in the guest has ended');
    expect(await run('echo still')).toMatchObject({ stdout: 'still\n' });
    expect(await pid()).not.toBe(second);
  });

  it('gives nobody what a command says after its end', async () => {
    const { session } = await rig(guest());
    expect((await session.exec('(sleep 0.2; echo late; echo late >&2) & echo now', limits)).stdout).toBe('now\n');
    await sleep(500);
    expect(await session.exec('echo next', limits)).toEqual({ code: 0, stdout: 'next\n', stderr: '' });

    // One stream may bring that before the other has brought the end.
    const { session: other } = await rig((channel, command) => {
      const word = command.split(' ').at(-1);
      for (const stream of [channel, channel.stderr]) stream.write(`${word} 0\n`);
      channel.on('data', () => {
        channel.stderr.write(`oh${word} 0\n`);
        channel.stderr.write('late');
        setTimeout(() => channel.write(`out${word} 0\n`), 50);
      });
    });
    for (let i = 0; i < 2; i++)
      expect(await other.exec('true', limits)).toEqual({ code: 0, stdout: 'out', stderr: 'oh' });
  });

  it('is tried again after it could not be begun', async () => {
    let times = 0;
    const { session } = await rig(guest(), { refuses: () => times++ === 0 });
    await expect(session.exec('echo one', limits)).rejects.toThrow(InfraError);
    const first = (await session.exec('echo $$', limits)).stdout;
    expect((await session.exec('echo $$', limits)).stdout).toBe(first);
  });

  it('does not begin what nobody waits for any more', async () => {
    const begun: string[] = [];
    const { session } = await rig((channel, command) => {
      begun.push(command.split(' ')[0] ?? '');
      setTimeout(() => {
        channel.exit(64);
        channel.end();
      }, 200);
    });
    await expect(session.exec('poweroff', { ...limits, deadlineMs: 50 })).rejects.toMatchObject({ how: 'hang' });
    await sleep(400);
    expect(begun).toEqual(['exec']);
  });

  it('does not fill our memory', async () => {
    const { session } = await rig(guest());
    await expect(session.exec('cat /dev/zero', limits)).rejects.toThrow('more than 64 MiB');
    expect(await session.exec('echo still', limits)).toMatchObject({ stdout: 'still\n' });
  });
});
