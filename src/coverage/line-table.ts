/**
 * The line table in debug information (DWARF 5, .debug_line): which instruction begins which statement of which file.
 * No program of the toolbox prints the section of each address, and in a module all sections begin at 0.
 */

import type { Elf, ElfSection } from '../host/index.js';
import { InfraError } from '../model/index.js';

export interface Row {
  section: number;
  /** From the beginning of the section. */
  at: number;
  /** As passed to the compiler, made absolute. */
  file: string;
  line: number;
  column: number;
  /** A statement begins here, according to the compiler. */
  statement: boolean;
}

const LNS = { copy: 1, advancePc: 2, advanceLine: 3, setFile: 4, setColumn: 5, negate: 6, addPc: 8, fixedPc: 9 };
const LNE = { end: 1, setAddress: 2 };
const FORM = { data2: 5, data4: 6, string: 8, data1: 0xb, strp: 0xe, udata: 0xf, data16: 0x1e, lineStrp: 0x1f };
const CONTENT = { path: 1, directory: 2 };

/** @param wanted is asked once for each file of each unit */
export function lineRows(elf: Elf, wanted: (file: string) => boolean): Row[] {
  const section = elf.sections.find(({ name }) => name === '.debug_line');
  if (section === undefined) throw new InfraError('an object has no debug information');
  const moved = new Map(elf.relocations(section.index).map((one) => [one.offset, one]));
  const bytesOf = (name: string) => elf.sections.find((one) => one.name === name)?.bytes ?? Buffer.alloc(0);
  const texts = { [FORM.lineStrp]: bytesOf('.debug_line_str'), [FORM.strp]: bytesOf('.debug_str') };
  const data = new Reader(section.bytes);
  const rows: Row[] = [];
  let current = 0;
  while (data.at < section.bytes.length) unit();
  if (current === 0) throw new InfraError('the debug information is not DWARF 5');
  return rows;

  /** An address in another section that the linker fills in. */
  function reference(bytes: 4 | 8): { section: number; value: bigint } {
    const filled = moved.get(data.at);
    const there = bytes === 4 ? BigInt(data.u32()) : data.u64();
    return filled === undefined ? { section: 0, value: there } : { section: filled.section, value: filled.addend };
  }

  function entry(form: number): string | number {
    switch (form) {
      case FORM.string:
        return data.text();
      case FORM.lineStrp:
      case FORM.strp:
        return textAt(texts[form] ?? Buffer.alloc(0), Number(reference(4).value));
      case FORM.udata:
        return data.uleb();
      case FORM.data1:
        return data.u8();
      case FORM.data2:
        return data.u16();
      case FORM.data4:
        return data.u32();
      case FORM.data16:
        data.at += 16;
        return 0;
      default:
        throw new InfraError(`a line table has an entry of the unsupported form ${form}`);
    }
  }

  function entries(): { path: string; directory: number }[] {
    const format = Array.from({ length: data.u8() }, () => ({ content: data.uleb(), form: data.uleb() }));
    return Array.from({ length: data.uleb() }, () => {
      const read = { path: '', directory: 0 };
      for (const { content, form } of format) {
        const value = entry(form);
        if (content === CONTENT.path) read.path = String(value);
        if (content === CONTENT.directory) read.directory = Number(value);
      }
      return read;
    });
  }

  function unit(): void {
    const length = data.u32();
    const end = data.at + length;
    const version = data.u16();
    // Assembler files have older versions, and contain no C.
    if (version !== 5) {
      data.at = end;
      return;
    }
    current++;
    data.at += 2;
    const program = data.u32() + data.at;
    const least = data.u8();
    data.at += 1;
    const statements = data.u8() !== 0;
    const lineBase = data.i8();
    const lineRange = data.u8();
    const opcodeBase = data.u8();
    const lengths = Array.from({ length: opcodeBase - 1 }, () => data.u8());
    const directories = entries();
    const files = entries().map(({ path, directory }) =>
      [directories[0]?.path ?? '', directories[directory]?.path ?? '', path].reduce((base, next) =>
        next.startsWith('/') ? next : `${base}/${next}`,
      ),
    );
    const asked = files.map(wanted);
    // In a kernel this skips nearly every unit.
    if (!asked.includes(true)) {
      data.at = end;
      return;
    }
    data.at = program;

    const begin = () => ({ section: 0, at: 0, file: 1, line: 1, column: 0, statement: statements });
    let state = begin();
    let sequence: Row[] = [];
    const row = () => {
      const { file, ...rest } = state;
      // Rows of other files are kept only where they end a wanted row.
      sequence.push({ ...rest, file: asked[file] ? (files[file] ?? '') : '' });
    };
    const advance = (count: number) => {
      state.at += count * least;
    };
    while (data.at < end) {
      const opcode = data.u8();
      if (opcode >= opcodeBase) {
        const adjusted = opcode - opcodeBase;
        advance(Math.floor(adjusted / lineRange));
        state.line += lineBase + (adjusted % lineRange);
        row();
      } else if (opcode === 0) {
        const size = data.uleb();
        const next = data.at + size;
        const extended = data.u8();
        if (extended === LNE.end) {
          // End of the last row.
          state.line = 0;
          row();
          if (sequence.some(({ file }) => file !== '')) for (const one of sequence) rows.push(one);
          sequence = [];
          state = begin();
        } else if (extended === LNE.setAddress) {
          const { section: known, value } = reference(8);
          // In a linked object each section has its own addresses.
          const where = known === 0 ? sectionAt(elf, value) : elf.sections[known];
          state.section = where?.index ?? 0;
          state.at = Number(value - (where?.address ?? 0n));
        }
        data.at = next;
      } else if (opcode === LNS.copy) row();
      else if (opcode === LNS.advancePc) advance(data.uleb());
      else if (opcode === LNS.advanceLine) state.line += data.sleb();
      else if (opcode === LNS.setFile) state.file = data.uleb();
      else if (opcode === LNS.setColumn) state.column = data.uleb();
      else if (opcode === LNS.negate) state.statement = !state.statement;
      else if (opcode === LNS.addPc) advance(Math.floor((255 - opcodeBase) / lineRange));
      else if (opcode === LNS.fixedPc) state.at += data.u16();
      else for (let left = lengths[opcode - 1] ?? 0; left > 0; left--) data.uleb();
    }
    data.at = end;
  }
}

function sectionAt({ sections }: Elf, at: bigint): ElfSection | undefined {
  return sections.find(
    ({ executable, address, bytes }) => executable && at >= address && at < address + BigInt(bytes.length),
  );
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.at++);
  }
  i8(): number {
    return this.#bytes.readInt8(this.at++);
  }
  u16(): number {
    this.at += 2;
    return this.#bytes.readUInt16LE(this.at - 2);
  }
  u32(): number {
    this.at += 4;
    return this.#bytes.readUInt32LE(this.at - 4);
  }
  u64(): bigint {
    this.at += 8;
    return this.#bytes.readBigUInt64LE(this.at - 8);
  }
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  sleb(): number {
    let value = 0;
    for (let scale = 1; ; ) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return byte & 64 ? value - scale : value;
    }
  }
  text(): string {
    const text = textAt(this.#bytes, this.at);
    this.at += text.length + 1;
    return text;
  }
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}
