/** What cells need of the images. Only that is built, beginning with what most of them wait for. Pure. */

import { modelOf } from '../iommus/index.js';
import type { Machine } from '../model/index.js';
import { type Cell, kindOf } from '../workloads/index.js';
import { type Boot, builtWithPlants } from './boots.js';

/** What a guest boots. */
export interface ImageNeed {
  machine: Machine;
  /** Modules built with planted defects and failures. */
  plants: boolean;
  modules: readonly string[];
}

/** `lab load` loads these for every cell. */
const ALWAYS = ['phyr', 'phyr_nvme', 'phyr_peer', 'phyr_probe'];

/** The modules that these cells need, either with or without planted defects. One build serves all of them. */
export function neededModules(cells: readonly Pick<Cell, 'plant' | 'workload'>[], plants: boolean): string[] {
  const own = cells.filter((cell) => builtWithPlants(cell) === plants);
  return [...new Set([...ALWAYS, ...own.flatMap(({ workload }) => kindOf(workload).modules)])].sort();
}

/** What each boot needs. */
export function imageNeeds(boots: readonly Boot[]): Map<Boot, ImageNeed> {
  const cells = boots.flatMap((boot) => boot.cells);
  const modules = { product: neededModules(cells, false), plants: neededModules(cells, true) };
  const needs = new Map<Boot, ImageNeed>();
  for (const boot of boots) {
    const [first] = boot.cells;
    if (first === undefined) continue;
    const plants = builtWithPlants(first);
    needs.set(boot, { machine: first.machine, plants, modules: plants ? modules.plants : modules.product });
  }
  return needs;
}

/**
 * The boots by the images that they need: what most cells wait for is made first. Of those that wait for the same, the longest begin, so that no
 * long one is left to run alone at the end.
 */
export function inOrderOfNeed(needs: ReadonlyMap<Boot, ImageNeed>): Boot[][] {
  const groups = new Map<string, Boot[]>();
  for (const [boot, { machine, plants }] of needs) {
    const key = JSON.stringify([machine.arch, modelOf(machine.iommu).kernel.small, plants]);
    groups.set(key, [...(groups.get(key) ?? []), boot]);
  }
  const waiting = (boots: readonly Boot[]) => boots.reduce((sum, { cells }) => sum + cells.length, 0);
  // Modules with planted defects come last: they are built while other guests already run.
  const planted = ([boot]: readonly Boot[]) => Number(boot !== undefined && needs.get(boot)?.plants);
  return [...groups.values()]
    .sort((a, b) => planted(a) - planted(b) || waiting(b) - waiting(a))
    .map((boots) => boots.sort((a, b) => b.cells.length - a.cells.length));
}
