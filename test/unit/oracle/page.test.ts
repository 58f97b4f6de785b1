/** What the page on oracles says of the code in words that age. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { kindOf, type Workload } from '../../../src/workloads/index.js';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'src', 'oracle', 'README.md'), 'utf8');
const workloads = suites.flatMap(({ blocks }) => blocks.flatMap((block) => block.workloads));

function named(pattern: RegExp): string[] {
  const [, said = ''] = pattern.exec(page) ?? [];
  return [...said.matchAll(/`([\w-]+)`/g)].flatMap(([, name]) => name ?? []).sort();
}

function kindsOf(takes: (workload: Workload) => boolean): string[] {
  return [...new Set(workloads.filter(takes).map(({ kind }) => kind))].sort();
}

it('names the kinds of workloads in which the device is watched', () => {
  expect(named(/It looks in workloads of the kinds ([^;]*?), and in `fio-verify` with `deviceTrace`/)).toEqual(
    kindsOf((workload) => kindOf(workload).watched(workload) && workload.kind !== 'fio-verify'),
  );
});

it('names the kinds of workloads that provoke faults', () => {
  const folder = join(root, 'src', 'workloads');
  const kinds = readdirSync(folder)
    .map((kind) => ({ kind, run: join(folder, kind, 'run.ts') }))
    .filter(({ run }) => existsSync(run) && /\bprovoked: /.test(readFileSync(run, 'utf8')))
    .map(({ kind }) => kind)
    .sort();
  expect(named(/a workload provokes: those of the kinds (.*?) do/)).toEqual(kinds);
});
