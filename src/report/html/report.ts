/**
 * A run as one HTML file that needs no network and no other file. Text from guests is embedded as data, and the page's own script shows it
 * as text. The content security policy allows only that script and style, by their hashes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CellRecord, countOf, type Verdict, whyUnfinished } from '../../model/index.js';
import type { Excerpt, RecordedRun } from '../../results/index.js';
import type { Cell } from '../../workloads/index.js';
import { formatSeconds } from '../format.js';
import { p2pTable } from '../p2p-table.js';
import type { Cause } from './causes.js';
import { costsSection } from './costs-section.js';
import { type CoverageInput, coverageSection } from './coverage-section.js';
import { findingsSection } from './findings-section.js';
import { type HistoryLine, historySection } from './history-section.js';
import { jsonForScript, Markup, markup } from './markup.js';
import { pack, VERDICTS } from './pack.js';

export interface ReportInput {
  recorded: RecordedRun;
  causes: readonly Cause[];
  /** Excerpts of consoles, by the id of the cell. */
  excerpts: ReadonlyMap<string, Excerpt>;
  /** The series that this run measured, or why they cannot be shown. */
  history: readonly HistoryLine[] | string;
  /** What its cells reached, if that was measured, or why it cannot be shown. */
  coverage?: CoverageInput | string | undefined;
  /** The folder page/. */
  assets: string;
}

/** The page's modules, each after those that it imports. */
const MODULES = ['data.js', 'dom.js', 'cell.js', 'causes.js', 'matrix.js', 'list.js', 'main.js'];

export function htmlReport(input: ReportInput): string {
  const { recorded, causes, assets } = input;
  const { run, cells } = recorded;
  const shown = cells.filter((record) => isShown(record, recorded));
  const script = oneScript(MODULES.map((name) => readFileSync(join(assets, name), 'utf8')));
  const style = readFileSync(join(assets, 'page.css'), 'utf8');
  const policy = `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const counts = VERDICTS.map((verdict) => [verdict, shown.filter((one) => one.verdict === verdict).length] as const);
  const bad = causes.length > 0;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${headline(counts)} · phyrlab ${run.id}</title>
<link rel="icon" href="${icon(bad)}">
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip-link" href="#main">skip to the report</a>
${header(recorded, counts, { bad, measured: input.coverage !== undefined })}
<noscript><p class="notice">This report needs its own script, which this browser does not run.</p></noscript>
<main id="main" tabindex="-1">
${notices(recorded)}
<section id="causes" aria-labelledby="causes-title"${!bad && new Markup(' hidden')}>
<h2 id="causes-title">What went wrong</h2>
<div id="cause-list"></div>
</section>
<section id="matrix" aria-labelledby="matrix-title">
<h2 id="matrix-title">Verdicts</h2>
<div id="filters"></div>
<div id="matrix-tables"></div>
</section>
<section id="cells" aria-labelledby="cells-title">
<h2 id="cells-title">Cells</h2>
<div id="cell-list"></div>
</section>
${findingsSection(recorded)}
${costsSection(shown)}
${historySection(input.history, run.id)}
${peerToPeer(recorded, shown)}
${coverageSection(input.coverage)}
${notRun(recorded, shown)}
</main>
<dialog id="cell" aria-labelledby="cell-title"></dialog>
<script type="application/json" id="data">${jsonForScript(pack(input, causes, shown))}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

/** All planned cells. Combinations that were pruned are counted by reason and are not part of the matrix. */
function isShown({ id, verdict }: CellRecord, { declared }: RecordedRun): boolean {
  return verdict !== 'skip' || declared.has(id);
}

export const NAMES: Record<Verdict, string> = {
  fail: 'failed',
  lost: 'lost',
  inconclusive: 'inconclusive',
  skip: 'skipped',
  xfail: 'expected to fail',
  caught: 'caught',
  pass: 'passed',
};

type Counts = readonly (readonly [Verdict, number])[];

function headline(counts: Counts): string {
  const said = counts.filter(([, count]) => count > 0).map(([verdict, count]) => `${count} ${NAMES[verdict]}`);
  return said.length > 0 ? said.join(', ') : 'no cells';
}

function header(
  { run, end }: RecordedRun,
  counts: Counts,
  { bad, measured }: { bad: boolean; measured: boolean },
): Markup {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  let left = 0;
  const parts = counts.map(([verdict, count]) => {
    const [x, width] = [left, total > 0 ? (100 * count) / total : 0];
    left += width;
    return markup`<rect class="v-${verdict}" x="${x}%" width="${width}%" height="6"/>`;
  });
  const facts = [
    `Linux ${run.kernel.release}`,
    `QEMU ${run.qemu.version} (${run.host.accelerator})`,
    `seed ${run.seed}`,
    `${run.started.slice(0, 16).replace('T', ' ')} UTC`,
    ...(end === undefined ? [] : [`took ${duration(end.duration_ms)}`]),
    `${run.host.cpus} CPUs`,
    `modules ${run.modules.key.slice(0, 12)}`,
  ];
  const sections = [
    ...(bad ? ['causes'] : []),
    'matrix',
    'cells',
    'costs',
    'history',
    ...(measured ? ['coverage'] : []),
    'not-run',
  ];
  return markup`<header>
<div class="top">
<h1>phyrlab <span class="run-id">${run.id}</span></h1>
<nav aria-label="sections">${sections.map((id) => markup`<a href="#${id}">${id.replace('-', ' ')}</a> `)}</nav>
<button type="button" id="theme" hidden></button>
</div>
<p class="counts">${counts
    .filter(([verdict, count]) => count > 0 || verdict === 'fail' || verdict === 'pass')
    .map(
      ([verdict, count]) =>
        markup`<span class="count${count > 0 && new Markup(` is-${verdict}`)}"><b>${count.toLocaleString('en-US')}</b> ${NAMES[verdict]}</span> `,
    )}</p>
<svg class="share" height="6" aria-hidden="true">${parts}</svg>
<p class="facts">${facts.map((fact) => markup`<span>${fact}</span> `)}</p>
</header>`;
}

function duration(ms: number): string {
  return ms < 120_000 ? formatSeconds(ms) : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

function notices({ run, end, cells, declared, elsewhere, notices: said }: RecordedRun): Markup {
  const missing = declared.size - cells.filter(({ id }) => declared.has(id)).length;
  const unfinished = new Set(cells.flatMap((record) => whyUnfinished(record) ?? []));
  const { shard } = run;
  const lines = [
    ...(end === undefined
      ? [
          `This run has not ended: it is still running, or its process was killed. ${countOf(missing, 'cell has', 'cells have')} no verdict.`,
        ]
      : []),
    ...[...unfinished].map((why) => `Some cells did not finish and are lost: ${why}.`),
    ...(shard === undefined
      ? []
      : [
          `This is shard ${shard.index} of ${shard.count}. The other shards have ${countOf(elsewhere, 'cell')} (phyrlab merge).`,
        ]),
    ...run.drift.map((line) => `Differs from the lock files: ${line}`),
    ...said,
  ];
  return markup`${lines.length > 0 && markup`<ul class="notices">${lines.map((line) => markup`<li>${line}</li>`)}</ul>`}`;
}

function peerToPeer({ declared }: RecordedRun, shown: readonly CellRecord[]): Markup {
  const cells: Cell[] = shown.flatMap(({ id }) => declared.get(id) ?? []);
  const lines = p2pTable(cells, shown);
  if (lines.length === 0) return markup``;
  return markup`<section id="p2p" aria-labelledby="p2p-title"><h2 id="p2p-title">Peer-to-peer DMA</h2>
<pre tabindex="0">${lines.join('\n')}</pre></section>`;
}

/** What was skipped and what was pruned, grouped by reason. */
function notRun(recorded: RecordedRun, shown: readonly CellRecord[]): Markup {
  const pruned = recorded.cells.filter((record) => !isShown(record, recorded));
  const skipped = shown.filter(({ verdict }) => verdict === 'skip');
  const table = (title: string, records: readonly CellRecord[]) => {
    const reasons = new Map<string, string[]>();
    for (const { reason, id } of records) reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
    const rows = [...reasons].sort(([, a], [, b]) => b.length - a.length);
    return markup`<h3>${title}: ${records.length.toLocaleString('en-US')}</h3>
<table class="reasons"><thead><tr><th scope="col">how many</th><th scope="col">why</th><th scope="col">for example</th></tr></thead><tbody>${rows.map(
      ([reason, ids]) =>
        markup`<tr><td class="num">${ids.length.toLocaleString('en-US')}</td><td>${reason}</td><td class="id">${ids[0]}</td></tr>`,
    )}</tbody></table>`;
  };
  if (pruned.length + skipped.length === 0)
    return markup`<section id="not-run"><h2>Not run</h2><p>All cells were run.</p></section>`;
  return markup`<section id="not-run" aria-labelledby="not-run-title"><h2 id="not-run-title">Not run</h2>
${skipped.length > 0 && table('Skipped, because QEMU cannot model them', skipped)}
${pruned.length > 0 && table('Pruned, because such a cell would make no sense', pruned)}</section>`;
}

/** Joins the modules into one script. Their top-level names are distinct, so they need no wrapping. */
export function oneScript(modules: readonly string[]): string {
  const bare = modules.map((text) => text.replace(/^import [^;]*;$/gm, '').replace(/^export /gm, ''));
  return `(() => {\n'use strict';\n${bare.join('\n')}\n})();`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function icon(bad: boolean): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="${bad ? '#cf222e' : '#1a7f37'}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
