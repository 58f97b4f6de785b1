/** dma-bufs in the workload ctl-io, with a guest that is played: what of it the host notices in the peer's memory, and whose fault is what. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noIommuP2p } from '../../../../harness/machines.js';
import type { Lab } from '../../../../src/guest/lab.js';
import { judgeData, stamped } from '../../../../src/oracle/index.js';
import { type CtlIo, CtlIo as Schema } from '../../../../src/workloads/ctl-io/declaration.js';
import { run as ctlIo } from '../../../../src/workloads/ctl-io/run.js';
import { overwrite } from '../../../../src/workloads/shared/host-file.js';
import type { Range } from '../../../../src/workloads/shared/ranges.js';

let folder: string;
let dutFile: string;
let barFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-shared-'));
  [dutFile, barFile] = [join(folder, 'dut'), join(folder, 'bar')];
  await writeFile(dutFile, Buffer.alloc(16 << 20));
  await writeFile(barFile, Buffer.alloc(8 << 20));
});
afterEach(() => rm(folder, { recursive: true }));

const workload = (via: CtlIo['via'][number]): CtlIo =>
  Schema.parse({
    id: 'x',
    kind: 'ctl-io',
    memory: 'peer-page-less',
    peer: 'far',
    via: [via],
    ranges: 'backwards',
    threads: 2,
    sizeKiB: 1024,
    revoke: true,
  });

const REFUSED = { error: 'register: x', errno: 'EADDRINUSE' };

/** `place`: what the guest does with the ranges that it reads into. */
async function run(
  via: CtlIo['via'][number],
  place: (ranges: Range[]) => Range[],
  { refused = false, wrong = 0 } = {},
) {
  const lab = {
    bind: async () => '/dev/phyr0',
    unbind: async () => {},
    run: async (command: string) => {
      const [, step, , bytes = '', seed = ''] = command.split(' ');
      if (step === 'refuse') return { code: 0, lines: [{ op: 'refuse', asked: 9, wrong }], stderr: '' };
      if (step !== 'ctl-io') return { code: 0, lines: [], stderr: '' };
      if (refused) return { code: 0, lines: [REFUSED, REFUSED], stderr: '' };
      const size = Number(bytes);
      await overwrite(dutFile, 0, stamped(0, size, Number(seed), 1));
      const secret = (await readFile(dutFile)).subarray(size, 2 * size);
      const sha256 = createHash('sha256').update(secret).digest('hex');
      return { code: 0, lines: [{ op: 'write', bytes: size }, { sha256 }], stderr: '' };
    },
    ask: async (schema: { parse(value: unknown): unknown }, command: string) => {
      const [, step, , from, memory = ''] = command.split(' ');
      if (step === 'revoke')
        return schema.parse({ done: 9, refused: 3, late: 0, other: 0, errno: '0', unregister: '0' });
      let at = Number(from);
      const disk = await readFile(dutFile);
      const asked = (memory.split(':').at(-1) ?? '').split(',').map((text): Range => {
        const [offset = 0, len = 0] = text.split('+').map(Number);
        return { offset, len };
      });
      for (const { offset, len } of place(asked)) {
        await overwrite(barFile, offset, disk.subarray(at, at + len));
        at += len;
      }
      return schema.parse({ op: 'place', bytes: asked.reduce((sum, { len }) => sum + len, 0) });
    },
  } as unknown as Lab;
  const result = await ctlIo({
    cell: { machine: noIommuP2p, seed: 77, expect: { kind: 'works', how: 'direct' } } as never,
    workload: workload(via),
    lab,
    dut: '0000:03:00.0',
    dutFile,
    slot: {} as never,
    folder: '',
    ioPages: async () => undefined,
    peers: new Map([
      ['far', { bdf: '0000:06:00.0', file: barFile, driver: 'phyr_peer' as const, look: async () => {} }],
    ]),
    bdf: () => '0000:03:00.0',
  });
  return { result, data: await judgeData(result.data ?? []) };
}

describe('a dma-buf of several ranges', () => {
  it('passes where every range is as due, and nothing between them was touched', async () => {
    const { result, data } = await run('dma-buf', (ranges) => ranges);
    expect(result.workload).toMatchObject({ verdict: 'pass' });
    expect(data).toMatchObject({ verdict: 'pass' });
    expect(result.moved).toBe((2 << 20) + (512 << 10));
  });

  it('does not with two ranges exchanged, one dropped, or one too long', async () => {
    const exchanged = await run('dma-buf', ([a, b, ...rest]) => [b, a, ...rest] as Range[]);
    expect(exchanged.data).toMatchObject({ verdict: 'fail', detail: expect.stringMatching(/range 0 of 4/) });
    const dropped = await run('dma-buf', (ranges) => ranges.slice(0, -1));
    expect(dropped.data).toMatchObject({ verdict: 'fail', detail: expect.stringMatching(/range 3 of 4/) });
    const long = await run('dma-buf', (ranges) => [...ranges, { offset: 64 << 10, len: 4096 }]);
    expect(long.data).toMatchObject({ verdict: 'fail', detail: expect.stringMatching(/between its ranges/) });
  });

  it('does not where its exporter accepts what it must refuse', async () => {
    const { result } = await run('dma-buf', (ranges) => ranges, { wrong: 1 });
    expect(result.workload).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('1 of 9 invalid requests'),
    });
  });

  it("is a finding where the kernel's own helper refuses it, and no claim of ours", async () => {
    const sg = await run('dma-buf-sg', (ranges) => ranges, { refused: true });
    expect(sg.result.workload).toMatchObject({
      verdict: 'pass',
      kernel: [
        { code: 'refused-unduly', where: { via: 'dma-buf-sg', step: 'write', errno: 'EADDRINUSE' } },
        { code: 'refused-unduly', where: { via: 'dma-buf-sg', step: 'read', errno: 'EADDRINUSE' } },
      ],
    });
    expect(sg.data.verdict).toBe('pass');
    expect(sg.result.moved).toBe(0);
    const list = await run('dma-buf', (ranges) => ranges, { refused: true });
    expect(list.result.workload.verdict).toBe('fail');
  });
});
