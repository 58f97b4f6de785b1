/**
 * Patterns written by users: `*` matches anything, every other character matches itself. A text is scanned once, whatever the pattern; a regular
 * expression made from it would backtrack at every star.
 */
/** Does the pattern match the whole text? */
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

/** Matches names of cells and series: with `*` the whole name, without one any part of it. */
export function matcher(pattern: string): (name: string) => boolean {
  return pattern.includes('*') ? glob(pattern) : (name) => name.includes(pattern);
}
