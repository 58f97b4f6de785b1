/** Rules that the modules' sources keep and no compiler holds: what is allocated, guarded, numbered and refused. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPORTS } from '../../src/workloads/kernel-check/run.js';

const ROOT = join(import.meta.dirname, '..', '..', 'guest');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const modules = readdirSync(ROOT).filter((name) => name.startsWith('phyr'));
const sources = [...modules, 'include'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => join(folder, name)),
);

/** Files of the product that allocate what is not accounted, and why not. */
const NOT_ACCOUNTED: Record<string, string> = {
  'phyr/mm/user.c': 'a page for the duration of a call',
  'phyr/share/lease.c': 'a list that is made to be checked, and freed at once',
  'phyr/dma/debugfs.c': 'a page for the duration of a read',
  'phyr_store/file.c': 'a page for the duration of a read or write',
  'phyr_nvme/ctrl.c': 'a page while the controller is identified',
  'phyr_nvme/ctl.c': 'what belongs to the device',
  'phyr_nvme/pci.c': 'what belongs to the device',
  'phyr_nvme/queue.c': 'what belongs to the device',
  'phyr_nvme/ctl_buffer.c': 'text for debugfs; and a slot that is reserved',
  'phyr_engine/main.c': 'what belongs to the device',
  'phyr_engine/node.c': 'a slot that is reserved',
  'phyr_engine/mapping.c': 'what cases of its own need, whose size nobody chooses',
  'phyr_engine/cases.c': 'likewise',
};

describe('allocations', () => {
  it('are cleared by the kernel where it clears: no cache has a constructor', () => {
    const made = sources.flatMap((file) => read(file).match(/kmem_cache_create\([^;]*;/g) ?? []);
    expect(made.length).toBeGreaterThan(0);
    for (const call of made) expect(call).toMatch(/\bNULL\);$/);
  });

  it('are accounted where a process chooses their size', () => {
    const product = sources.filter((file) => !/^phyr_(test|fault)\//.test(file));
    const plain = product.filter((file) => /^(?! \*).*\bGFP_(KERNEL|USER)\b/m.test(read(file)));
    expect(plain.sort()).toEqual(Object.keys(NOT_ACCOUNTED).sort());
  });
});

/** What a module's symbols and types begin with. */
const PREFIX: Record<string, string> = {
  phyr: 'phyr_',
  phyr_domain: 'pdomain_',
  phyr_engine: 'pengine_',
  phyr_nvme: 'pnvme_',
  phyr_peer: 'phyr_peer_',
  phyr_probe: 'pprobe_',
  phyr_store: 'phyr_store_',
  phyr_test: 'ptest_',
};

/** Words that say nothing in a backtrace when they are all that follows the prefix. */
const VAGUE = /^(do|fill|find|get|give|have|keep|look|may|move|next|place|put|say|see|seek|set|take|tell|try|walk)$/;

/** The functions, variables, structures and enums that a source defines, by a reading of the text that knows the kernel's style. */
function namesOf(source: string): { functions: string[]; variables: string[]; types: string[] } {
  const text = source.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/"(?:\\.|[^"\\\n])*"/g, '""');
  const all = (form: RegExp): string[] => [...text.matchAll(form)].map(([, name = '']) => name);
  return {
    functions: all(/^(?!typedef|else|return|#)(?:[\w*]+[ \t\n*]+)+?\**(\w+)\([^;{}]*\)\s*\{/gm),
    variables: all(
      /^(?!static|typedef|extern|return)(?:const |unsigned )*(?:(?:struct|enum) \w+|[a-z]\w*)[ *]+(?:const )?\**(\w+)(?:\[[^\]]*\])*(?: __\w+)?(?: =|;)/gm,
    ),
    types: all(/\b(?:struct|enum|union) (\w+) \{/g),
  };
}

/** What is wrong with the names of a source of a module. */
function misnamed(module: string, source: string): string[] {
  const prefix = PREFIX[module] ?? '?';
  const { functions, variables, types } = namesOf(source);
  // DEVICE_ATTR_*() asks for functions of these names.
  const attributes = [...source.matchAll(/^static DEVICE_ATTR_\w+\((\w+)\)/gm)].flatMap(([, name]) => [
    `${name}_show`,
    `${name}_store`,
  ]);
  const forward = [...source.matchAll(/^(?:struct|enum) (\w+);$/gm)].map(([, name]) => name);
  const own = (name: string): boolean => `${name.replace(/^__/, '')}_`.startsWith(prefix);
  const foreign = [...functions, ...variables, ...types].filter(
    (name) => !own(name) && !attributes.includes(name) && !forward.includes(name),
  );
  const vague = functions.filter((name) => own(name) && VAGUE.test(name.replace(/^_*/, '').slice(prefix.length)));
  return [...foreign, ...vague];
}

describe('names', () => {
  it.each(modules)(
    'of %s tell the module: of functions, static ones too, of variables, structures and enums',
    (module) => {
      const own = sources.filter((file) => file.startsWith(`${module}/`));
      expect(own.flatMap((file) => namesOf(read(file)).functions).length).toBeGreaterThan(2);
      expect(own.flatMap((file) => misnamed(module, read(file)).map((name) => `${file}: ${name}`))).toEqual([]);
    },
  );

  it('of the public headers tell the library', () => {
    const headers = sources.filter((file) => file.startsWith('include/'));
    expect(headers.flatMap((file) => misnamed('phyr', read(file)).map((name) => `${file}: ${name}`))).toEqual([]);
  });

  it('in the reports that are expected of a debug kernel are those of phyr_fault', () => {
    const named = Object.values(REPORTS).flatMap(({ source }) => /KASAN: .* in (\w+)$/.exec(source)?.[1] ?? []);
    expect(named.length).toBeGreaterThan(0);
    expect(namesOf(read('plants/tree/phyr_fault/phyr_fault.c')).functions).toEqual(expect.arrayContaining(named));
  });

  it.each([
    ['a static function', 'static int\nmap_ram(struct device *dev,\n\tint dir)\n{\n}\n', ['map_ram']],
    ['a function', 'struct sg_table *take(void)\n{\n}\n', ['take']],
    ['a vague one', 'static bool phyr_may(int a)\n{\n}\n', ['phyr_may']],
    ['a variable', 'const struct ops mine = {\n};\nstatic int yours;\n', ['mine']],
    ['an array', 'const char *const paths[] = {\n};\n', ['paths']],
    ['a structure', 'struct huge {\n\tint a;\n};\n', ['huge']],
    ['an enum in a structure', 'struct phyr_a {\n\tenum how { WALK } how;\n};\n', ['how']],
    ['what the kernel declares', 'struct device;\nstruct phyr_map *phyr_a(void)\n{\n\treturn f();\n}\n', []],
    ['a sysfs attribute', 'static int a_show(int b)\n{\n}\nstatic DEVICE_ATTR_RO(a);\n', []],
  ])('would be objected to, or not: %s', (_, source, names) => {
    expect(misnamed('phyr', source)).toEqual(names);
  });
});

describe('headers', () => {
  it('are guarded by the name of their path', () => {
    const headers = sources.filter((file) => file.endsWith('.h') && file !== 'phyr/fail.h');
    const guards = headers.map((file) => {
      const path = file.replace(/^include\//, '');
      const guard = path.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
      const expected = path.startsWith('uapi/') ? `_${guard}` : guard;
      const [, plain, traced] = /^#(?:ifndef (\w+)$|if !defined\((\w+)\))/m.exec(read(file)) ?? [];
      expect.soft(plain ?? traced, file).toBe(expected);
      return expected;
    });
    expect(new Set(guards).size).toBe(headers.length);
  });
});

describe('ioctls', () => {
  const headers = sources.filter((file) => file.startsWith('include/uapi/'));
  const numbers = headers.flatMap((file) => {
    const text = read(file).replaceAll(/\n \* ?/g, ' ');
    const [, from, to] = /ioctl numbers: 'Y', (0x\w\w) to (0x\w\w)\./.exec(text) ?? [];
    const used = [...read(file).matchAll(/_IOW?R?\('Y', (0x\w\w)/g)].map(([, number]) => Number(number));
    const all = read(file).match(/\b_IOW?R?\(/g) ?? [];
    return [{ file, from: Number(from), to: Number(to), used, all: all.length }];
  });

  it('have numbers of their header, and no number is used twice', () => {
    for (const { file, from, to, used, all } of numbers) {
      expect(used.length, file).toBe(all);
      expect(
        used.every((number) => number >= from && number <= to),
        file,
      ).toBe(true);
    }
    const every = numbers.flatMap(({ used }) => used);
    expect(every.length).toBeGreaterThan(20);
    expect(new Set(every).size).toBe(every.length);
  });

  it('take fields that later versions may use, in what a driver is told', () => {
    const told = headers
      .filter((file) => file !== 'include/uapi/phyr_probe.h')
      .flatMap((file) =>
        [...read(file).matchAll(/_IOWR?\('Y', 0x\w\w, (struct \w+)\)/g)].map(([, name]) => ({ file, name })),
      );
    expect(told.length).toBeGreaterThan(10);
    for (const { file, name } of told) {
      const body = read(file).split(`${name} {`)[1]?.split('};')[0] ?? '';
      expect(body, name).toMatch(/\breserved\b/);
    }
  });
});
