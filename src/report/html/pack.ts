/**
 * The data of the page. A nightly run has eight thousand cells with few distinct texts, so each text is stored once and referred to by its
 * number.
 */

import { type CellRecord, harmless, measureName, type Verdict } from '../../model/index.js';
import type { Cell } from '../../workloads/index.js';
import { dueOf, setupOf, treeOf } from '../show.js';
import type { Cause } from './causes.js';
import type { Packed, PackedCell } from './packed.js';
import type { ReportInput } from './report.js';

export const VERDICTS: readonly Verdict[] = ['fail', 'lost', 'inconclusive', 'skip', 'xfail', 'caught', 'pass'];

export class Texts {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  number(said: string): number {
    const text = harmless(said);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}

/** Makes the data that page/data.js reads. Numbers are indexes into the texts unless their type says otherwise. */
export function pack(
  { recorded, excerpts }: ReportInput,
  causes: readonly Cause[],
  shown: readonly CellRecord[],
): Packed {
  const texts = new Texts();
  const t = (text: string) => texts.number(text);
  const places = new Map(shown.map(({ id }, at) => [id, at]));
  // Thousands of cells share a few hundred trees.
  const trees = new Map<string, number>();
  const tree = (cell: Cell): number => {
    const key = `${cell.machine.id}/${cell.topology.id}`;
    const number = trees.get(key) ?? t(treeOf(cell).join('\n'));
    trees.set(key, number);
    return number;
  };
  const [template] = shown;
  // All commands usually differ in the cell only, so only this template is stored.
  const command = template === undefined ? '' : harmless(template.repro).replaceAll(template.id, CELL);
  const cells = shown.map((record): PackedCell => {
    const { id, verdict, reason, oracles, metrics, kernel, duration_ms, repro, evidence, earlier, plant, subtests } =
      record;
    const declared = recorded.declared.get(id);
    const excerpt = excerpts.get(id);
    return {
      id: t(id),
      parts: [record.machine, record.topology, record.workload, record.backend].map(t),
      ...(plant !== undefined && { plant: t(plant) }),
      v: VERDICTS.indexOf(verdict),
      ...(reason !== '' && { reason: t(reason) }),
      ms: duration_ms,
      ...(oracles.length > 0 && {
        oracles: oracles.map((one) => [t(one.name), VERDICTS.indexOf(one.verdict), t(one.detail)]),
      }),
      ...(metrics.length > 0 && {
        metrics: metrics.map((metric) => [t(measureName(metric)), t(metric.unit), metric.value]),
      }),
      ...(subtests !== undefined && {
        subtests: subtests.map(({ name, status, detail = '' }) => [t(name), t(status), t(detail)]),
      }),
      ...(declared !== undefined && {
        due: t(dueOf(declared)),
        setup: t(setupOf(declared).join('\n')),
        tree: tree(declared),
      }),
      ...(evidence !== undefined && { evidence: t(evidence) }),
      ...(earlier !== undefined && { earlier: earlier.map((one) => t(one.reason)) }),
      ...(kernel !== undefined && { kernel: t(kernel.release) }),
      ...(excerpt !== undefined && {
        log: { file: t(excerpt.file), from: excerpt.from, left: excerpt.left, lines: excerpt.lines.map(t) },
      }),
      ...(repro !== command.replaceAll(CELL, id) && { repro: t(repro) }),
    };
  });
  return {
    command,
    cells,
    causes: causes.map(({ verdict, oracle, finding, also, where, cells: ids }) => ({
      v: VERDICTS.indexOf(verdict),
      ...(oracle !== undefined && { oracle: t(oracle) }),
      finding: t(finding),
      also: also.map((one) => [t(one.name), VERDICTS.indexOf(one.verdict), t(one.detail)]),
      where: where.map(({ part, values, passesWith, all }) => [part, values.map(t), passesWith.map(t), all]),
      cells: ids.flatMap((id) => places.get(id) ?? []),
    })),
    texts: texts.all,
  };
}

/** Placeholder for the cell's id in the command template. */
const CELL = '\u0001';
