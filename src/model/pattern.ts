/**
 * The patterns that a person writes. `*` stands for anything, everything else for itself. Whatever the pattern, a text is read once:
 * a regular expression made of it would go back at every star.
 */

/** Is it the whole text? */
export function glob(pattern: string): (text: string) => boolean {
  const [head = '', ...parts] = pattern.split('*');
  const tail = parts.pop();
  if (tail === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(head)) return false;
    let at = head.length;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - tail.length >= at && text.endsWith(tail);
  };
}

/** What names cells and series: with `*` the whole of a name, without one a part of it. */
export function matcher(pattern: string): (name: string) => boolean {
  return pattern.includes('*') ? glob(pattern) : (name) => name.includes(pattern);
}
