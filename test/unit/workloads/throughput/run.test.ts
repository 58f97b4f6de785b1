import { describe, expect, it } from 'vitest';
import { noIommu } from '../../../../harness/machines.js';
import { switched } from '../../../../harness/topologies.js';
import type { Answer, Lab } from '../../../../src/guest/lab.js';
import { measureName } from '../../../../src/model/index.js';
import type { Cell, Workload } from '../../../../src/workloads/index.js';
import type { FioLoad } from '../../../../src/workloads/throughput/declaration.js';
import { run as throughput } from '../../../../src/workloads/throughput/run.js';

const load: FioLoad = { name: 'deep', op: 'randread', blockSize: 4096, depth: 16 };
const side = (iops: number) => ({
  iops,
  bw_bytes: iops * 4096,
  clat_ns: { percentile: { '50.000000': 1e9 / iops, '99.000000': 2e9 / iops } },
});
const job = (jobname: string, iops: number, error = 0) => ({ jobname, error, read: side(iops), write: side(1) });
const counters = {
  swiotlb_used: 0,
  tainted: 0,
  slab: {},
  modules: {},
  pins: { acquired: 0, released: 0 },
  allocations: { objects: 0, bytes: 0, sites: [] },
  vmalloc: 0,
  dma_bufs: 0,
};
const iommu = {
  map_events: 0,
  map_bytes: 0,
  unmap_events: 0,
  unmap_bytes: 0,
  iova_alloc_events: 0,
  iova_free_events: 0,
};
const counted = { counters: { ...counters, iommu } };

/** A guest whose fio says this; what it was given to do is kept. */
function guest(jobs: ReturnType<typeof job>[]) {
  let jobFile = '';
  const lab = {
    bind: async () => '/dev/phyr0',
    unbind: async () => {},
    ask: async (_: unknown, command: string) => ({ op: command.split(' ')[1], bytes: 1 << 20, bad: 0 }),
    run: async (_: string, { stdin }: { stdin?: string } = {}): Promise<Answer> => {
      jobFile = stdin ?? jobFile;
      return { code: 0, lines: [counted, { jobs }, counted], stderr: '' };
    },
  } as unknown as Lab;
  const workload = { id: 'x', kind: 'throughput' as const, loads: [load], ms: 100, rounds: 2 } satisfies Workload;
  const cell = { machine: noIommu, topology: switched, seed: 1 } as Cell;
  const context = {
    cell,
    workload,
    lab,
    dut: 'dut',
    dutFile: '',
    slot: {} as never,
    peers: new Map(),
    bdf: () => 'ref',
    folder: '',
    ioPages: async () => undefined,
  };
  return { result: throughput(context), jobFile: () => jobFile };
}

describe('throughput', () => {
  const good = [job('deep.ours.0', 110), job('deep.theirs.0', 100), job('deep.theirs.1', 200), job('deep.ours.1', 180)];

  it('is what ours is of theirs in the same round', async () => {
    const { metrics, workload } = await guest(good).result;
    const figure = (name: string) => metrics.find((metric) => measureName(metric) === name);
    expect(figure("deep IOPS, of nvme's")?.samples).toEqual([1.1, 0.9]);
    expect(figure("deep IOPS, of nvme's")).toMatchObject({ value: 1, better: 'higher', unit: 'x' });
    expect(figure("deep p99, of nvme's")).toMatchObject({ better: 'lower' });
    expect(figure('deep IOPS of nvme')).toMatchObject({ samples: [100, 200], better: 'neither' });
    expect(workload.detail).toContain('emulated time is not hardware time');
  });

  it('takes turns at being the first', async () => {
    const { result, jobFile } = guest(good);
    await result;
    expect(
      [...jobFile().matchAll(/^\[deep\.(\w+\.\d)\]\nstonewall\nfilename=\$\{(\w+)\}/gm)].map(([, a, b]) => `${a} ${b}`),
    ).toEqual(['ours.0 OURS', 'theirs.0 THEIRS', 'theirs.1 THEIRS', 'ours.1 OURS']);
  });

  it('is none where fio failed or left a turn out', async () => {
    expect((await guest([...good.slice(0, 3), job('deep.ours.1', 1, 5)]).result).workload).toMatchObject({
      verdict: 'fail',
    });
    await expect(guest(good.slice(1)).result).rejects.toThrow(/fio's result lacks deep.ours.0/);
  });
});
