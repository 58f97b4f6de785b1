/**
 * A line from elsewhere (a kernel, QEMU, an older phyrlab) without what varies between runs: addresses, counts, times, devices, processes and
 * backends. Two lines that mean the same become equal.
 */
export function signature(line: string): string {
  return (
    line
      .replace(/ \(and \d+ (?:more|others)\)/g, '')
      .replace(/\[ *\d+\.\d+\]\s*/g, '')
      .replace(/\b(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b/gi, 'BDF')
      // The CPU and task say nothing about the cause.
      .replace(/\b(CPU#?:? ?\d+:?) (?:PID: \d+ Comm: )?\S+\/\d+/g, '$1 TASK')
      .replace(/\bPID: \d+(?: Comm: \S+)?/g, 'TASK')
      .replace(/\b(by task|task:?) \S+/g, '$1 TASK')
      .replace(/\b0x[0-9a-f]+\b/gi, '#')
      .replace(/\b(?:sg|iter|iova|phyr16|phyr8)\b/g, 'BACKEND')
      .replace(/\b(?:[0-9a-f]{8,}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{4,7})\b/gi, '#')
      // The number after a source file is a line number, not a count.
      .replace(/(\.[chS]:)?\d+(?:[.,]\d+)*/g, (number, place) => (place === undefined ? '#' : number))
      .replace(/\bat least (?=#)/g, '')
      .replace(/(# [a-z]{2,}?)s?\b/g, '$1')
      .replace(/\s+/g, ' ')
      .trim()
  );
}
