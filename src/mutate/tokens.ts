/** The tokens of a C source, with their places. Comments and preprocessor lines have none. */

export interface Token {
  kind: 'word' | 'number' | 'text' | 'mark';
  text: string;
  /** Offset of its first character. */
  at: number;
  /** From 1. */
  line: number;
}

const KINDS = [
  ['', /[ \t\r\n\f\v]+|\\\r?\n/y],
  ['', /\/\*[\s\S]*?(?:\*\/|$)|\/\/(?:\\\n|.)*/y],
  ['text', /[LuU]?"(?:\\[\s\S]|[^"\\\n])*"?|[LuU]?'(?:\\[\s\S]|[^'\\\n])*'?/y],
  ['word', /[A-Za-z_]\w*/y],
  ['number', /\.?\d(?:[eEpP][+-]|[\w.])*/y],
  ['mark', /<<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|##?|[\s\S]/y],
] as const;

/** A directive with the lines that continue it, and comments that begin in it. */
const DIRECTIVE = /[ \t]*#(?:\/\*[\s\S]*?(?:\*\/|$)|\\\r?\n|.)*/y;

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let [at, line] = [0, 1];
  let fresh = true;
  while (at < source.length) {
    let text: string | undefined;
    let kind: Token['kind'] | '' = '';
    if (fresh) text = matchAt(DIRECTIVE, source, at);
    for (const [name, pattern] of KINDS) {
      if (text !== undefined) break;
      text = matchAt(pattern, source, at);
      kind = name;
    }
    text ??= source.slice(at);
    if (kind !== '') tokens.push({ kind, text, at, line });
    at += text.length;
    const newlines = newlinesIn(text);
    line += newlines;
    // A comment may stand before a directive, in its line.
    fresh = kind === '' && (newlines > 0 || fresh);
  }
  return tokens;
}

export function newlinesIn(text: string): number {
  return text.split('\n').length - 1;
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  const text = pattern.exec(source)?.[0];
  return text === '' ? undefined : text;
}
