import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NoSpace, run, runOrFail } from '../../../src/images/exec.js';
import { InfraError } from '../../../src/model/index.js';

const { signal } = new AbortController();

describe('a program that we run', () => {
  it('is ended by abort with all that it started, whatever it does about signals', async () => {
    const abort = new AbortController();
    let pid = 0;
    const running = run('sh', ['-c', 'trap "" TERM INT; sleep 60 & echo $!; while :; do wait; done'], {
      signal: abort.signal,
      onLine: (line) => {
        pid = Number(line);
        abort.abort(new Error('interrupted'));
        return undefined;
      },
    });
    await expect(running).rejects.toThrow('interrupted');
    await setTimeout(20);
    expect(stateOf(pid)).toBe('gone');
  });

  it('is ended when a line of its output says so', async () => {
    const result = await run('sh', ['-c', 'echo go; echo bad; sleep 60'], {
      signal,
      onLine: (line) => (line === 'bad' ? 'stop' : undefined),
    });
    expect(result.ok).toBe(false);
  });

  it('that finds the disk full is told apart from others that fail', async () => {
    const say = (text: string) => run('sh', ['-c', `echo '${text}' >&2; exit 1`], { signal });
    await expect(say('tar: x: Cannot write: No space left on device')).rejects.toBeInstanceOf(NoSpace);
    expect((await say('unshare: unshare failed: No space left on device')).ok).toBe(false);
    expect((await say('something else')).ok).toBe(false);
  });

  it('that must work gives its last line as the reason', async () => {
    const failing = runOrFail('sh', ['-c', 'echo one; echo two >&2; exit 3'], { what: 'trying', signal });
    await expect(failing).rejects.toThrow('trying failed: two');
    await expect(runOrFail('/no/such/program', [], { what: 'trying', signal })).rejects.toBeInstanceOf(InfraError);
  });
});

function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] === 'Z' ? 'gone' : 'alive';
  } catch {
    return 'gone';
  }
}
