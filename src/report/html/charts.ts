/**
 * Charts as handwritten SVG. Horizontal positions are percentages, so that a chart fills its place while strokes and dots keep their shape.
 * Colours are CSS classes, so that they follow the light and dark theme.
 */
import { medianOf } from '../../perf/index.js';
import { formatRatio } from '../format.js';
import { type Markup, markup } from './markup.js';

/** Parts of a whole, end to end. `max` is the value of the full width. */
export function stackedBar(parts: readonly { name: string; value: number }[], max: number): Markup {
  let left = 0;
  const rects = parts.map(({ name, value }, index) => {
    const x = left;
    const width = max > 0 ? (100 * value) / max : 0;
    left += width;
    return markup`<rect class="part part-${index % 6}" x="${percent(x)}" y="1" width="${percent(width)}" height="12"><title>${name}: ${number(value)}</title></rect>`;
  });
  return markup`<svg class="bar" height="14" aria-hidden="true">${rects}</svg>`;
}

/** Ratios around 1 as dots, with a bar for their median, on a logarithmic scale that all strips of a chart share. */
export function strip(points: readonly { cell: string; ratio: number }[], reach: number, ours: boolean): Markup {
  const dots = points.map(({ cell, ratio }) => {
    const x = placeOf(ratio, reach);
    return markup`<circle class="dot${ours ? ' ours' : ''}" cx="${percent(x)}" cy="9" r="3.5"><title>${cell}: ${formatRatio(ratio)}</title></circle>`;
  });
  const middle = placeOf(medianOf(points.map(({ ratio }) => ratio)), reach);
  return markup`<svg class="strip" height="18" aria-hidden="true"><line class="axis" x1="0" x2="100%" y1="9" y2="9"/><line class="one" x1="50%" x2="50%" y1="0" y2="18"/>${dots}<line class="middle" x1="${percent(middle)}" x2="${percent(middle)}" y1="1" y2="17"/></svg>`;
}

/** The largest factor, up or down, at least 1.1 so that the scale has a width. */
export function reachOf(ratios: readonly number[]): number {
  return Math.max(1.1, ...ratios.map((ratio) => (ratio > 0 ? Math.max(ratio, 1 / ratio) : 1)));
}

function placeOf(ratio: number, reach: number): number {
  const share = ratio > 0 ? Math.log(ratio) / Math.log(reach) : -1;
  return 50 + 48 * Math.max(-1, Math.min(1, share));
}

/** A series over its runs, oldest on the left. A line and a triangle mark a change, a ring the run of this report. */
export function timeline(
  values: readonly number[],
  changes: readonly { at: number; worse: boolean | undefined }[],
  current: number,
): Markup {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at: number) => (values.length === 1 ? 50 : 2 + (96 * at) / (values.length - 1));
  const y = (value: number) => (high === low ? 28 : 44 - (32 * (value - low)) / (high - low));
  const lines = values.slice(1).map((value, i) => {
    const [from, to] = [values[i] ?? value, value];
    return markup`<line class="run" x1="${percent(x(i))}" y1="${fixed(y(from))}" x2="${percent(x(i + 1))}" y2="${fixed(y(to))}"/>`;
  });
  const marks = changes.map(({ at, worse }) => {
    const kind = worse === undefined ? 'changed' : worse ? 'worse' : 'better';
    const place = percent(x(at));
    // An SVG triangle cannot be positioned in percent; a character can.
    return markup`<line class="change ${kind}" x1="${place}" x2="${place}" y1="10" y2="48"/><text class="change ${kind}" x="${place}" y="9" text-anchor="middle">${worse === undefined ? '◆' : worse ? '▲' : '▼'}</text>`;
  });
  const now = values[current];
  const ring =
    now === undefined
      ? undefined
      : markup`<circle class="now" cx="${percent(x(current))}" cy="${fixed(y(now))}" r="3.5"/>`;
  return markup`<svg class="timeline" height="50" aria-hidden="true">${lines}${marks}${ring}</svg>`;
}

function percent(value: number): string {
  return `${fixed(value)}%`;
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 3 : 1 });
}
