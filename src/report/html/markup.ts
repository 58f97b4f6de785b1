import { harmless } from '../../model/index.js';

/** Markup made of parts. Inserted text is escaped; inserted Markup is not. */

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[] | undefined | false;

/** For HTML and SVG: `markup`<p>${text}</p>``. */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  const between = strings.slice(1).map((text, at) => inserted(parts[at]) + text);
  return new Markup([strings[0], ...between].join(''));
}

function inserted(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (Array.isArray(part)) return part.map(({ text }: Markup) => text).join('');
  return escaped(String(part));
}

export function escaped(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** JSON for a data script element. Nothing in it can end the element or begin a comment. */
export function jsonForScript(value: unknown): Markup {
  return new Markup(harmless(JSON.stringify(value)).replaceAll('<', '\\u003c'));
}
