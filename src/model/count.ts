/** A number of things, in words: `1 run`, `2 runs`, `1,234 entries`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  // The first number that is set in a language costs more than most commands.
  return `${count < 1000 ? count : count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
