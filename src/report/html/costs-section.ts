/** What the same work cost by each backend. */
import type { CellRecord } from '../../model/index.js';
import { medianOf } from '../../perf/index.js';
import { type CostGroup, instructionCosts, type Ratios, ratiosToSg } from '../costs.js';
import { formatRatio } from '../format.js';
import { number, reachOf, stackedBar, strip } from './charts.js';
import { type Markup, markup } from './markup.js';

export function costsSection(records: readonly CellRecord[]): Markup {
  const counted = instructionCosts(records);
  const ratios = ratiosToSg(records);
  if (counted.length + ratios.length === 0)
    return markup`<section id="costs"><h2>Costs</h2><p>In this run no two backends did the same work.</p></section>`;
  return markup`<section id="costs" aria-labelledby="costs-title"><h2 id="costs-title">Costs</h2>
<p class="hint"><span class="path">sg iter iova</span> are the kernel's backends, <span class="path ours">phyr16 phyr8</span> ours. Shorter is better, unless a chart says otherwise.</p>
${counted.length > 0 && markup`<h3>Instructions</h3><p class="hint">Counted by the emulator and the same in every run. The bars of a table share one scale.</p><div class="charts">${counted.map(costTable)}</div>`}
${ratios.length > 0 && markup`<h3>Ratios to <span class="path">sg</span></h3><p class="hint">Each dot compares a cell with the <span class="path">sg</span> cell of the same machine, topology and workload in this run. The bar is the median, the line in the middle is 1. The times are emulated, not those of hardware.</p><div class="charts">${ratios.map(ratioTable)}</div>`}
</section>`;
}

function costTable({ machine, topology, workload, unit, rows }: CostGroup): Markup {
  const max = Math.max(...rows.map(({ total }) => total));
  const names = rows[0]?.phases.map(({ name }) => name) ?? [];
  const legend = names.map(
    (name, index) =>
      markup`<span><svg class="key" width="9" height="9" aria-hidden="true"><rect class="part part-${index % 6}" width="9" height="9"/></svg>${name}</span> `,
  );
  return markup`<figure class="cost"><figcaption>${machine}${topology !== undefined && ` / ${topology}`} / <b>${workload}</b> <span class="hint legend">${legend}</span></figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="instructions of ${machine}/${workload}"><table><thead><tr><th scope="col">backend</th><th scope="col" class="num">${unit}</th><th scope="col" class="num">to sg</th><th scope="col" class="wide"><span class="unseen">bar</span></th>${names.map(
    (name) => markup`<th scope="col" class="num">${name}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ({ backend, ours, phases, total, ratio, ...row }) =>
      markup`<tr><th scope="row"><span class="path${ours ? ' ours' : ''}">${backend}</span>${topology === undefined && markup` <span class="hint">${row.topology}</span>`}</th><td class="num"><b>${number(total)}</b></td><td class="num">${formatRatio(ratio)}</td><td class="wide">${stackedBar(phases, max)}</td>${names.map(
        (name) => markup`<td class="num">${number(phases.find((phase) => phase.name === name)?.value ?? 0)}</td>`,
      )}</tr>`,
  )}</tbody></table></div></figure>`;
}

function ratioTable({ metric, unit, better, rows }: Ratios): Markup {
  const reach = reachOf(rows.flatMap(({ points }) => points.map(({ ratio }) => ratio)));
  return markup`<figure class="cost"><figcaption><b>${metric}</b>${unit !== '' && `, ${unit}`}${better === 'higher' && ', higher is better'} <span class="hint">scale: 1/${number(reach)} to ${number(reach)}</span></figcaption>
<table><thead><tr><th scope="col">backend</th><th scope="col" class="num">cells</th><th scope="col" class="num">median</th><th scope="col" class="wide"><span class="unseen">ratios</span></th></tr></thead><tbody>${rows.map(
    ({ backend, ours, points }) =>
      markup`<tr><th scope="row"><span class="path${ours ? ' ours' : ''}">${backend}</span></th><td class="num">${points.length}</td><td class="num">${formatRatio(medianOf(points.map(({ ratio }) => ratio)))}</td><td class="wide">${strip(points, reach, ours)}</td></tr>`,
  )}</tbody></table></figure>`;
}
