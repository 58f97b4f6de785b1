/** What was wrong in the kernel's own code. */
import type { RecordedRun } from '../../results/index.js';
import { findingsOf } from '../findings.js';
import { type Markup, markup } from './markup.js';

export function findingsSection(recorded: RecordedRun): Markup {
  const { found, gone } = findingsOf(recorded);
  if (found.length + gone.length === 0) return markup``;
  const rows = found.map(
    ({ known, oracle, what, kernels, cells }) =>
      markup`<tr><td>${known?.id ?? markup`<b>new</b>`}</td><td>${known !== undefined && markup`${known.what}. `}<span class="hint">${oracle}: ${what}</span>${known !== undefined && markup` <span class="hint">${known.reason}</span>`}</td><td>${kernels.join(', ')}</td><td class="num">${cells.length}</td><td class="id">${cells[0]?.id}</td></tr>`,
  );
  const lost = gone.map(
    ({ known, cells }) =>
      markup`<tr><td>${known.id}</td><td><b>did not show</b>: ${known.what}</td><td></td><td class="num">${cells.length}</td><td class="id">${cells[0]}</td></tr>`,
  );
  return markup`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings in the kernel's own code</h2>
<table class="reasons"><thead><tr><th scope="col">defect</th><th scope="col">what</th><th scope="col">kernels</th><th scope="col">cells</th><th scope="col">smallest cell</th></tr></thead><tbody>${[...rows, ...lost]}</tbody></table></section>`;
}
