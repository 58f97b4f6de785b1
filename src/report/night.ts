/** What is new since the last night, as text for a terminal and as Markdown. */
import type { Night } from '../model/index.js';
import type { Item, News } from '../results/index.js';
import { wrapped } from '../terminal/index.js';
import { markdown as md } from './formats/text.js';
import type { Style } from './style.js';

interface Part {
  title: string;
  lines: string[];
  bad: boolean;
}

const MOST = 20;

export function nightLines(night: Night, news: News, style: Style, width = Number.POSITIVE_INFINITY): string[] {
  return [
    '',
    ...wrapped(`night ${night.id}: ${total(news)}`, width),
    ...partsOf(news).flatMap(({ title, lines, bad }) => [
      (bad ? style.bad : style.doubtful)(title),
      ...lines.flatMap((line) => wrapped(`  ${line}`, width)),
    ]),
  ];
}

export function nightMarkdown(night: Night, news: News): string {
  const parts = partsOf(news).flatMap(({ title, lines }) => [
    `### ${title}`,
    '',
    ...lines.map((line) => `- ${md(line)}`),
    '',
  ]);
  return [`## phyrlab, night ${night.id}: ${total(news)}`, '', ...parts].join('\n');
}

function total({ counts, again }: News): string {
  const said = Object.entries(counts).flatMap(([verdict, count]) => (count > 0 ? [`${count} ${verdict}`] : []));
  return `${said.join(', ') || 'no cells'}${again > 0 ? ` (${again} after a retry)` : ''}`;
}

/** Most urgent first. Empty parts are left out. */
function partsOf(news: News): Part[] {
  const of = (title: string, items: readonly Item[], bad: boolean): Part => ({ title, bad, lines: items.map(lineOf) });
  const parts = [
    of('new failures', news.newFailures, true),
    { title: 'regressions', lines: news.regressions, bad: true },
    of('still failing', news.stillFailing, true),
    of('lost', news.lost, false),
    { title: 'not run', lines: news.trouble, bad: false },
    of('flaky', news.flaky, false),
    of('inconclusive', news.inconclusive, false),
    of('fixed', news.fixed, false),
  ].filter(({ lines }) => lines.length > 0);
  if (parts.length === 0) return [{ title: 'nothing new', lines: [], bad: false }];
  return parts.map(({ title, lines, bad }) => ({
    title: `${title}: ${lines.length}`,
    bad,
    lines: lines.length > MOST ? [...lines.slice(0, MOST), `and ${lines.length - MOST} more`] : lines,
  }));
}

function lineOf({ cell, stage, reason, sameImages }: Item): string {
  const by = sameImages ? ' [same images as the night before]' : '';
  return `${cell} (${stage})${reason === '' ? '' : `: ${reason.slice(0, 200)}`}${by}`;
}
