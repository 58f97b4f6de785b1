/** A count with its noun: `1 run`, `2 runs`, `1,234 entries`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  // Formatting the first number by locale takes longer than most commands do.
  return `${count < 1000 ? count : count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
