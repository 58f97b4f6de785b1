import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CellRecord, measureOfName, PrunedCell, partsOfId } from '../../../src/model/index.js';
import { ratiosToSg } from '../../../src/report/costs.js';
import { causesOf } from '../../../src/report/html/causes.js';
import { FORMATS, instructionCosts } from '../../../src/report/index.js';
import { RunEvent } from '../../../src/workloads/index.js';
import { cellRecord, reportOf, resultOf, someRun } from '../run-result.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const OWNER = 'src/model/cell-parts.ts';

/** Ways to take an id apart, or to ask it whether a defect is planted. */
const TAKEN_APART = new RegExp(
  [
    String.raw`\.(?:split|indexOf|lastIndexOf)\(['"][/!]['"]`,
    String.raw`\.(?:includes|endsWith)\(['"]!['"]`,
    String.raw`\.(?:split|match|matchAll|replace)\(/[^/\n]*\[[^\]\n]*[/!][^\]\n]*\]`,
    String.raw`\b(?:id|cellId)\.(?:split|match|matchAll)\(`,
    String.raw`\.(?:test|exec)\((?:\w+\.)?(?:id|cellId)\)`,
  ].join('|'),
  'g',
);

function taking(text: string): string[] {
  return text.match(TAKEN_APART) ?? [];
}

/** That take apart something else: paths of files, and the ids of runs. */
const OTHERS = [
  'src/cli/watch.ts',
  'src/host/cpio.ts',
  'src/images/apt.ts',
  'src/images/lock.ts',
  'src/results/runs.ts',
];

describe('an id', () => {
  it('is taken apart by nobody but who reads old results', () => {
    const files = ['src', 'harness', 'test/measure', 'test/vm'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(?:ts|js|mjs)$/.test(name))
        .map((name) => join(folder, name)),
    );
    expect(files.length).toBeGreaterThan(250);
    const found = files
      .map((file) => ({ file: relative('', file), ways: taking(readFileSync(join(ROOT, file), 'utf8')) }))
      .filter(({ ways }) => ways.length > 0);
    expect(found.find(({ file }) => file === OWNER)?.ways).toHaveLength(2);
    expect(
      found
        .filter(({ file }) => file !== OWNER)
        .map(({ file }) => file)
        .sort(),
    ).toEqual(OTHERS);
  });

  it('would be seen if it were', () => {
    for (const line of [
      "id.split('/')",
      "record.id.split('/').at(-1)",
      "id.includes('!')",
      "cell.slice(cell.lastIndexOf('/'))",
      'id.split(/[/!]/)',
      'id.split(/(?<=[/!])/)',
      '/fio/.test(id)',
    ])
      expect(taking(line), line).toHaveLength(1);
  });

  it('is a name: reports are the same whatever it is', () => {
    const cells = [
      cellRecord({ id: 'm/t/w/sg', verdict: 'fail', reason: 'r', oracles: [reportOf('data', 'fail')] }),
      cellRecord({
        id: 'm/u/w/phyr8!no-pin',
        verdict: 'inconclusive',
        code: 'alarm-unheard',
        reason: 'silent',
        oracles: [],
      }),
      cellRecord({ id: 'n/t/w/sg', metrics: [{ ...measureOfName('map'), unit: 'insn', value: 9, better: 'lower' }] }),
      cellRecord({
        id: 'n/t/w/phyr8',
        metrics: [{ ...measureOfName('map'), unit: 'insn', value: 3, better: 'lower' }],
      }),
      cellRecord({ id: 'o/t/w/sg', metrics: [{ ...measureOfName('fio'), unit: 'ms', value: 9, better: 'lower' }] }),
      cellRecord({ id: 'o/t/w/phyr8', metrics: [{ ...measureOfName('fio'), unit: 'ms', value: 3, better: 'lower' }] }),
    ];
    const opaque = cells.map((cell, at) => ({ ...cell, id: `id${at}`, repro: '' }));
    const backToIds = (text: string) => cells.reduce((all, { id }, at) => all.replaceAll(`id${at}`, id), text);
    const same = (of: (records: CellRecord[]) => unknown) =>
      expect(JSON.parse(backToIds(JSON.stringify(of(opaque))))).toEqual(JSON.parse(JSON.stringify(of(cells))));
    same(causesOf);
    same(instructionCosts);
    same(ratiosToSg);
    expect(instructionCosts(cells)).toHaveLength(1);
    expect(ratiosToSg(cells)).toHaveLength(1);
    const names = (records: CellRecord[]) => FORMATS.junit(resultOf(records)).match(/(?:classname|name)="[^"]*"/g);
    expect(names(opaque)).toEqual(names(cells));
    const paths = (records: CellRecord[]) => FORMATS.kcidb(resultOf(records)).match(/"path": .*/g);
    expect(paths(opaque)).toEqual(paths(cells));
    expect(paths(cells)).toContain('"path": "phyrlab.m.u.w.phyr8.no-pin",');
  });
});

describe('results up to schema 3', () => {
  const { machine: _, topology: _t, workload: _w, backend: _b, ...older } = cellRecord({ id: 'm/t/w/phyr8' });

  it('name a cell by its id alone, and are read with its parts', () => {
    expect(CellRecord.parse(older)).toEqual(cellRecord({ id: 'm/t/w/phyr8' }));
    expect(PrunedCell.parse({ id: 'm/t/w/sg!no-pin', reason: 'r' })).toMatchObject({ backend: 'sg', plant: 'no-pin' });
    const start = { type: 'run-start', at: '', run: someRun, cells: [], pruned: [], elsewhere: ['m/t/w/sg'] };
    expect(RunEvent.parse(start)).toMatchObject({ elsewhere: [partsOfId('m/t/w/sg')] });
  });

  it('of now are not touched', () => {
    const record = { ...older, id: 'any', machine: 'm', topology: 't', workload: 'w', kind: 'k', backend: 'sg' };
    expect(CellRecord.parse(record)).toEqual(record);
    expect(CellRecord.safeParse({ ...record, backend: undefined }).success).toBe(false);
  });
});
