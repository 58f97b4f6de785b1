import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostFault, isDenied, UsageError } from '../../../src/model/index.js';

const scratch = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function thrown(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('what the host does not let us do', () => {
  it('is one line that names the place, and what to do', () => {
    writeFileSync(join(scratch, 'file'), '');
    const fault = hostFault(thrown(() => mkdirSync(join(scratch, 'file', 'below'), { recursive: true })));
    expect(fault).toBeInstanceOf(UsageError);
    expect(fault?.message).toBe(`cannot use ${join(scratch, 'file', 'below')}: a part of the path is not a folder`);
    expect(fault?.hint).toMatch(/PHYRLAB_CACHE.*PHYRLAB_RUNS/);
  });

  it.each(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC', 'EDQUOT'])('%s', (code) => {
    const error = Object.assign(new Error(code), { code });
    expect(hostFault(error, 'do this')).toMatchObject({
      message: expect.stringMatching(/^cannot write: /),
      hint: 'do this',
    });
    expect(isDenied(error)).toBe(['EACCES', 'EPERM', 'EROFS'].includes(code));
  });

  it('says whose a folder is that is not ours', () => {
    const path = process.getuid?.() === 0 ? '/proc/1/x' : '/x';
    const fault = hostFault(Object.assign(new Error('no'), { code: 'EACCES', path }));
    const ours = process.getuid?.() === 0;
    expect(fault?.message).toBe(`cannot use ${path}: permission denied${ours ? '' : ' (/ belongs to root)'}`);
  });

  it('has no such program', async () => {
    const [error] = await once(spawn('no-such-program'), 'error');
    expect(hostFault(error)?.message).toBe('no-such-program is not installed on this host');
  });

  it('is nothing else', () => {
    expect(hostFault(thrown(() => mkdirSync(join(scratch, 'no', 'such', 'folder'))))).toBeUndefined();
    expect(hostFault(new TypeError('a mistake of ours'))).toBeUndefined();
    expect(hostFault(undefined)).toBeUndefined();
  });
});
