/** The measurements of this run within their history. */
import { countOf, invocation, measureName } from '../../model/index.js';
import { type ChangePoint, medianOf } from '../../perf/index.js';
import type { SeriesHistory } from '../../results/index.js';
import { formatChange } from '../format.js';
import { number, timeline } from './charts.js';
import { type Markup, markup } from './markup.js';

export interface HistoryLine extends SeriesHistory {
  changes: readonly ChangePoint[];
}

/** The most series that are shown. */
const MOST = 48;

/** Shows series that changed, the others on request. A series needs at least two runs. */
export function historySection(history: readonly HistoryLine[] | string, run: string): Markup {
  const head = markup`<section id="history" aria-labelledby="history-title"><h2 id="history-title">History</h2>`;
  if (typeof history === 'string') return markup`${head}<p>${history}</p></section>`;
  if (history.length === 0) return markup`${head}<p>The history has no measurements of this run.</p></section>`;
  const lines = history.filter(({ samples }) => samples.length > 1);
  const changed = lines
    .filter(({ changes }) => changes.length > 0)
    .sort((a, b) => recency(b) - recency(a) || biggest(b) - biggest(a));
  const same = lines.filter(({ changes }) => changes.length === 0);
  const first = history.length - lines.length;
  return markup`${head}
<p class="hint">${count(history.length, 'series')} measured by this run: ${count(changed.length, 'changed')} in some run, ${count(same.length, 'did not')}${first > 0 && `, ${count(first, 'have no other run with the same kernel and QEMU')}`}.${lines.length > 0 && ' The oldest run is on the left, the ring marks this one, and a line marks a change: ▲ worse, ▼ better.'}</p>
${changed.length > 0 && figures(changed, run)}
${same.length > 0 && markup`<details class="more"><summary>${count(same.length, 'series without a change')}</summary>${figures(same, run)}</details>`}</section>`;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}`;
}

function figures(lines: readonly HistoryLine[], run: string): Markup {
  const more = lines.length - MOST;
  return markup`<div class="series">${lines.slice(0, MOST).map((line) => figure(line, run))}</div>
${more > 0 && markup`<p class="hint">${more.toLocaleString('en-US')} more: <code>${invocation('perf history SERIES')}</code> shows them.</p>`}`;
}

/** The more recent the last change, the higher. */
function recency({ changes, samples }: HistoryLine): number {
  const last = changes.at(-1);
  return last === undefined ? -1 : last.at / samples.length;
}

function biggest({ changes }: HistoryLine): number {
  return Math.max(0, ...changes.map(({ before, after }) => Math.abs(Math.log(after / before)) || 0));
}

function figure({ series, samples, changes }: HistoryLine, run: string): Markup {
  const values = samples.map((sample) => medianOf(sample.values));
  const current = samples.findIndex((sample) => sample.run === run);
  const marks = changes.map(({ at, before, after }) => ({ at, worse: isWorse(series.better, before, after) }));
  const last = changes.at(-1);
  const now = values[current] ?? values.at(-1) ?? 0;
  return markup`<figure class="line"><figcaption>${series.cell} <b>${measureName(series)}</b></figcaption>
${timeline(values, marks, current)}
<p>${number(now)} ${series.unit} <span class="hint">${countOf(samples.length, 'run')}${series.kind === 'noisy' && ', noisy'}</span>${last !== undefined && changeText(last, samples, isWorse(series.better, last.before, last.after))}</p></figure>`;
}

function isWorse(better: 'lower' | 'higher' | 'neither', before: number, after: number): boolean | undefined {
  return better === 'neither' ? undefined : after > before === (better === 'lower');
}

function changeText(change: ChangePoint, samples: HistoryLine['samples'], worse: boolean | undefined): Markup {
  const [from, to] = [samples[change.at - 1], samples[change.at]];
  const same = from?.modules === to?.modules;
  return markup`<br><span class="change ${worse === undefined ? 'changed' : worse ? 'worse' : 'better'}">${worse === undefined ? '◆' : worse ? '▲ worse' : '▼ better'} ${formatChange(change.before, change.after)}</span> at ${to?.run}, ${same ? 'the same modules' : `modules ${from?.modules.slice(0, 8)} → ${to?.modules.slice(0, 8)}`}`;
}
