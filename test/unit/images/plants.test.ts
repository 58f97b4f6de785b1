/** What is built with planted defects differs from the other build in the objects that have them, and in no other. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { guestFolder, moduleParts } from '../../../src/images/sources.js';

const ASKS = /"phyr_plant\.h"|\bPHYR_PLANTS\b|\bphyr_plant(ed|_len|_dir|_unmap_reg)?\b\(/;
const read = (...parts: string[]): string => readFileSync(path.join(guestFolder, ...parts), 'utf8');
const filesIn = (folder: string, end: string): string[] =>
  readdirSync(path.join(guestFolder, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith(end),
  );

const modules = moduleParts().filter((part) => part.startsWith('phyr'));
/** Of the others, each file that includes phyr_plant.h is. */
const whole = modules.filter((module) => read(module, 'Kbuild').includes('ccflags-y += -DPHYR_PLANTS'));
const byFile = modules.filter((module) => read(module, 'Kbuild').includes(`grep -l '"phyr_plant.h"'`));

describe('defects', () => {
  it('are in whole modules or in single files', () => {
    expect(whole).toEqual(['phyr', 'phyr_test']);
    expect(byFile).toEqual(['phyr_nvme', 'phyr_probe']);
  });

  it('are in no header that files without them include', () => {
    const shared = filesIn('include', '.h').filter((name) => ASKS.test(read('include', name)));
    expect(shared.sort()).toEqual(['phyr_fail.h', 'phyr_plant.h']);
    const own = modules.filter((module) => !whole.includes(module));
    for (const module of own) expect(filesIn(module, '.h').filter((name) => ASKS.test(read(module, name)))).toEqual([]);
  });

  it('are in no file that is compiled without them', () => {
    for (const module of modules.filter((name) => !whole.includes(name) && name !== 'phyr_fault')) {
      const asking = filesIn(module, '.c').filter((name) => ASKS.test(read(module, name)));
      if (!byFile.includes(module)) expect(asking).toEqual([]);
      else for (const name of asking) expect(read(module, name)).toMatch(/^#include "phyr_plant\.h"$/m);
    }
  });
});
