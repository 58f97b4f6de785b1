import { archOf, HOST } from '../arches/index.js';
import { InfraError, UsageError } from '../model/index.js';
import type { Archive } from './apt.js';
import type { Lock, Package } from './lock.js';
import type { ClosureRecipe, KernelRecipe, KernelSourceRecipe, Recipes } from './recipe.js';

/** The current packages of a group in the mirror. apt checks the signatures. */
export async function resolveGroup(group: string, recipes: Recipes, apt: Archive): Promise<Lock> {
  const recipe = recipes.groups[group];
  if (!recipe) throw new InfraError(`no recipe for '${group}'`);
  const roots = recipe.kind === 'kernel' ? [qualified('', recipe)] : recipe.roots;
  await apt.update(recipes, architecturesOf(roots));
  const packages = recipe.kind === 'kernel' ? await resolveKernel(recipe, apt) : await resolveClosure(recipe, apt);
  return { schema: 1, group, packages: packages.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

async function resolveClosure(recipe: ClosureRecipe | KernelSourceRecipe, apt: Archive): Promise<Package[]> {
  const all = await apt.closure(recipe.roots, recipe.prefer);
  const wanted = all.filter(({ name }) => !recipe.omit.includes(name));
  const sources = await Promise.all(Object.keys(recipe.sources).map((name) => apt.source(name)));
  return [...(await apt.show(wanted)), ...sources];
}

/** The architectures of packages with these names. */
export function architecturesOf(names: readonly string[]): string[] {
  return [...new Set([HOST.debian, ...names.flatMap((name) => name.split(':')[1] || [])])];
}

/** The package of the kernel's own architecture. kbuild's programs run on the host. */
function qualified(name: string, { arch }: KernelRecipe): string {
  return arch === HOST.id ? name : `${name}:${archOf({ arch }).debian}`;
}

/** Requires a kernel's modules and headers. If there are two binaries, takes the signed one. */
async function resolveKernel(recipe: KernelRecipe, apt: Archive): Promise<Package[]> {
  const flavour = recipe.flavour.replaceAll('+', '\\+');
  const series = recipe.series.replaceAll('.', '\\.');
  const binary = new RegExp(`^linux-binary-(?:unsigned-)?(${series}\\..+-${flavour})$`);
  const names = await apt.names(`^linux-(binary|modules|headers|kbuild)-`);
  const releases = [...new Set(names.flatMap((name) => binary.exec(name)?.[1] ?? []))].sort(compareReleases).reverse();
  for (const release of releases) {
    const base = release.slice(0, -recipe.flavour.length - 1);
    const wanted = [
      names.includes(`linux-binary-${release}`) ? `linux-binary-${release}` : `linux-binary-unsigned-${release}`,
      `linux-modules-${release}`,
      `linux-headers-${release}`,
    ];
    const shared = [`linux-headers-${base}-common`, `linux-kbuild-${base}`];
    if (![...wanted, ...shared].every((name) => names.includes(name))) continue;
    const own = wanted.map((name) => qualified(name, recipe));
    return apt.show(await apt.candidates([...own, ...shared]));
  }
  throw new UsageError(
    `the mirror has no ${recipe.series} kernel (${recipe.flavour}) with modules and headers`,
    'name a mirror that keeps old versions with --mirror or PHYRLAB_MIRROR, or choose another kernel',
  );
}

/** Compares the numbers in them: 7.2.9 is before 7.2.12. */
export function compareReleases(a: string, b: string): number {
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
  const [x, y] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? -1) - (y[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
