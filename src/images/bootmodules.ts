import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { HOST } from '../arches/index.js';
import type { CpioItem } from '../host/index.js';
import { IOMMUS } from '../iommus/index.js';
import { InfraError } from '../model/index.js';

/** Built into the small kernels. Where they are modules, the guest loads them as well. */
export const COMMON_MODULES = ['virtio_pci', 'nvme', 'ext4'] as const;

/**
 * Modules that the guest loads first if the kernel's command line has `phyrlab_modules=NAME,...`, or that a workload
 * loads. Each with the modules that must be loaded before it.
 */
export const MODULES_ON_REQUEST: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    IOMMUS.flatMap(({ kernel: { module } }) =>
      module === undefined ? [] : [[module.name, [...module.needs, module.name]]],
    ),
  ),
  vfio_pci: ['vfio_pci'],
  vfio_iommu_type1: ['vfio_iommu_type1'],
  nd_pmem: ['nfit', 'nd_pmem'],
  zram: ['zram'],
  iommufd: ['iommufd'],
};

/**
 * The archive items of /lab/boot: the boot modules and their dependencies as plain .ko files. `order` lists the files
 * in load order, `order.NAME` those of a module on request. Modules that are built into the kernel are left out.
 * `plain` unpacks a module file if necessary.
 */
export async function bootModuleItems(
  modulesDir: string,
  plain: (file: string) => Promise<string>,
  required: readonly string[] = HOST.kernel.bootModules,
): Promise<CpioItem[]> {
  const builtin = builtinModules(modulesDir);
  const files = moduleFiles(modulesDir);
  const items = new Map<string, CpioItem>();
  const add = async (name: string, order: string[]): Promise<void> => {
    const id = normalize(name);
    if (order.includes(`${id}.ko`) || builtin.has(id)) return;
    const found = files.get(id);
    if (!found) throw new InfraError(`the kernel in ${modulesDir} has neither a module nor a built-in '${name}'`);
    const known = items.get(id);
    const file = known?.kind === 'file' ? known.from : await plain(found);
    for (const dependency of moduleDependencies(readFileSync(file))) await add(dependency, order);
    order.push(`${id}.ko`);
    items.set(id, { kind: 'file', path: `lab/boot/${id}.ko`, mode: 0o644, from: file });
  };
  const orderOf = async (names: readonly string[]): Promise<string> => {
    const order: string[] = [];
    for (const name of names) await add(name, order);
    return order.map((file) => `${file}\n`).join('');
  };
  const modular = (names: readonly string[]) => names.filter((name) => files.has(normalize(name)));
  const lists: CpioItem[] = [
    { kind: 'text', path: 'lab/boot/order', text: await orderOf([...modular(COMMON_MODULES), ...required]) },
  ];
  for (const [name, needed] of Object.entries(MODULES_ON_REQUEST)) {
    if (!files.has(normalize(name))) continue;
    const text = await orderOf(modular(needed));
    lists.push({ kind: 'text', path: `lab/boot/order.${name}`, text });
  }
  return [...items.values(), ...lists];
}

/** The `depends=` of a module's .modinfo. */
export function moduleDependencies(module: Buffer): string[] {
  const at = module.indexOf('\0depends=');
  if (at < 0) return [];
  const from = at + '\0depends='.length;
  const list = module.toString('latin1', from, module.indexOf(0, from));
  return list.split(',').filter((name) => name !== '');
}

/** `pvpanic-pci` and `pvpanic_pci` are the same module. */
function normalize(name: string): string {
  return name.replaceAll('-', '_');
}

function moduleId(file: string): string {
  return normalize(path.basename(file).replace(/\.ko(\.xz)?$/, ''));
}

function builtinModules(dir: string): Set<string> {
  const list = path.join(dir, 'modules.builtin');
  return new Set(existsSync(list) ? readFileSync(list, 'utf8').split('\n').map(moduleId) : []);
}

/** A build tree lists its modules as object files; an unpacked package must be searched. */
function moduleFiles(dir: string): Map<string, string> {
  const order = path.join(dir, 'modules.order');
  const listed = existsSync(order)
    ? readFileSync(order, 'utf8')
        .split('\n')
        .map((line) => line.replace(/\.o$/, '.ko'))
    : [];
  const built = listed.filter((file) => file.endsWith('.ko') && existsSync(path.join(dir, file)));
  const files = built.length > 0 ? built : readdirSync(dir, { recursive: true, encoding: 'utf8' });
  const modules = files.filter((file) => /\.ko(\.xz)?$/.test(file));
  return new Map(modules.map((file) => [moduleId(file), path.join(dir, file)]));
}
