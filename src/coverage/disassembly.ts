/** The conditional branches of an object, from what `objdump -d --no-show-raw-insn` prints of any architecture. */

export interface Branch {
  section: string;
  /** Of the branch itself, and of what runs if it is not taken. */
  at: bigint;
  next: bigint;
}

const SECTION = /^Disassembly of section (.+):$/;
const INSTRUCTION = /^ *([0-9a-f]+):\t(\S+)/;
/** x86, without jmp; arm64. A branch hint may come before. */
const CONDITIONAL = /^(j(?!mp)[a-z]+|loop\w*|b\.\w+|cbn?z|tbn?z)(,p[nt])?$/;

export function branchesIn(text: string): Branch[] {
  const branches: Branch[] = [];
  let section = '';
  let open: bigint | undefined;
  for (const line of text.split('\n')) {
    const instruction = INSTRUCTION.exec(line);
    if (instruction === null) {
      const name = SECTION.exec(line)?.[1];
      if (name === undefined) continue;
      section = name;
      open = undefined;
      continue;
    }
    const at = BigInt(`0x${instruction[1]}`);
    if (open !== undefined) branches.push({ section, at: open, next: at });
    open = CONDITIONAL.test(instruction[2] ?? '') ? at : undefined;
  }
  return branches;
}
