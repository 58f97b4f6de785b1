/** What cells need of the images. Only that is built, beginning with what most of them wait for. Pure. */

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

/** The boots by what they need: what most cells wait for is the first to be made. */
export function inOrderOfNeed(needs: ReadonlyMap<Boot, ImageNeed>): Boot[][] {
  const groups = new Map<string, Boot[]>();
  for (const [boot, { machine, plants }] of needs) {
    const key = JSON.stringify([machine.arch, machine.iommu.kind, plants]);
    groups.set(key, [...(groups.get(key) ?? []), boot]);
  }
  const waiting = (boots: readonly Boot[]) => boots.reduce((sum, { cells }) => sum + cells.length, 0);
  // Modules with planted defects come last: they are built while other guests already run.
  const planted = ([boot]: readonly Boot[]) => Number(boot !== undefined && needs.get(boot)?.plants);
  return [...groups.values()].sort((a, b) => planted(a) - planted(b) || waiting(b) - waiting(a));
}
