/** Conditional branches of an object, from `objdump -d --no-show-raw-insn` of any architecture. */

export interface Branch {
  section: string;
  /** Address of the branch, and of the instruction that runs if it is not taken. */
  at: bigint;
  next: bigint;
}

const SECTION = /^Disassembly of section (.+):$/;
const INSTRUCTION = /^ *([0-9a-f]+):\t(\S+)/;
/** x86 except jmp, with an optional branch hint; arm64. */
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
