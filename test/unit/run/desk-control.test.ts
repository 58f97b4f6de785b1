import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/model/index.js';
import { askDesk, deskFolder, desks, serveDesk } from '../../../src/run/desk-control.js';

const runs = mkdtempSync(join(tmpdir(), 'phyrlab-desk-'));
afterAll(() => rmSync(runs, { recursive: true, force: true }));

describe('the guest of another terminal', () => {
  it('is found and asked, and nothing is left of it', async () => {
    {
      await using folder = await deskFolder(runs);
      await using _served = await serveDesk(folder.path, async (ask) => (ask === 'cell' ? 'm/t/w/b' : 'reloaded a.ko'));
      expect(await desks(runs)).toEqual([{ folder: folder.path, cell: 'm/t/w/b' }]);
      expect(await askDesk(folder.path, 'reload')).toBe('reloaded a.ko');
    }
    expect(readdirSync(join(runs, '.desk'))).toEqual([]);
  });

  it('says why it does not, and what to do', async () => {
    await using folder = await deskFolder(runs);
    await using _served = await serveDesk(folder.path, async () => {
      throw new UsageError('a.c:3: error', 'correct it');
    });
    await expect(askDesk(folder.path, 'reload')).rejects.toThrow('a.c:3: error\n  correct it');
  });

  it('that never ends its line is heard so far, and no further', async () => {
    await using folder = await deskFolder(runs);
    const endless = createServer((socket) =>
      socket
        .resume()
        .on('error', () => {})
        .write('x'.repeat((1 << 20) + 1)),
    );
    await new Promise<void>((resolve) => endless.listen(join(folder.path, 'control'), resolve));
    await expect(askDesk(folder.path, 'cell')).rejects.toThrow('the request is too large');
    await new Promise((resolve) => endless.close(resolve));
  });

  it('that was killed is not found, and its folder goes with the next', async () => {
    await mkdir(join(runs, '.desk', '4194999-dead'), { recursive: true });
    expect(await desks(runs)).toEqual([]);
    await expect(askDesk(join(runs, '.desk', '4194999-dead'), 'cell')).rejects.toThrow(UsageError);
    await using folder = await deskFolder(runs);
    expect(readdirSync(join(runs, '.desk'))).toEqual([folder.path.slice(folder.path.lastIndexOf('/') + 1)]);
  });
});
