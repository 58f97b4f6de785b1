/** The product's sources hold no defect; those of the other build hold all, and differ in what they touch alone. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { moduleSources, plantPatches } from '../../../src/images/plants.js';
import { guestFolder } from '../../../src/images/sources.js';
import { Plant } from '../../../src/model/index.js';
import { temporaryDir } from './fixtures.js';

const product = moduleSources({ plants: false });
const planted = moduleSources({ plants: true });
const text = (file: string) => planted.files.get(file)?.toString('utf8') ?? '';

describe('planted defects', () => {
  it('are those of the list, and the one that only a test of failures asks for', () => {
    const names = plantPatches().map(({ name }) => name);
    expect(names).toEqual([...Plant.options, 'leak-on-error'].sort());
  });

  it('all apply, each once at least', () => {
    for (const { name } of plantPatches()) {
      const word = `PHYR_PLANT_${name.toUpperCase().replaceAll('-', '_')}`;
      const files = [...planted.files.keys()].filter((file) => text(file).includes(`phyr_planted(${word})`));
      expect(files, name).not.toEqual([]);
      expect(text('include/phyr_plants.h')).toContain(`\t${word},\n`);
      expect(text('phyr/plant_names.h')).toContain(`\t[${word}] = "${name}",\n`);
    }
  });

  it('are nowhere in the product', () => {
    const found = [...product.files].filter(([, content]) =>
      /phyr_plant|PHYR_PLANT|phyr_fail/.test(content.toString()),
    );
    expect(found.map(([file]) => file)).toEqual([]);
  });

  it('are in no header, so that nothing else is compiled anew', () => {
    for (const [file, content] of product.files) {
      const [now = Buffer.of()] = [planted.files.get(file)];
      if (!now.equals(content)) expect(file).toMatch(/\.c$|(^|\/)Kbuild$/);
      if (file.endsWith('.c') && !now.equals(content))
        expect(now.toString().split('\n')[1], file).toBe('#include "phyr_plant.h"');
    }
  });

  it('leave what is compiled the same way: nothing but objects is added', () => {
    for (const [file, content] of product.files) {
      if (!/(^|\/)Kbuild$/.test(file)) continue;
      const more = text(file).slice(content.toString().length);
      expect(text(file).startsWith(content.toString())).toBe(true);
      expect(more).not.toMatch(/ccflags|CFLAGS/);
    }
  });
});

describe('what no longer fits is told at once', () => {
  let guest: string;
  beforeEach(() => {
    guest = path.join(temporaryDir(), 'guest');
    cpSync(guestFolder, guest, { recursive: true });
  });
  const at = (...parts: string[]) => path.join(guest, ...parts);
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(at(file), change(readFileSync(at(file), 'utf8')));

  it('a source that was edited where a defect is', () => {
    edit('phyr_nvme/queue.c', (source) => source.replaceAll('pnvme_handle_cqe(q, cqe, iob)', 'handle(q, cqe)'));
    expect(() => moduleSources({ guest, plants: true })).toThrow(
      /post-twice\.patch does not apply to phyr_nvme\/queue\.c/,
    );
    expect(moduleSources({ guest, plants: false }).files.size).toBe(product.files.size);
  });

  it('a patch of a file that is gone, or without a word on what it breaks', () => {
    edit('plants/post-twice.patch', (patch) => patch.replaceAll('phyr_nvme/queue.c', 'phyr_nvme/gone.c'));
    expect(() => moduleSources({ guest, plants: true })).toThrow(
      /post-twice\.patch: there is no guest\/phyr_nvme\/gone\.c/,
    );
    edit('plants/post-twice.patch', (patch) => patch.replace('post-twice: ', ''));
    expect(() => plantPatches(guest)).toThrow(/the first line must be 'post-twice: '/);
  });

  it('changes the key of the planted modules alone', () => {
    edit('plants/post-twice.patch', (patch) =>
      patch.replace('pnvme_handle_cqe(q, cqe, iob);\n \t\tif (++', 'x();\n \t\tif (++'),
    );
    edit('plants/tree/phyr/plant.c', (source) => `${source}\n`);
    expect(moduleSources({ guest, plants: false }).key).toBe(product.key);
    expect(moduleSources({ guest, plants: true }).key).not.toBe(planted.key);
  });
});
