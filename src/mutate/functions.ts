/** The functions of a C source and their statements. Nothing outside functions is looked at: types, tables, module parameters. */
import { type Token, tokensOf } from './tokens.js';

/** All numbers are indices of tokens. */
export interface Statement {
  /** `control`: the head of an if, a loop or a switch, from its word to the closing parenthesis. */
  kind: 'declaration' | 'expression' | 'return' | 'jump' | 'control';
  first: number;
  /** Of the semicolon, or of the parenthesis. */
  last: number;
}

export interface CFunction {
  name: string;
  source: string;
  /** Of the file. */
  tokens: readonly Token[];
  /** The braces. */
  open: number;
  close: number;
  statements: readonly Statement[];
}

export function functionsOf(source: string): CFunction[] {
  const tokens = tokensOf(source);
  const found: CFunction[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const text = tokens[at]?.text;
    if (text !== '{' && text !== '(' && text !== '[') continue;
    const close = closing(tokens, at);
    const name = text === '{' ? nameBefore(tokens, at) : undefined;
    if (name !== undefined && close < tokens.length)
      found.push({ name, source, tokens, open: at, close, statements: statementsIn(tokens, at + 1, close) });
    at = close;
  }
  return found;
}

/** Of the function whose body begins there, if one does. */
function nameBefore(tokens: readonly Token[], brace: number): string | undefined {
  let name: string | undefined;
  // Attributes may follow the parameters.
  for (let at = brace - 1; tokens[at]?.text === ')'; at--) {
    at = opening(tokens, at) - 1;
    if (tokens[at]?.kind !== 'word') return undefined;
    name = tokens[at]?.text;
  }
  return name;
}

const OPEN = '([{';
const CLOSE = ')]}';

/** The index of the bracket that closes this one; beyond the end if none does. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const text = tokens[at]?.text ?? '';
    if (text.length !== 1) continue;
    if (OPEN.includes(text)) depth++;
    else if (CLOSE.includes(text) && --depth === 0) return at;
  }
  return tokens.length;
}

function opening(tokens: readonly Token[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    const text = tokens[at]?.text ?? '';
    if (text.length !== 1) continue;
    if (CLOSE.includes(text)) depth++;
    else if (OPEN.includes(text) && --depth === 0) return at;
  }
  return 0;
}

const CONTROL = new Set(['if', 'for', 'while', 'switch']);
const JUMP = new Set(['goto', 'break', 'continue']);
const TYPE =
  /^(const|static|volatile|struct|union|enum|unsigned|signed|int|long|short|char|bool|void|[us](8|16|32|64)|__[lb]e(16|32|64)|\w+_t|CLASS|DECLARE_\w+|DEFINE_\w+)$/;

function statementsIn(tokens: readonly Token[], from: number, to: number): Statement[] {
  const found: Statement[] = [];
  let at = from;
  while (at < to) {
    const [token, next] = [tokens[at], tokens[at + 1]];
    if (token === undefined) break;
    if ('{};'.includes(token.text) || token.text === 'else' || token.text === 'do') at++;
    else if (token.text === 'case' || token.text === 'default') at = labelEnd(tokens, at, to) + 1;
    else if (token.kind === 'word' && next?.text === ':') at += 2;
    else {
      const head = next?.text === '(' && token.kind === 'word' ? closing(tokens, at + 1) : to;
      // A macro that is a loop has a body, and no semicolon before it.
      const after = tokens[head + 1];
      const loop = head < to && after !== undefined && (after.text === '{' || after.kind === 'word');
      if (CONTROL.has(token.text) || loop) {
        found.push({ kind: 'control', first: at, last: Math.min(head, to - 1) });
        at = head + 1;
        continue;
      }
      const last = statementEnd(tokens, at, to);
      found.push({ kind: kindOf(token, next), first: at, last });
      at = last + 1;
    }
  }
  return found;
}

function kindOf({ text, kind }: Token, next: Token | undefined): Statement['kind'] {
  if (text === 'return') return 'return';
  if (JUMP.has(text)) return 'jump';
  return kind === 'word' && (TYPE.test(text) || next?.kind === 'word') ? 'declaration' : 'expression';
}

function statementEnd(tokens: readonly Token[], from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const text = tokens[at]?.text ?? '';
    if (text === ';') return at;
    if (text.length === 1 && OPEN.includes(text)) at = closing(tokens, at);
  }
  return to - 1;
}

function labelEnd(tokens: readonly Token[], from: number, to: number): number {
  for (let at = from; at < to; at++) if (tokens[at]?.text === ':') return at;
  return to;
}
