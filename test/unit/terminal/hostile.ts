/** What a guest may say to whoever reads it: to a terminal, a CI system, a browser, a parser. */
export const HOSTILE = [
  '\x1b]0;title\x07',
  '\x1b]52;c;Y3VybA==\x1b\\',
  '\x1b[2J\x1b[H\x1b[31mpass',
  '\x1bc\x1bP1$r\x1b\\',
  '\x9b2J\x9d0;title\x9c\x85',
  '\x00\x07\x08\x0b\x0c\x7f over\rwritten',
  '\n::error file=a::gotcha',
  '\n  ::stop-commands::x',
  '\n\u00a0::add-mask::x',
  ' ##[error]gotcha ##vso[task.complete] ##teamcity[x]',
  ' ]]> --> </script><script>alert(1)</script><img src=x onerror=alert(1)> &amp; | a | `b`',
  '\u202eesrever\u2066\u200f\u061c\ufeff\u2028\u2029\u{e0041}',
  ' \ud800 \udc00 \uffff %0A::error::x \r\n',
];

/** What nothing that is printed may hold, but for the colours that are known to be ours. */
export function actsIn(text: string, { colours = false } = {}): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const plain = colours ? text.replace(/\x1b\[(?:0|2|3[123])m|\r\x1b\[K/g, '') : text;
  const acts = [...plain].filter((c) => /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uffff]/u.test(c));
  const obeyed = plain.split('\n').filter((line) => /^\s*::|##\w*\[/.test(line));
  return [...acts.map((c) => `U+${c.codePointAt(0)?.toString(16)}`), ...obeyed];
}
