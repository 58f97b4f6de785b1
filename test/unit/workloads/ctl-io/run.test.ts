/** The workload ctl-io with a guest that is played: what it leaves for the oracles, and what it objects to itself. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vtdStrict, vtdStrictReserved } from '../../../../harness/machines.js';
import { ctlBoth, ctlPageless, ctlPeers } from '../../../../harness/workloads.js';
import type { Lab } from '../../../../src/guest/lab.js';
import type { Expectation, Machine } from '../../../../src/model/index.js';
import { judgeData, stamped } from '../../../../src/oracle/index.js';
import type { CtlIo } from '../../../../src/workloads/ctl-io/declaration.js';
import { run as ctlIo } from '../../../../src/workloads/ctl-io/run.js';
import type { Workload } from '../../../../src/workloads/index.js';
import { overwrite } from '../../../../src/workloads/shared/host-file.js';

let folder: string;
let dutFile: string;
let peerFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-ctl-'));
  [dutFile, peerFile] = [join(folder, 'dut'), join(folder, 'peer')];
  for (const file of [dutFile, peerFile]) await writeFile(file, Buffer.alloc(8 << 20));
});
afterEach(() => rm(folder, { recursive: true }));

interface Played {
  /** What the guest does for the nth memory: the lines it prints. */
  memory?: (n: number, bytes: number, seed: number) => Promise<object[]>;
  revoke?: object;
}

/** What a sound guest does. */
async function sound(n: number, bytes: number, seed: number): Promise<object[]> {
  const at = 2 * n * bytes;
  await overwrite(dutFile, at, stamped(at, bytes, seed, n + 1));
  const secret = (await readFile(dutFile)).subarray(at + bytes, at + 2 * bytes);
  return [{ op: 'write', bytes }, { sha256: createHash('sha256').update(secret).digest('hex') }];
}

async function run(workload: Workload, played: Played = {}, machine: Machine = vtdStrict, refused?: string) {
  const commands: string[] = [];
  const lab = {
    bind: async (bdf: string, driver: string) => {
      commands.push(`bind ${bdf} ${driver}`);
      return '/dev/phyr0';
    },
    unbind: async (bdf: string) => void commands.push(`unbind ${bdf}`),
    run: async (command: string) => {
      commands.push(command);
      const [, step, , bytes, seed, , ...memory] = command.split(' ');
      if (step !== 'ctl-io') return { code: 0, lines: [], stderr: '' };
      const lines = [];
      for (const n of memory.keys()) lines.push(...(await (played.memory ?? sound)(n, Number(bytes), Number(seed))));
      return { code: 0, lines, stderr: '' };
    },
    ask: async (schema: { parse(value: unknown): unknown }, command: string) => {
      commands.push(command);
      return schema.parse(played.revoke);
    },
  } as unknown as Lab;
  const expected: Expectation =
    refused === undefined ? { kind: 'works', how: 'direct' } : { kind: 'refused', errno: refused };
  const result = await ctlIo({
    cell: { machine, seed: 77, expect: expected } as never,
    workload: workload as CtlIo,
    lab,
    dut: '0000:03:00.0',
    dutFile,
    slot: {} as never,
    peers: new Map([
      ['far', { bdf: '0000:06:00.0', file: peerFile, driver: 'phyr_peer' as const, look: async () => {} }],
    ]),
    bdf: () => '0000:03:00.0',
    folder: '',
    ioPages: async () => undefined,
  });
  return { result, commands, data: await judgeData(result.data ?? []) };
}

describe('ctl-io', () => {
  it('passes a guest that does its work, and claims all bytes of it', async () => {
    const { result, commands, data } = await run(ctlBoth);
    expect(result.workload).toMatchObject({ verdict: 'pass' });
    expect(data).toMatchObject({ verdict: 'pass', detail: '4 MiB as expected' });
    expect(result.moved).toBe(4 << 20);
    expect(commands).toEqual([
      'bind 0000:03:00.0 phyr_nvme',
      'lab ctl-io /dev/phyr0-ctl 1048576 77 2 user buffer',
      'unbind 0000:03:00.0',
    ]);
  });

  it('finds a stretch that was not written, and bytes that were not read', async () => {
    const lazy = async (n: number, bytes: number, seed: number) =>
      n === 0 ? sound(n, bytes, seed) : [{ op: 'write', bytes }, { sha256: '0'.repeat(64) }];
    const { result, data } = await run(ctlBoth, { memory: lazy });
    expect(result.workload.verdict).toBe('pass');
    expect(data).toMatchObject({ verdict: 'fail', detail: expect.stringContaining('registered: written') });
    const blind = async (n: number, bytes: number, seed: number) => [
      ...(await sound(n, bytes, seed)).slice(0, 1),
      { sha256: '0'.repeat(64) },
    ];
    expect((await run(ctlBoth, { memory: blind })).data.detail).toMatch(/only the host knew/);
  });

  it('objects to an error, and to I/O that should have been refused', async () => {
    const error = { error: 'write of 512 bytes at 0: x', errno: 'EREMOTEIO' };
    const all = async () => [error, error];
    expect((await run(ctlBoth, { memory: all })).result.workload).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('direct write: EREMOTEIO, expected 1048576 bytes'),
    });
    const far = ctlPeers.find(({ id }) => id === 'ctl-far');
    if (far === undefined) throw new TypeError('no ctl-far');
    const refused = await run(far, { memory: all }, vtdStrict, 'EREMOTEIO');
    expect(refused.result).toMatchObject({ workload: { verdict: 'pass' }, moved: 0 });
    expect(refused.data.verdict).toBe('pass');
    expect(refused.commands.slice(-2)).toEqual(['unbind 0000:03:00.0', 'unbind 0000:06:00.0']);
    const through = await run(far, {}, vtdStrict, 'EREMOTEIO');
    expect(through.result.workload.detail).toMatch(/read: went through, expected EREMOTEIO/);
    expect(through.data.verdict).toBe('fail');
  });

  it('takes page-less memory back, and minds I/O after that', async () => {
    const revoke = { done: 9, refused: 3, late: 0, other: 0, errno: '0', unregister: '0' };
    const good = await run(ctlPageless, { revoke }, vtdStrictReserved);
    expect(good.result).toMatchObject({ workload: { verdict: 'pass' } });
    expect(good.commands[0]).toBe('lab store 0x30000000 134217728');
    expect(good.commands.at(-1)).toBe('rmmod phyr_store');
    for (const change of [
      { late: 1 },
      { refused: 0 },
      { done: 0 },
      { other: 1, errno: 'EIO' },
      { unregister: 'EINVAL' },
    ]) {
      const bad = await run(ctlPageless, { revoke: { ...revoke, ...change } }, vtdStrictReserved);
      expect(bad.result.workload.verdict, JSON.stringify(change)).toBe('fail');
    }
  });
});
