/** Describes a step of a cell. Steps are reported as the command that runs in the guest. */
const DOES: [RegExp, string][] = [
  [/^lab begin\b/, 'counting pins and mappings before'],
  [/^lab end\b/, 'counting pins and mappings after'],
  [/^lab bind \S+ (\S+)/, 'binding $1'],
  [/^stamp write\b/, 'writing data'],
  [/^stamp check\b/, 'reading data back'],
  [/^lab digest\b/, 'hashing the disk'],
  [/^(?:cat > \S+ && )?lab fio\b/, 'I/O by fio'],
  [/^phyrctl (?:cost|io-cost)\b/, 'measuring'],
];

export function stepInWords(step: string): string {
  const command = step.replace(/^(?:[A-Z_]+=\S* )+/, '');
  for (const [pattern, does] of DOES) {
    const found = pattern.exec(command);
    if (found !== null) return does.replace('$1', found[1] ?? '');
  }
  return command.replace(/^lab /, '').split(/\s+/).slice(0, 2).join(' ');
}
