/** Sets of numbers as text: `3-5,9`. */

export function rangesText(numbers: Iterable<number>): string {
  const parts: string[] = [];
  let first: number | undefined;
  let last = 0;
  const end = () => {
    if (first !== undefined) parts.push(first === last ? `${first}` : `${first}-${last}`);
  };
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (first !== undefined && number <= last + 1) {
      last = number;
      continue;
    }
    end();
    first = last = number;
  }
  end();
  return parts.join(',');
}

/** For a schema: no number is above 999999. */
export const RANGES = /^(|\d{1,6}(-\d{1,6})?(,\d{1,6}(-\d{1,6})?)*)$/;

export function numbersIn(ranges: string): Set<number> {
  const numbers = new Set<number>();
  if (ranges === '') return numbers;
  for (const part of ranges.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return numbers;
}
