/**
 * The mutation operators: small mistakes that people make in kernel C. Each looks at one function and says what it could change there. What
 * does not compile, or compiles to the same code, is found out by the compiler, so that no types need be known here.
 */
import { type CFunction, closing, type Statement } from './functions.js';
import type { Token } from './tokens.js';

/** The text from `from` up to `to`, offsets in the source, becomes `text`. */
export interface Edit {
  from: number;
  to: number;
  text: string;
}

export interface Operator {
  name: string;
  /** For people: what it does. */
  does: string;
  /** All that it could do in this function, each by itself. */
  sites(of: CFunction): Edit[][];
}

/** Calls that only tell a person or check the programmer. To change their arguments changes nothing that a device sees. */
const TELLING =
  /^(pr_\w+|dev_(?:emerg|alert|crit|err|warn|notice|info|dbg)\w*|printk\w*|trace_\w+|seq_\w+|WARN\w*|BUG\w*|BUILD_BUG\w*|lockdep_\w+|static_assert|sizeof|typeof|might_\w+|MODULE_\w+)$/;

/** Tokens that may be changed: those of statements, but for labels, declarators and the arguments of calls that only tell. */
function* changeable({ tokens, statements }: CFunction): Generator<number> {
  for (const { kind, first, last } of statements) {
    let begun = kind !== 'declaration';
    for (let at = first; at <= last; at++) {
      const token = tokens[at];
      if (token?.kind === 'word' && TELLING.test(token.text) && tokens[at + 1]?.text === '(')
        at = closing(tokens, at + 1);
      else if (begun) yield at;
      else if (token?.text === '=') begun = true;
    }
  }
}

/** Each changeable token that `becomes` has other texts for. */
function replacing(becomes: (token: Token, before: Token | undefined, after: Token | undefined) => readonly string[]) {
  return (one: CFunction): Edit[][] =>
    [...changeable(one)].flatMap((at) => {
      const token = one.tokens[at] as Token;
      return becomes(token, one.tokens[at - 1], one.tokens[at + 1]).map((text) => [overToken(token, text)]);
    });
}

function overToken(token: Token, text: string): Edit {
  return { from: token.at, to: endOf(token), text };
}

function endOf({ at, text }: Token): number {
  return at + text.length;
}

function table(words: Record<string, readonly string[]>) {
  const known = new Map(Object.entries(words));
  return replacing((token) => known.get(token.text) ?? []);
}

/** Words after which an operator is not binary. */
const BEFORE_UNARY = new Set(['return', 'case', 'else', 'sizeof', 'in']);

function isOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'mark') return token.text === ')' || token.text === ']';
  return !BEFORE_UNARY.has(token.text);
}

/** From the first token up to and with the last one. */
function over({ tokens }: CFunction, first: number, last: number, text: string): Edit {
  const [from, to] = [tokens[first] as Token, tokens[last] as Token];
  return { from: from.at, to: endOf(to), text };
}

function textOf({ source, tokens }: CFunction, first: number, last: number): string {
  return source.slice(tokens[first]?.at, endOf(tokens[last] as Token));
}

interface Call {
  name: string;
  first: number;
  /** The parentheses. */
  open: number;
  close: number;
}

/** A statement that is nothing but one call. */
function callIn({ tokens }: CFunction, { kind, first, last }: Statement): Call | undefined {
  const name = tokens[first];
  if (kind !== 'expression' || name?.kind !== 'word' || tokens[first + 1]?.text !== '(') return undefined;
  const close = closing(tokens, first + 1);
  return close + 1 === last ? { name: name.text, first, open: first + 1, close } : undefined;
}

/** The first and last token of each argument. */
function argumentsOf({ tokens }: CFunction, { open, close }: Pick<Call, 'open' | 'close'>): [number, number][] {
  const found: [number, number][] = [];
  let first = open + 1;
  for (let at = open + 1; at <= close; at++) {
    const text = tokens[at]?.text ?? '';
    if (text === ',' || at === close) {
      if (at > first) found.push([first, at - 1]);
      first = at + 1;
    } else if ('([{'.includes(text)) at = closing(tokens, at);
  }
  return found;
}

/** All calls in what may be changed. */
function callsIn(one: CFunction): Call[] {
  const { tokens } = one;
  return [...changeable(one)].flatMap((at) => {
    const token = tokens[at] as Token;
    if (token.kind !== 'word' || tokens[at + 1]?.text !== '(' || /^(if|for|while|switch|return)$/.test(token.text))
      return [];
    return [{ name: token.text, first: at, open: at + 1, close: closing(tokens, at + 1) }];
  });
}

/** How what is taken by the first is given back. */
const LOCKS: readonly [RegExp, RegExp][] = [
  [
    /^(?:(?:raw_)?spin_lock|(?:read|write)_lock)(?:_bh|_irq)?$/,
    /^(?:(?:raw_)?spin_unlock|(?:read|write)_unlock)(?:_bh|_irq)?$/,
  ],
  [/^mutex_lock(?:_nested)?$/, /^mutex_unlock$/],
  [
    /^(?:down_(?:read|write)|mmap_(?:read|write)_lock|dma_resv_lock|\w*_lock)$/,
    /^(?:up_(?:read|write)|mmap_(?:read|write)_unlock|dma_resv_unlock|\w*_unlock)$/,
  ],
];

/** A statement that does nothing; the compiler would warn of a mere semicolon below an if. */
function dropped(one: CFunction, { first, last }: Statement): Edit {
  return over(one, first, last, '{}');
}

/** Of both a lock and all that gives it back in this function: alone, either would only hang. */
function dropLock(one: CFunction): Edit[][] {
  const guards = one.statements.filter(
    ({ kind, first }) => kind === 'expression' && one.tokens[first]?.text === 'guard',
  );
  const calls = one.statements.flatMap((statement) => {
    const call = callIn(one, statement);
    return call === undefined ? [] : [{ ...call, statement, of: textOf(one, call.open, call.close) }];
  });
  const pairs = calls.flatMap((taken) => {
    const [, unlock] = LOCKS.find(([lock]) => lock.test(taken.name)) ?? [];
    const back = calls.filter(({ name, of, first }) => first > taken.first && of === taken.of && unlock?.test(name));
    return back.length === 0 ? [] : [[taken, ...back].map(({ statement }) => dropped(one, statement))];
  });
  return [...guards.map((statement) => [dropped(one, statement)]), ...pairs];
}

const isLocking = (name: string) => LOCKS.some(([lock, unlock]) => lock.test(name) || unlock.test(name));

/** What releases, orders or tells the device. To forget one of these is the mistake that this code makes most. */
const RELEASING =
  /(?:^|_)(?:sync\w*|unmap\w*|put\w*|unpin\w*|dirty\w*|free\w*|release\w*|flush\w*|invalidate\w*|destroy\w*|wait\w*|drain\w*|revoke\w*|complete\w*|detach\w*|unregister\w*|unbind\w*|cancel\w*|unlink\w*|clear\w*|end|exit|fini|cleanup|stop|disable\w*|[rw]?mb)(?:_|$)/;

function dropCalls(takes: (name: string) => boolean) {
  return (one: CFunction): Edit[][] =>
    one.statements.flatMap((statement) => {
      const call = callIn(one, statement);
      if (call === undefined || TELLING.test(call.name) || isLocking(call.name) || !takes(call.name)) return [];
      return [[dropped(one, statement)]];
    });
}

function dropAssignments(one: CFunction): Edit[][] {
  return one.statements.flatMap(({ kind, first, last }) => {
    if (kind !== 'expression') return [];
    const text = one.tokens.slice(first, last).map((token) => token.text);
    const at = text.findIndex((word) => /^[-+|&^*]?=$|^<<=$|^>>=$/.test(word));
    // `*out = …` as well as `a->b[c] = …`, but no call and no condition.
    return at > 0 && !text.slice(0, at).includes('(') ? [[dropped(one, { kind, first, last })]] : [];
  });
}

/** Of an if that has no else: the condition is never true. */
function dropChecks(one: CFunction): Edit[][] {
  const { tokens, statements } = one;
  return statements.flatMap(({ kind, first, last }) => {
    const open = tokens[first + 1];
    const word = tokens[first];
    if (kind !== 'control' || word?.text !== 'if' || open === undefined) return [];
    const end = tokens[last] as Token;
    const inserted = (text: string): Edit[] => [
      { from: open.at + 1, to: open.at + 1, text: `${text} (` },
      { from: end.at, to: end.at, text: ')' },
    ];
    return [inserted('0 &&'), inserted('1 ||')];
  });
}

const LENGTH = /(?:^|_|->|\.)(?:len|length|bytes|size|nr|count|left|max|n|cap|nents|npages)$/;

/** One more or one less: of numbers that are counted with, and of lengths that are passed on. */
function offByOne(one: CFunction): Edit[][] {
  const { tokens } = one;
  const numbers = replacing((token, before, after) => {
    if (token.kind !== 'number' || !/^(?:0x[\da-f]+|\d+)u?l*$/i.test(token.text) || before?.text === '~') return [];
    const value = Number(token.text.replace(/u?l*$/i, ''));
    const suffix = /u?l*$/i.exec(token.text)?.[0] ?? '';
    // A mask or a flag is not counted with.
    if (after?.text === '<<' || before?.text === '<<' || value > 4096) return [];
    return [`${value + 1}${suffix}`];
  })(one);
  const lengths = callsIn(one).flatMap((call) =>
    argumentsOf(one, call).flatMap(([first, last]) => {
      const text = textOf(one, first, last);
      const end = endOf(tokens[last] as Token);
      return LENGTH.test(text) && /^[\w.>[\]-]+$/.test(text) ? [[{ from: end, to: end, text: ' - 1' }]] : [];
    }),
  );
  return [...numbers, ...lengths];
}

/** Two arguments of a call that stand beside each other. */
function swapArguments(one: CFunction): Edit[][] {
  return callsIn(one).flatMap((call) => {
    const all = argumentsOf(one, call);
    return all.slice(1).flatMap(([first, last], at) => {
      const [from, to] = all[at] as [number, number];
      const [left, right] = [textOf(one, from, to), textOf(one, first, last)];
      return left === right ? [] : [[over(one, from, to, right), over(one, first, last, left)]];
    });
  });
}

/** Two statements that follow each other, one of them a call. */
function swapOrder(one: CFunction): Edit[][] {
  return one.statements.slice(1).flatMap((second, at) => {
    const first = one.statements[at] as Statement;
    const both = [first, second];
    if (both.some(({ kind }) => kind !== 'expression') || second.first !== first.last + 1) return [];
    if (both.some((statement) => TELLING.test(callIn(one, statement)?.name ?? ''))) return [];
    if (both.every((statement) => callIn(one, statement) === undefined)) return [];
    const [left, right] = [textOf(one, first.first, first.last - 1), textOf(one, second.first, second.last - 1)];
    return [[over(one, first.first, first.last - 1, right), over(one, second.first, second.last - 1, left)]];
  });
}

const WIDE = /^(?:u64|s64|dma_addr_t|phys_addr_t|size_t|ssize_t|sector_t|loff_t|resource_size_t)$/;
const WIDE_NAME = /(?:addr|iova|offset|len|bytes|pos|dma|size|start|end|bias|at|sector|mask)\w*$/;

/** To 32 bits: local variables that are wider, and what is assigned to something that may be wider. */
function truncate(one: CFunction): Edit[][] {
  const { tokens, statements } = one;
  const declared = statements.flatMap(({ kind, first, last }): Edit[][] => {
    if (kind !== 'declaration') return [];
    const at = tokens.findIndex((token, index) => index >= first && index < last && WIDE.test(token.text));
    return at < 0 || tokens[at + 1]?.text === '*' ? [] : [[overToken(tokens[at] as Token, 'u32')]];
  });
  const assigned = statements.flatMap(({ kind, first, last }): Edit[][] => {
    const equals = tokens.findIndex((token, index) => index > first && index < last && token.text === '=');
    const name = tokens[equals - 1];
    if (kind !== 'expression' || equals < 0 || name === undefined || !WIDE_NAME.test(name.text)) return [];
    const [from, end] = [tokens[equals + 1] as Token, tokens[last] as Token];
    return [
      [
        { from: from.at, to: from.at, text: '(u32)(' },
        { from: end.at, to: end.at, text: ')' },
      ],
    ];
  });
  return [...declared, ...assigned];
}

const ERRORS = ['EINVAL', 'ENOMEM', 'EIO', 'EAGAIN', 'EBUSY', 'EOPNOTSUPP'];

/** Another error than the one that is meant; with `none`, no error at all. */
function otherErrors(none: boolean) {
  return (one: CFunction): Edit[][] =>
    [...changeable(one)].flatMap((at) => {
      const [before, minus, code] = [one.tokens[at - 1], one.tokens[at], one.tokens[at + 1]];
      if (minus?.text !== '-' || isOperand(before) || !/^E[A-Z\d]{2,}$/.test(code?.text ?? '')) return [];
      const other = ERRORS[(ERRORS.indexOf(code?.text ?? '') + 1) % ERRORS.length];
      return [[over(one, at, at + 1, none ? '0' : `-${other}`)]];
    });
}

const COMPARISONS: Record<string, readonly string[]> = {
  '<': ['<='],
  '<=': ['<'],
  '>': ['>='],
  '>=': ['>'],
  '==': ['!='],
  '!=': ['=='],
};
const BINARY: Record<string, string> = {
  '+': '-',
  '-': '+',
  '<<': '>>',
  '>>': '<<',
  '&': '|',
  '|': '&',
  '/': '*',
  '%': '/',
};
const ASSIGNING: Record<string, string> = {
  '+=': '-=',
  '-=': '+=',
  '|=': '&=',
  '&=': '|=',
  '<<=': '>>=',
  '>>=': '<<=',
};

export const OPERATORS: readonly Operator[] = [
  { name: 'comparison', does: '< becomes <=, == becomes !=, and back', sites: table(COMPARISONS) },
  { name: 'off-by-one', does: 'a number plus one, a length minus one', sites: offByOne },
  {
    name: 'arithmetic',
    does: '+ becomes -, & becomes |, and so on; ~ and ! are dropped',
    sites: replacing(({ text, kind }, before) => {
      if (kind !== 'mark') return [];
      if (text === '~' || text === '!') return [''];
      const other = ASSIGNING[text] ?? (isOperand(before) ? BINARY[text] : undefined);
      return other === undefined ? [] : [other];
    }),
  },
  { name: 'logic', does: '&& becomes ||, and back', sites: table({ '&&': ['||'], '||': ['&&'] }) },
  {
    name: 'dropped-release',
    does: 'a call that unmaps, syncs, puts, unpins, frees, flushes or waits is not made',
    sites: dropCalls((name) => RELEASING.test(name)),
  },
  { name: 'dropped-call', does: 'another call is not made', sites: dropCalls((name) => !RELEASING.test(name)) },
  { name: 'dropped-assignment', does: 'a variable or member is not set', sites: dropAssignments },
  { name: 'dropped-check', does: 'a condition is never true, or always', sites: dropChecks },
  { name: 'swapped-arguments', does: 'two arguments of a call in the wrong order', sites: swapArguments },
  {
    name: 'direction',
    does: 'the wrong direction or right',
    sites: table({
      DMA_TO_DEVICE: ['DMA_FROM_DEVICE'],
      DMA_FROM_DEVICE: ['DMA_TO_DEVICE'],
      DMA_BIDIRECTIONAL: ['DMA_TO_DEVICE', 'DMA_FROM_DEVICE'],
      IOMMU_READ: ['IOMMU_WRITE'],
      IOMMU_WRITE: ['IOMMU_READ'],
      READ: ['WRITE'],
      WRITE: ['READ'],
      FOLL_WRITE: ['0'],
    }),
  },
  {
    name: 'constant',
    does: 'another constant: true and false, page and half a page, half a limit',
    sites: table({
      true: ['false'],
      false: ['true'],
      PAGE_SIZE: ['(PAGE_SIZE / 2)'],
      PAGE_SHIFT: ['(PAGE_SHIFT - 1)'],
      PAGE_MASK: ['(~0UL)'],
      SZ_2G: ['SZ_4G'],
      SZ_4G: ['SZ_8G'],
      SIZE_MAX: ['(SIZE_MAX / 2)'],
      U32_MAX: ['((u64)U32_MAX + 1)'],
    }),
  },
  { name: 'error-code', does: 'another error than the one that is meant', sites: otherErrors(false) },
  { name: 'lost-error', does: 'success instead of an error', sites: otherErrors(true) },
  { name: 'lock', does: 'a lock is not taken', sites: dropLock },
  { name: 'order', does: 'two statements in the wrong order', sites: swapOrder },
  { name: 'truncation', does: 'a value is cut to 32 bits', sites: truncate },
];
