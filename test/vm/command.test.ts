/** Commands of a user's: what each does to its cell's verdict, and that nothing of it stays in the guest, which all of them share. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CellRecord } from '../../src/model/index.js';
import { Sandbox } from './support/phyrlab.js';

const HARNESS = join(import.meta.dirname, '../../harness');
const SUITES = `import { vtdStrict } from '${HARNESS}/machines.ts';
import { switched } from '${HARNESS}/topologies.ts';
const command = (id: string, run: string, more = {}) => ({ id, kind: 'command', run, movesKiB: 0, ...more });
const read = 'dd if=$DUT of=/dev/null bs=4k count=8 iflag=direct';
const suite = (id: string, workloads: object[], backends = ['phyr8']) => ({
  id,
  describe: id,
  blocks: [{ machines: [vtdStrict], topologies: [switched], workloads, backends }],
});
export default [
  suite('verdicts', [
    command('reads', read, { movesKiB: 32, disk: { fillKiB: 64, after: 'unchanged' } }),
    command('moves-nothing', 'true', { movesKiB: 4 }),
    command('writes', 'dd if=/dev/zero of=$DUT bs=4k count=1 seek=3 oflag=direct', { disk: { fillKiB: 64, after: 'unchanged' } }),
    command('copies', 'dd if=image of=$DUT oflag=direct bs=4k', {
      files: [{ from: 'image' }],
      disk: { fillKiB: 64, after: { holds: 'image' } },
    }),
    command('tests', 'echo "1..2"; echo "ok 1 one"; echo "not ok 2 two"', { verdict: 'ktap' }),
    command('skips', 'echo no device; exit 4'),
    command('hangs', 'echo begun; sleep 1000', { deadline: 3 }),
    command('floods', 'yes 0123456789012345678901234567890123456789012345678901234567890123', { deadline: 120 }),
    command('leaves', './leave.sh', { files: [{ from: 'leave.sh', program: true }] }),
    command('returns', 'env > $OUT/env; head -c 5000 /dev/zero > $OUT/zeros'),
    command('finds-nothing', '[ -z "$(ls -A . $OUT | grep -v :)" ]'),
    command('lacks', 'true', { files: [{ from: 'lacks.sh', program: true }] }),
  ]),
  suite('stock', [command('reads', read, { disk: { fillKiB: 64, after: 'unchanged' } })], ['nvme']),
  suite('kills', [command('panics', 'echo c > /proc/sysrq-trigger')]),
];
`;

let box: Sandbox;
let own: string[];
beforeAll(async () => {
  box = await Sandbox.create();
  const folder = join(box.folder, 'own');
  await mkdir(folder);
  await writeFile(join(folder, 'suites.ts'), SUITES);
  await writeFile(join(folder, 'image'), Buffer.alloc(65_536, 'phyrlab '));
  await writeFile(
    join(folder, 'leave.sh'),
    '#!/bin/bash\nset -e\nmkfs.ext4 -q $DUT\nmkdir -p /mnt/left\nmount $DUT /mnt/left\necho a > /mnt/left/a\nsleep 1000 &\n',
  );
  await writeFile(join(folder, 'lacks.sh'), '#!/usr/bin/env no-such-language\n');
  own = ['--scenarios', folder];
});
afterAll(() => box[Symbol.asyncDispose]());

it('each command gets the verdict that is due, and leaves a guest for the next', { timeout: 400_000 }, async () => {
  // A cell that is lost since the host stopped its guest says nothing of the command.
  const { result } = await box.cells(['verdicts', ...own, '--jobs', '1', '--retries', '2']);
  const cells = new Map(result.cells.map((cell) => [cell.workload, cell]));
  const of = (workload: string): CellRecord => {
    const cell = cells.get(workload);
    if (cell === undefined) throw new Error(`no cell ${workload}`);
    return cell;
  };
  const kept = (workload: string, file: string) =>
    join(box.folder, 'runs', result.run.id, of(workload).evidence ?? '', file);
  const verdicts = Object.fromEntries(result.cells.map(({ workload, verdict }) => [workload, verdict]));
  expect(verdicts).toEqual({
    reads: 'pass',
    'moves-nothing': 'inconclusive',
    writes: 'fail',
    copies: 'pass',
    tests: 'fail',
    skips: 'inconclusive',
    hangs: 'fail',
    floods: 'fail',
    leaves: 'pass',
    returns: 'pass',
    'finds-nothing': 'pass',
    lacks: 'lost',
  });
  expect(of('moves-nothing').reason).toMatch(/moved 0 KiB on the disk under test/);
  expect(of('writes').reason).toMatch(/^data: .*first at byte 12288/);
  expect(of('tests').subtests).toEqual([
    { name: 'one', status: 'pass' },
    { name: 'two', status: 'fail' },
  ]);
  expect(of('skips').reason).toMatch(/no device/);
  expect(of('hangs').reason).toMatch(/did not end within 3 s; last line: begun/);
  expect(of('floods').reason).toMatch(/more than 8 MiB/);
  expect((await readFile(kept('floods', 'output.txt'))).length).toBeLessThanOrEqual(8 << 20);
  expect(of('lacks').reason).toMatch(/lacks.sh needs no-such-language/);
  expect(await readFile(kept('hangs', 'output.txt'), 'utf8')).toBe('begun\n');
  const returned = execFileSync('tar', ['-x', '-z', '-O', '-f', kept('returns', 'out.tar.gz'), './env'], {
    encoding: 'utf8',
  });
  expect(returned).toMatch(/^DUT=\/dev\/phyr\d+$/m);
  expect(returned).toMatch(/^SEED=\d+$/m);
  expect(returned).toMatch(/^REF=\/dev\/nvme\d+n1$/m);
  expect(await box.lastEvents()).toContain('leaves left behind: process sleep, mount /mnt/left');
  // The mount of one, and the process that held the output open, were no trouble to those after it.
  expect(of('returns').oracles.every(({ verdict }) => verdict === 'pass')).toBe(true);
});

it("runs on the kernel's own driver, where nothing of ours is watched", async () => {
  const { result } = await box.cells(['stock', ...own, '--jobs', '1']);
  expect(result.cells.map(({ verdict }) => verdict)).toEqual(['pass']);
  expect(result.cells[0]?.oracles.map(({ name }) => name).sort()).toEqual([
    'data',
    'faults',
    'kernel-log',
    'leaks',
    'workload',
  ]);
});

it('that kills the guest fails its cell', async () => {
  const { result } = await box.cells(['kills', ...own, '--jobs', '1']);
  expect(result.cells[0]).toMatchObject({
    verdict: 'fail',
    reason: expect.stringMatching(/sysrq triggered crash|panic/i),
  });
});

it('a script by hand runs where a cell would, with its arguments', async () => {
  const script = join(box.folder, 'by-hand.sh');
  await writeFile(script, '#!/bin/sh\necho "got $*"\n[ -b "$DUT" ] && [ "$2" = "b c" ]\n');
  const args = ['vtd-strict/switch/fio-verify/phyr8', '--script', script, '--backend', 'nvme', '--idle', '--jobs', '1'];
  const { code, out } = await box.run(['run', ...args, '--', 'a', 'b c']);
  expect(out).toMatch(/^pass +vtd-strict\/switch\/by-hand\/nvme /m);
  expect(code).toBe(0);
});
