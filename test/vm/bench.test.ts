/** Measuring: the same digits each time, a planted slowdown that the gate catches and names, others' sources against ours. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunks64k, fragmented } from '../../harness/layouts.js';
import { noIommu, vtdStrictCounting } from '../../harness/machines.js';
import { switched } from '../../harness/topologies.js';
import type { Suite } from '../../src/workloads/index.js';
import { Sandbox } from './support/phyrlab.js';

/** Little of all that is measured, so that it takes a few seconds. */
const mini: Suite = {
  id: 'mini',
  describe: 'little of all that is measured',
  blocks: [
    {
      machines: [vtdStrictCounting],
      topologies: [switched],
      workloads: [
        {
          id: 'mini-map',
          kind: 'map-cost',
          points: [
            { layout: fragmented, kib: 1024 },
            { layout: chunks64k, kib: 64 },
          ],
        },
        { id: 'mini-io', kind: 'io-cost', sizesKiB: [4] },
      ],
      backends: ['phyr8'],
    },
    {
      machines: [noIommu],
      topologies: [switched],
      workloads: [
        {
          id: 'mini-fio',
          kind: 'throughput',
          ms: 100,
          rounds: 2,
          loads: [{ name: 'randread-4k', op: 'randread', blockSize: 4096, depth: 4 }],
        },
      ],
      backends: ['iter'],
    },
  ],
};
const CELL = 'vtd-strict-icount/switch/mini-map/phyr8';

let box: Sandbox;
let scenarios: string;
let slow: string;
beforeAll(async () => {
  box = await Sandbox.create();
  scenarios = join(box.folder, 'scenarios');
  await mkdir(scenarios);
  await writeFile(join(scenarios, 'mini.js'), `export default ${JSON.stringify(mini)};`);
  slow = slowed(join(box.folder, 'slow'));
});
afterAll(() => box[Symbol.asyncDispose]());

/** Our modules with nine instructions more for each chunk that is mapped: one in a hundred of 256 pages. */
function slowed(dir: string): string {
  cpSync(join(import.meta.dirname, '..', '..', 'guest'), dir, { recursive: true });
  const file = join(dir, 'phyr', 'dma', 'map.c');
  const text = readFileSync(file, 'utf8');
  const from = '\tmap->list = list;\n';
  expect(text.split(from)).toHaveLength(2);
  const loop = '\tfor (u32 i = 0; i < list->nr; i++)\n\t\tasm volatile("nop; nop; nop; nop; nop; nop");\n';
  writeFileSync(file, text.replace(from, loop + from));
  return dir;
}

const bench = (...args: string[]) => box.run(['bench', ...args, '--scenarios', scenarios]);
const histories = () => readdirSync(join(box.folder, 'runs', '.history'));

describe('phyrlab bench', () => {
  it('counts the same to the digit, and the gate sees nothing', async () => {
    const { code, out } = await bench(CELL, 'vtd-strict-icount/switch/mini-io/phyr8', '--check-determinism');
    expect(out).toMatch(/\n\d+ counts, 2 runs: all identical$/);
    expect(code).toBe(0);
    const gate = await box.run(['perf', 'gate']);
    expect(gate.out).toMatch(/^\d+ series: \d+ same$/);
    expect(gate.code).toBe(0);
  });

  it('catches a slowdown of one percent in mapping, and names what got slower', async () => {
    expect((await bench(CELL, '--guest', slow)).code).toBe(0);
    const { code, out } = await box.run(['perf', 'gate']);
    const worse = out.split('\n').filter((line) => line.startsWith('worse!'));
    expect(worse.join('\n')).toMatch(/\+(0\.9|1\.0)\d % +vtd-strict-icount\/switch\/mini-map\/phyr8 4k 1 MiB map /);
    expect(worse.every((line) => / map /.test(line))).toBe(true);
    expect(code).toBe(1);
  });

  it("measures others' sources against ours, and remembers neither", async () => {
    const before = histories();
    const { code, out } = await bench(CELL, '--against', slow);
    expect(out).toMatch(/worse! +\+\S+ % +vtd-strict-icount\/switch\/mini-map\/phyr8 4k 1 MiB map/);
    expect(code).toBe(1);
    expect(histories()).toEqual(before);
  });

  it('shows throughput as a ratio, and says that its time is emulated', async () => {
    const { code, out } = await bench('no-iommu/switch/mini-fio/iter');
    expect(out).toMatch(/randread-4k IOPS, of nvme's +\d+\.\d+ \(\d+\.\d+ to \d+\.\d+\)/);
    expect(out).toMatch(/the times\s+are\s+emulated/);
    expect(code).toBe(0);
  });

  it('refuses what it cannot hold against ours in one line', async () => {
    const { code, err } = await bench(CELL, '--against', 'no-such-thing');
    expect(err).toMatch(/^phyrlab: 'no-such-thing' is neither a folder/);
    expect(code).toBe(64);
  });
});
