/** Which lines the cells of the run reached, file by file, with the text of our own files. */
import { type Coverage, countsOf, linesByCells, type MergedFile, rangesText } from '../../coverage/index.js';
import { percent, summaryLines } from '../coverage.js';
import { Markup, markup } from './markup.js';

export interface CoverageInput {
  coverage: Coverage;
  /** Lines of the files that still are as they were compiled, by path. */
  texts: ReadonlyMap<string, readonly string[]>;
}

const HEAD = markup`<section id="coverage" aria-labelledby="coverage-title"><h2 id="coverage-title">Coverage</h2>`;

export function coverageSection(input: CoverageInput | string | undefined): Markup {
  if (input === undefined) return markup``;
  if (typeof input === 'string') return markup`${HEAD}<p>${input}</p></section>`;
  const { coverage, texts } = input;
  return markup`${HEAD}
${summaryLines(coverage, Number.POSITIVE_INFINITY).map((line) => markup`<p class="hint">${line}</p>`)}
<details class="more"><summary>the cells by their numbers</summary><ol class="id">${coverage.cells.map((cell) => markup`<li>${cell}</li>`)}</ol></details>
${coverage.files.map((file) => fileDetails(file, texts.get(file.path)))}
</section>`;
}

function fileDetails(file: MergedFile, text: readonly string[] | undefined): Markup {
  const { lines, branches } = countsOf([file]);
  const idle = file.functions.filter(({ cells }) => cells.length === 0).map(({ name }) => name);
  const groups = linesByCells(file).filter(({ cells }) => cells.length > 0);
  const none = linesByCells(file).find(({ cells }) => cells.length === 0);
  return markup`<details class="more covered"><summary><span class="id">${file.path}</span> ${lines.reached}/${lines.all} lines ${percent(lines)}${branches.all > 0 && `, ${branches.reached}/${branches.all} branches ${percent(branches)}`}</summary>
${idle.length > 0 && markup`<p>Functions that no cell reaches: <span class="id">${idle.join(', ')}</span></p>`}
${none !== undefined && markup`<p>Lines that no cell reaches: ${ranges(none.lines)}</p>`}
${
  groups.length > 0 &&
  markup`<details class="more"><summary>which cells reach which lines</summary><table class="reasons"><thead><tr><th scope="col">lines</th><th scope="col" class="num">cells</th><th scope="col">their numbers</th></tr></thead><tbody>${groups.map(
    (group) =>
      markup`<tr><td>${ranges(group.lines)}</td><td class="num">${group.cells.length}</td><td>${ranges(group.cells.map((cell) => cell + 1))}</td></tr>`,
  )}</tbody></table></details>`
}
${text === undefined ? markup`<p class="hint">Its text is not at hand as it was compiled.</p>` : source(file, text)}</details>`;
}

/** With room to break between them. */
function ranges(numbers: readonly number[]): string {
  return rangesText(numbers).replaceAll(',', ', ');
}

/** Lines that follow each other and are alike are one element. */
function source(file: MergedFile, text: readonly string[]): Markup {
  const half = new Set(
    file.branches.filter(({ line, ways }) => ways < 2 && reached(file, line)).map(({ line }) => line),
  );
  const parts: { kind: string; lines: string[] }[] = [];
  for (const [at, line] of text.entries()) {
    const kind = kindOf(file, half, at + 1);
    const last = parts.at(-1);
    const cells = file.lines.get(at + 1)?.length;
    const shown = `${String(at + 1).padStart(5)} ${String(cells ?? '').padStart(4)}  ${line}`;
    if (last?.kind === kind) last.lines.push(shown);
    else parts.push({ kind, lines: [shown] });
  }
  const said = parts.map(
    ({ kind, lines }) => markup`<span${kind !== '' && new Markup(` class="${kind}"`)}>${lines.join('\n')}\n</span>`,
  );
  return markup`<pre class="source" tabindex="0">${said}</pre>`;
}

function reached({ lines }: MergedFile, line: number): boolean {
  return (lines.get(line)?.length ?? 0) > 0;
}

function kindOf(file: MergedFile, half: ReadonlySet<number>, line: number): string {
  if (!file.lines.has(line)) return 'no-code';
  if (!reached(file, line)) return 'unreached';
  return half.has(line) ? 'half' : '';
}
