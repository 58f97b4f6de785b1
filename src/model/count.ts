/** A number of things, in words: `1 run`, `2 runs`, `1,234 entries`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
