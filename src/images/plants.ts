/**
 * The sources for modules with planted defects: the product's sources, the files in guest/plants/tree, and every
 * guest/plants/NAME.patch, one for each defect. Needs no compiler, so a patch that no longer applies is reported at
 * once.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../model/index.js';
import { applyEdits, type Edit, editsOf, parsePatch } from './patch.js';
import { guestFolder, guestSources, moduleParts, type Sources, sourcesOf } from './sources.js';

const FOLDER = 'plants';
const TREE = 'tree';
const TOP = ['/* SPDX-License-Identifier: GPL-2.0 */', '/* Made from the names of the patches in guest/plants. */'];
const HINT = 'guest/plants/README.md explains how to make it';

/** A planted defect in phyr.ko. */
export interface PlantPatch {
  name: string;
  /** What the defect breaks. */
  describe: string;
  text: string;
}

/** Sources of the modules: everything that Kbuild descends into, in guest/ or in `guest` instead. */
export function moduleSources({ guest, plants }: { guest?: string | undefined; plants: boolean }): Sources {
  const product = guestSources(moduleParts(guest), guest);
  return plants ? withPlants(product, guest) : product;
}

export function plantPatches(root = guestFolder): PlantPatch[] {
  const folder = path.join(root, FOLDER);
  if (!existsSync(folder)) throw new UsageError(`${root} has no planted defects: there is no folder ${FOLDER}`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.patch'));
  return files.sort().map((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const name = path.basename(file, '.patch');
    const [, named, describe] = /^([a-z0-9-]+): (\S.*)\n/.exec(text) ?? [];
    if (named !== name || describe === undefined)
      throw new UsageError(`guest/plants/${file}: the first line must be '${name}: ' and what it breaks`, HINT);
    return { name, describe, text };
  });
}

function withPlants(product: Sources, root: string | undefined): Sources {
  const patches = plantPatches(root);
  const files = new Map(product.files);
  for (const [file, content] of guestSources([TREE], path.join(root ?? guestFolder, FOLDER)).files) {
    const to = path.relative(TREE, file);
    // Kbuild files are appended.
    files.set(to, Buffer.concat([files.get(to) ?? Buffer.of(), content]));
  }
  for (const [file, edits] of editsByFile(patches, files)) {
    const lines = applyEdits(linesOf(files, file), edits, file);
    // Line 1 is the SPDX line.
    if (file.endsWith('.c')) lines.splice(1, 0, '#include "phyr_plant.h"');
    files.set(file, Buffer.from(lines.join('\n')));
  }
  for (const [file, text] of lists(patches)) files.set(file, Buffer.from(text));
  return sourcesOf(files);
}

function editsByFile(patches: readonly PlantPatch[], files: ReadonlyMap<string, Buffer>): Map<string, Edit[]> {
  const all = new Map<string, Edit[]>();
  for (const { name, text } of patches) {
    const file = `guest/plants/${name}.patch`;
    for (const one of parsePatch(text, file)) {
      if (!files.has(one.path)) throw new UsageError(`${file}: there is no guest/${one.path}`, HINT);
      const edits = editsOf(one, linesOf(files, one.path), file);
      all.set(one.path, [...(all.get(one.path) ?? []), ...edits]);
    }
  }
  return all;
}

function linesOf(files: ReadonlyMap<string, Buffer>, file: string): string[] {
  return files.get(file)?.toString('utf8').split('\n') ?? [];
}

/** Lists the names of the patches for the compiler, so that a defect without a patch does not compile. */
function lists(patches: readonly PlantPatch[]): [file: string, text: string][] {
  const all = ['none', ...patches.map(({ name }) => name)].map((name) => ({
    id: `PHYR_PLANT_${name.toUpperCase().replaceAll('-', '_')}`,
    name,
  }));
  const header = (guard: string, lines: string[]) =>
    [...TOP, `#ifndef ${guard}`, `#define ${guard}`, '', ...lines, '', `#endif /* ${guard} */`, ''].join('\n');
  const ids = ['enum phyr_plant {', ...all.map(({ id }) => `\t${id},`), '};'];
  const names = [
    'static const char * const plant_names[] = {',
    ...all.map(({ id, name }) => `\t[${id}] = "${name}",`),
    '};',
  ];
  return [
    ['include/phyr_plants.h', header('PHYR_PLANTS_H', ids)],
    ['phyr/plant_names.h', header('PHYR_PLANT_NAMES_H', names)],
  ];
}
