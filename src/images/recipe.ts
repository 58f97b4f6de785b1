import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ArchId, HOST } from '../arches/index.js';
import { messageOf, projectRoot, UsageError } from '../model/index.js';

const Closure = z.strictObject({
  why: z.string(),
  kind: z.literal('closure'),
  /** Resolved with all their dependencies. */
  roots: z.array(z.string()),
  /** Suite with priority over the others, for the roots and their dependencies. */
  prefer: z.string().optional(),
  /** Dependencies that are not needed here: maintainer scripts are not run, sanitizers not linked. */
  omit: z.array(z.string()).default([]),
  /** Upstream archives of source packages, with the suites to take them from. */
  sources: z.record(z.string(), z.string()).default({}),
  links: z.record(z.string(), z.string()).default({}),
});

const Kernel = z.strictObject({
  why: z.string(),
  kind: z.literal('kernel'),
  /** The lock has the newest release of this series. */
  series: z.string().regex(/^\d+\.\d+$/),
  flavour: z.string(),
  arch: ArchId.default(HOST.id),
  /** Does it have the drivers that the cloud flavour leaves out? */
  allDrivers: z.boolean().default(false),
});

const KernelSource = Closure.extend({
  kind: z.literal('kernel-source'),
  /** The package among the roots with `usr/src/NAME.tar.xz`. */
  source: z.string(),
  /** Configuration fragment beside the recipes. All other options are off. */
  config: z.string(),
});

const Recipes = z.strictObject({
  suites: z.array(z.string()).min(1),
  groups: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
    z.discriminatedUnion('kind', [Closure, Kernel, KernelSource]),
  ),
});
export type Recipes = z.infer<typeof Recipes>;
export type ClosureRecipe = z.infer<typeof Closure>;
export type KernelRecipe = z.infer<typeof Kernel>;
export type KernelSourceRecipe = z.infer<typeof KernelSource>;

/** What is locked, and how it is found: images/recipes.json. */
export function readRecipes(file = path.join(projectRoot, 'images', 'recipes.json')): Recipes {
  try {
    return Recipes.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : messageOf(error);
    throw new UsageError(`${file} is not valid: ${what}`, undefined, { cause: error });
  }
}
