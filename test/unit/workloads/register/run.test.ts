import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as machines from '../../../../harness/machines.js';
import { enginesAndBars, register4k, registerEdu, registerFar } from '../../../../harness/suites/register.js';
import { enginePairs } from '../../../../harness/suites/vfio.js';
import type { Lab } from '../../../../src/guest/lab.js';
import type { Expectation, Machine } from '../../../../src/model/index.js';
import { blocksDue, judgeData, stamped } from '../../../../src/oracle/index.js';
import type { Register } from '../../../../src/workloads/register/declaration.js';
import { regionRefusals } from '../../../../src/workloads/register/refusals.js';
import { run as register } from '../../../../src/workloads/register/run.js';
import { overwrite } from '../../../../src/workloads/shared/host-file.js';
import type { Range } from '../../../../src/workloads/shared/ranges.js';

const PAGE = 4096;
const KIB = 64;

interface Wrong {
  registered?: object;
  refusal?: Record<string, string | null>;
  load?: object;
  content?: (memory: Buffer, command: string) => void;
  processes?: number;
}

/** What the guest prints that registers a process's memory and uses it. */
function ownLines(command: string, workload: Register, machine: Machine, wrong: Wrong): unknown[] {
  const bytes = KIB * 1024;
  const frames = Array.from({ length: 16 }, (_, i) => `${(0x1000 + 2 * i).toString(16)}+1`).join(' ');
  if (!command.startsWith('region run')) return [];
  const pages = (command.split(' ').at(-1) ?? '').split(',').map(Number);
  const memory = stamped(0, bytes, 77, 1);
  const word =
    workload.engine === 'edu'
      ? Buffer.from(memory.subarray(7 * PAGE, 8 * PAGE))
      : Buffer.alloc(PAGE, Buffer.from([0x78, 0x56, 0x34, 0x12]));
  for (const page of pages) word.copy(memory, page * PAGE);
  wrong.content?.(memory, command);
  const physical = machine.iommu.kind === 'none';
  const registered = {
    chunk: PAGE,
    block: physical ? PAGE : 2 ** 21,
    blocks: physical ? 16 : 1,
    why: physical ? 'boundary' : 'enough',
    at: physical ? PAGE : 0,
    first: physical ? 0x1000000 : 0xff000000,
    bytes: 500,
    frames,
    ...wrong.registered,
  };
  const refusals = { ...regionRefusals({ kind: 'user', memory: '4k', kib: KIB }), ...wrong.refusal };
  return [
    { registered },
    ...Array.from({ length: wrong.processes ?? workload.processes }, () => ({ user: { errno: null } })),
    ...Object.entries(refusals).map(([what, errno]) => ({ refusal: { what, errno } })),
    { sha256: createHash('sha256').update(memory).digest('hex') },
  ];
}

/** A guest that does its work, but for `wrong`. */
async function run(workload: Register, machine: Machine, wrong: Wrong = {}) {
  const commands: string[] = [];
  const lines = (command: string) => ownLines(command, workload, machine, wrong);
  const lab = {
    run: async (command: string) => {
      commands.push(command);
      return { code: 0, lines: lines(command), stderr: '' };
    },
    ask: async (schema: { parse(value: unknown): unknown }, command: string) => {
      commands.push(command);
      const load = { done: 9, refused: 4, other: 0, errno: '0', late: false, deregister: '0', ...wrong.load };
      return schema.parse({ load });
    },
    bind: async () => '',
    unbind: async () => {},
  } as unknown as Lab;
  const result = await register({
    cell: { machine, topology: enginePairs, seed: 77, expect: { kind: 'works', how: 'iova' } } as never,
    workload: { ...workload, from: { kind: 'user', memory: '4k', kib: KIB } },
    lab,
    dut: '',
    dutFile: '',
    slot: {} as never,
    peers: new Map(),
    bdf: () => '0000:00:03.0',
    folder: '',
    ioPages: async () => undefined,
  } as never);
  return { result, commands, data: await judgeData(result.data ?? []) };
}

describe('registered memory', () => {
  it.each([
    [register4k, machines.vtdStrict],
    [register4k, machines.noIommu],
    [registerEdu, machines.vtdStrict],
  ])('passes where all is as it is due: %#', async (workload, machine) => {
    const { result, data, commands } = await run(workload, machine);
    expect([result.workload.verdict, data.verdict]).toEqual(['pass', 'pass']);
    // Behind an IOMMU nobody has looked where the addresses lead, but for the data that came there.
    expect(result.translation).toEqual(
      machine === machines.noIommu ? expect.objectContaining({ verdict: 'pass' }) : 'nothing',
    );
    expect(commands.at(-1)).toBe('lab engine unload');
  });

  it('fails where the device is told of larger or smaller blocks than there are', async () => {
    const { result } = await run(register4k, machines.noIommu, { registered: { block: 2 ** 21 } });
    expect(result.translation).toMatchObject({ verdict: 'fail', detail: 'registered: block 2097152, expected 4096' });
  });

  it('fails where a byte is not what the engine wrote', async () => {
    const { data } = await run(register4k, machines.vtdStrict, { content: (memory) => memory.fill(0, 0, 1) });
    expect(data.verdict).toBe('fail');
  });

  it.each(['sg', 'pages'])("tells what the kernel's way by %s did wrong from what ours did", async (how) => {
    const wrong: Wrong = { content: (memory, command) => command.includes(` ${how}:4k `) && memory.fill(0, 0, 1) };
    const { data, result } = await run(register4k, machines.vtdStrict, wrong);
    expect([result.workload.verdict, data.verdict, data.kernel?.length]).toEqual(['pass', 'pass', 1]);
    expect(data.kernel?.[0]?.detail).toContain(`by ${how}`);
  });

  it.each([
    [{ refusal: { 'use after deregistering': null } }, /use after deregistering: went through, expected ENOENT/],
    [{ refusal: { deregister: 'EBUSY' } }, /deregister: EBUSY, expected success/],
    [{ load: { late: true } }, /ended after it was deregistered/],
    [{ load: { done: 0 } }, /no use before/],
    [{ load: { refused: 0 } }, /no use was refused/],
    [{ load: { other: 3, errno: 'EFAULT' } }, /3 uses failed with EFAULT/],
    [{ processes: 1 }, /1 of 4 processes answered/],
  ])('fails where a step goes wrong: %#', async (wrong, objection) => {
    const { result } = await run(register4k, machines.vtdStrict, wrong);
    expect(result.workload.verdict).toBe('fail');
    expect(result.workload.detail).toMatch(objection);
  });
});

const BAR = 2 ** 40;

let folder: string;
let barFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-register-'));
  barFile = join(folder, 'bar');
  await writeFile(barFile, Buffer.alloc(16 << 20));
});
afterEach(() => rm(folder, { recursive: true }));

/** The guest's part, played: what region prints, and what it leaves in the BAR. */
async function runShared(
  wrong: {
    content?: (memory: Buffer) => void;
    place?: (ranges: Range[]) => Range[];
    /** A page of the BAR that is written besides. */
    stray?: number;
    load?: object;
    revoke?: object;
    errno?: string;
    own?: Wrong;
  } = {},
  due: Expectation = { kind: 'works', how: 'direct' },
  machine = machines.noIommuP2p,
) {
  const commands: string[] = [];
  const region = async (command: string): Promise<unknown[]> => {
    const words = command.split(' ');
    if (words[3] === '4k') return ownLines(command, registerFar, machine, wrong.own ?? {});
    const ranges = (words[3]?.split(':').at(-1) ?? '').split(',').map((text): Range => {
      const [offset = 0, len = 0] = text.split('+').map(Number);
      return { offset, len };
    });
    const bytes = Number(words[4]);
    const memory = stamped(0, bytes, 77, 1);
    const word = Buffer.alloc(PAGE, Buffer.from([0x78, 0x56, 0x34, 0x12]));
    if (wrong.errno === undefined)
      for (const page of (words.at(-1) ?? '').split(',').map(Number)) word.copy(memory, page * PAGE);
    wrong.content?.(memory);
    let at = 0;
    for (const { offset, len } of (wrong.place ?? ((same) => same))(ranges)) {
      await overwrite(barFile, offset, memory.subarray(at, at + len));
      at += len;
    }
    if (wrong.stray !== undefined) await overwrite(barFile, wrong.stray, Buffer.alloc(PAGE));
    if (wrong.errno !== undefined) return [{ refused: { errno: wrong.errno } }];

    const runs = ranges.map(({ offset, len }) => ({ phys: BAR + offset, bytes: len }));
    return [
      { registered: { chunk: 0, ...blocksDue(runs), first: runs[0]?.phys, bytes: 500, frames: '' } },
      ...Array.from({ length: registerFar.processes }, () => ({ user: { errno: null } })),
      ...Object.entries(regionRefusals(registerFar.from)).map(([what, errno]) => ({ refusal: { what, errno } })),
      { sha256: createHash('sha256').update(memory).digest('hex') },
    ];
  };
  const lab = {
    run: async (command: string) => {
      commands.push(command);
      return { code: 0, lines: command.startsWith('region run') ? await region(command) : [], stderr: '' };
    },
    ask: async (schema: { parse(value: unknown): unknown }, command: string) => {
      commands.push(command);
      const fine = { done: 9, refused: 4, other: 0, errno: '0', late: false, deregister: '0' };
      const load = command.startsWith('region revoke')
        ? { ...fine, again: 'ENODEV', ...wrong.revoke }
        : { ...fine, ...wrong.load };
      return schema.parse({ load });
    },
    text: async () => `0x${BAR.toString(16)} 0x${(BAR + (16 << 20) - 1).toString(16)} 0x14220c\n`,
    bind: async () => '',
    unbind: async () => {},
  } as unknown as Lab;
  const result = await register({
    cell: { machine, topology: enginesAndBars, seed: 77, expect: due } as never,
    workload: registerFar,
    lab,
    dut: '',
    dutFile: '',
    slot: {} as never,
    peers: new Map([['far', { bdf: '0000:06:00.0', file: barFile, driver: 'phyr_peer', look: async () => {} }]]),
    bdf: () => '0000:03:00.0',
    folder: '',
    ioPages: async () => undefined,
  });
  return { result, commands, data: await judgeData(result.data ?? []) };
}

describe('a dma-buf of a BAR as registered memory', () => {
  it('passes where each range is as due, and both ways of taking it back go well, on memory of their own', async () => {
    const { result, data, commands } = await runShared();
    expect(result.workload).toMatchObject({ verdict: 'pass', detail: expect.stringMatching(/revoked after 9/) });
    expect([result.translation, data]).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass' }]);
    const used = commands.find((command) => command.startsWith('region run'))?.split(' ')[3];
    const taken = commands.filter((command) => /^region (load|revoke)/.test(command)).map((text) => text.split(' ')[3]);
    expect(taken).toEqual([expect.not.stringContaining(used ?? ''), taken[0]]);
    expect(commands.at(-1)).toBe('lab engine unload');
  });

  it('fails where the host finds other bytes, in its ranges or between them', async () => {
    const other = await runShared({ place: ([a, b, ...rest]) => [b, a, ...rest] as Range[] });
    expect(other.data).toMatchObject({ verdict: 'fail', detail: expect.stringMatching(/range 0 of 4/) });
    const beyond = await runShared({ stray: 64 * 1024 });
    expect(beyond.data).toMatchObject({ verdict: 'fail', detail: expect.stringMatching(/between its ranges/) });
  });

  it.each([
    [{ revoke: { again: '0' } }, /registering revoked memory again: 0, expected ENODEV/],
    [{ revoke: { late: true } }, /a use ended after it was revoked/],
    [{ revoke: { refused: 0 } }, /no use was refused after it was revoked/],
    [{ revoke: { deregister: 'ENOENT' } }, /deregistering memory that was revoked under load: ENOENT/],
    [{ load: { late: true } }, /a use ended after it was deregistered/],
  ])('fails where taking it back goes wrong: %#', async (wrong, objection) => {
    const { result } = await runShared(wrong);
    expect(result.workload).toMatchObject({ verdict: 'fail', detail: expect.stringMatching(objection) });
  });

  it('is refused with the errno that is due, and the memory left alone', async () => {
    const due: Expectation = { kind: 'refused', errno: 'EREMOTEIO' };
    const right = await runShared({ errno: 'EREMOTEIO' }, due);
    expect([right.result.workload.verdict, right.data.verdict]).toEqual(['pass', 'pass']);
    const other = await runShared({ errno: 'EINVAL' }, due);
    expect(other.result.workload).toMatchObject({ verdict: 'fail', detail: 'register: EINVAL, expected EREMOTEIO' });
    const went = await runShared({}, due);
    expect(went.result.workload).toMatchObject({ detail: 'register: went through, expected EREMOTEIO' });
    expect(went.data.verdict).toBe('fail');
  });

  it('is no right refusal where the engine gets at nothing at all', async () => {
    const due: Expectation = { kind: 'refused', errno: 'EREMOTEIO' };
    const right = await runShared({ errno: 'EREMOTEIO' }, due, machines.vtdStrict);
    expect([right.result.workload.verdict, right.data.verdict]).toEqual(['pass', 'pass']);
    const dead = await runShared({ errno: 'EREMOTEIO', own: { processes: 1 } }, due, machines.vtdStrict);
    expect(dead.result.workload).toMatchObject({ verdict: 'fail', detail: '1 of 4 processes answered' });
  });
});
