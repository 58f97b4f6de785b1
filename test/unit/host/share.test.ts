import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { between, type Sample, sample } from '../../../src/host/share.js';
import { temporaryDir } from '../images/fixtures.js';

const nothing: Sample = { threads: new Map(), stopped: false, wanted: 0, stolen: 0, blocked: 0, sinceBoot: 0 };
const at = (ms: number, changes: Partial<Sample> = {}): Sample => ({ ...nothing, sinceBoot: ms, ...changes });
const threads = (...all: [number, number][]) =>
  new Map(all.map(([ran, waited], i) => [String(i), { ran, waited }] as const));
const withheld = (changes: Partial<Sample>) => Math.round(between(at(0), at(1_000, changes), 1_000).withheld);

it('reads what procfs has, of several threads and a name with blanks', () => {
  const proc = temporaryDir();
  const files = {
    '7/task/7/schedstat': '1000000 2000000 3\n',
    '7/task/9/schedstat': '5000000 6000000 1\n',
    '7/stat': '7 (qemu (a) T b) S 1 7 7 0 -1 4194304 0',
    stat: 'cpu  10 1 4 900 20 1 2 8 3 0\ncpu0 1 1 1 1\n',
    'pressure/io':
      'some avg10=0.00 avg60=0.00 avg300=0.00 total=9\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=4000\n',
    uptime: '12.50 9.00\n',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(proc, name)), { recursive: true });
    writeFileSync(join(proc, name), text);
  }
  expect(sample([7], proc)).toEqual({
    threads: new Map([
      ['7', { ran: 1, waited: 2 }],
      ['9', { ran: 5, waited: 6 }],
    ]),
    stopped: false,
    wanted: 26,
    stolen: 8,
    blocked: 4,
    sinceBoot: 12_500,
  });
  writeFileSync(join(proc, '7/stat'), '7 (qemu) T 1 7');
  expect(sample([7], proc).stopped).toBe(true);
  expect(sample([8], temporaryDir())).toEqual(nothing);
});

it('sees a process of this host stopped and going on', async () => {
  const child = spawn('sleep', ['60']);
  const { pid = 0 } = child;
  try {
    const state = async (stopped: boolean) => {
      for (let i = 0; i < 200 && sample([pid]).stopped !== stopped; i++) await new Promise((r) => setTimeout(r, 10));
      return sample([pid]).stopped;
    };
    expect(await state(false)).toBe(false);
    child.kill('SIGSTOP');
    expect(await state(true)).toBe(true);
    child.kill('SIGCONT');
    expect(await state(false)).toBe(false);
    expect(sample([process.pid]).threads.size).toBeGreaterThan(1);
    expect(sample([process.pid]).sinceBoot).toBeGreaterThan(1);
  } finally {
    child.kill('SIGKILL');
  }
});

it('takes off what was waited for, whoever waited', () => {
  expect(withheld({ threads: threads([1_000, 0]) })).toBe(0);
  // Two that always have work get a tenth each.
  expect(withheld({ threads: threads([100, 900], [100, 900]) })).toBe(900);
  // Two that work in turns get a tenth of their turn.
  expect(withheld({ threads: threads([50, 450], [50, 450]) })).toBe(900);
  // One that mostly has nothing to do waited a little.
  expect(withheld({ threads: threads([1, 9]) })).toBe(9);
  expect(withheld({ threads: threads([0, 1_000]) })).toBe(1_000);
});

it('takes off what a machine below keeps, and what a disk keeps from all', () => {
  expect(withheld({ threads: threads([1_000, 0]), wanted: 200, stolen: 150 })).toBe(750);
  expect(withheld({ blocked: 600 })).toBe(600);
  expect(withheld({ threads: threads([100, 900]), blocked: 600 })).toBe(1_000);
});

it('tells that a host slept from the grain of its counters', () => {
  expect(between(at(0), at(1_010), 1_000).suspended).toBe(0);
  expect(between(at(0), at(61_000), 1_000).suspended).toBe(60_000);
});
