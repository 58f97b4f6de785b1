import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as machines from '../../../harness/machines.js';
import { register4k, registerEdu } from '../../../harness/suites/register.js';
import { pairs } from '../../../harness/suites/vfio.js';
import type { Machine, Register } from '../../../src/model/index.js';
import { judgeData, stamped } from '../../../src/oracle/index.js';
import { REGION_REFUSALS } from '../../../src/plan/index.js';
import type { Lab } from '../../../src/run/lab.js';
import { register } from '../../../src/run/workloads/register.js';

const PAGE = 4096;
const KIB = 64;

/** A guest that does its work, but for `wrong`. */
async function run(
  workload: Register,
  machine: Machine,
  wrong: {
    registered?: object;
    refusal?: Record<string, string | null>;
    load?: object;
    content?: (memory: Buffer) => void;
    processes?: number;
  } = {},
) {
  const commands: string[] = [];
  const bytes = KIB * 1024;
  const frames = Array.from({ length: 16 }, (_, i) => `${(0x1000 + 2 * i).toString(16)}+1`).join(' ');
  const lines = (command: string): unknown[] => {
    if (!command.startsWith('region run')) return [];
    const pages = (command.split(' ').at(-1) ?? '').split(',').map(Number);
    const memory = stamped(0, bytes, 77, 1);
    const word =
      workload.engine === 'edu'
        ? Buffer.from(memory.subarray(7 * PAGE, 8 * PAGE))
        : Buffer.alloc(PAGE, Buffer.from([0x78, 0x56, 0x34, 0x12]));
    for (const page of pages) word.copy(memory, page * PAGE);
    wrong.content?.(memory);
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
    const refusals = { ...REGION_REFUSALS, ...wrong.refusal };
    return [
      { registered },
      ...Array.from({ length: wrong.processes ?? workload.processes }, () => ({ user: { errno: null } })),
      ...Object.entries(refusals).map(([what, errno]) => ({ refusal: { what, errno } })),
      { sha256: createHash('sha256').update(memory).digest('hex') },
    ];
  };
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
    cell: { machine, topology: pairs, seed: 77 } as never,
    workload: { ...workload, kib: KIB },
    lab,
    dut: '',
    dutFile: '',
    slot: {} as never,
    peers: new Map(),
    bdf: () => '0000:00:03.0',
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
    expect(result.translation).toMatchObject({ verdict: 'pass' });
    expect(commands.at(-1)).toBe('lab engine unload');
  });

  it('fails where the device is told of larger or smaller blocks than there are', async () => {
    const { result } = await run(register4k, machines.noIommu, { registered: { block: 2 ** 21 } });
    expect(result.translation).toMatchObject({ verdict: 'fail', detail: 'registered: block 2097152, due 4096' });
  });

  it('fails where a byte is not what the engine wrote', async () => {
    const { data } = await run(register4k, machines.vtdStrict, { content: (memory) => memory.fill(0, 0, 1) });
    expect(data.verdict).toBe('fail');
  });

  it.each([
    [{ refusal: { 'use after deregistering': null } }, /use after deregistering: went through, due ENOENT/],
    [{ refusal: { deregister: 'EBUSY' } }, /deregister: EBUSY, due success/],
    [{ load: { late: true } }, /after deregistering had returned/],
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
