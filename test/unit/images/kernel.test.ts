import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootModuleItems, moduleDependencies } from '../../../src/images/bootmodules.js';
import { checkTreeIommus, treeKernel } from '../../../src/images/buildtree.js';
import { groupForMachine, releaseOf } from '../../../src/images/kernel.js';
import { needsOf } from '../../../src/images/kernel-needs.js';
import { readRecipes } from '../../../src/images/recipe.js';
import { compareReleases } from '../../../src/images/resolve.js';
import { type Machine, UsageError } from '../../../src/model/index.js';
import { openCache, packageOf, temporaryDir } from './fixtures.js';

const RELEASE = '7.3.4+deb13-cloud-amd64';

it('releases are ordered by their numbers', () => {
  const releases = ['7.2.9+deb13-x', '7.2.12+deb13-x', '7.2.2+deb13-x', '7.2.12+deb13.1-x'];
  expect(releases.sort(compareReleases)).toEqual([
    '7.2.2+deb13-x',
    '7.2.9+deb13-x',
    '7.2.12+deb13-x',
    '7.2.12+deb13.1-x',
  ]);
});

it('the release is read off the name of the binary, signed or not', () => {
  const set = (name: string) => ({
    group: 'g',
    key: 'k',
    packages: [packageOf('linux-headers-7', '1'), packageOf(name, '1')],
  });
  expect(releaseOf(set(`linux-binary-${RELEASE}`))).toBe(RELEASE);
  expect(releaseOf(set(`linux-binary-unsigned-${RELEASE}`))).toBe(RELEASE);
  expect(releaseOf(set('linux-binary-7.2.12+deb13-cloud-arm64:arm64'))).toBe('7.2.12+deb13-cloud-arm64');
  expect(() => releaseOf(set('linux-image'))).toThrow(UsageError);
});

it('a machine gets the flavour of the kernel that can drive it', () => {
  const group = (kernel: string, kind: 'intel' | 'amd' | 'smmuv3') => {
    const arch = kind === 'smmuv3' ? 'aarch64' : 'x86_64';
    return groupForMachine(kernel, { arch, iommu: { kind, domain: 'strict' } }, readRecipes());
  };
  expect(group('kernel-7.2', 'smmuv3')).toBe('kernel-7.2-arm64');
  expect(group('kernel-7.3-arm64', 'intel')).toBe('kernel-7.3');
  expect(group('kernel-7.2', 'intel')).toBe('kernel-7.2');
  expect(group('kernel-7.2', 'amd')).toBe('kernel-7.2-full');
  expect(group('kernel-7.3-full', 'intel')).toBe('kernel-7.3-full');
  expect(group('kernel-debug', 'amd')).toBe('kernel-debug');
});

describe('boot modules', () => {
  function modules(files: Record<string, string>, builtin = ''): string {
    const dir = temporaryDir();
    writeFileSync(path.join(dir, 'modules.builtin'), builtin);
    for (const [name, depends] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      writeFileSync(path.join(dir, name), `ELF\0license=GPL\0depends=${depends}\0name=x\0`);
    }
    return dir;
  }
  const order = async (dir: string, name = 'order') => {
    const items = await bootModuleItems(dir, async (file) => file);
    const list = items.find((item) => item.path === `lab/boot/${name}`);
    return list?.kind === 'text' ? list.text.split('\n') : null;
  };

  it('come after what they depend on', async () => {
    const dir = modules({
      'kernel/net/virtio_net.ko': 'net_failover',
      'kernel/net/net_failover.ko': 'failover',
      'kernel/net/failover.ko': '',
      'kernel/misc/pvpanic.ko': '',
      'kernel/misc/pvpanic-pci.ko': 'pvpanic',
    });
    expect(await order(dir)).toEqual([
      'failover.ko',
      'net_failover.ko',
      'virtio_net.ko',
      'pvpanic.ko',
      'pvpanic_pci.ko',
      '',
    ]);
  });

  it('that are built in are not loaded', async () => {
    const dir = modules({ 'kernel/misc/pvpanic-pci.ko': '' }, 'kernel/drivers/net/virtio_net.ko\n');
    expect(await order(dir)).toEqual(['pvpanic_pci.ko', '']);
  });

  it('that only larger kernels have as modules come first, and those on request have a list of their own', async () => {
    const dir = modules(
      {
        'kernel/drivers/virtio/virtio_pci.ko': '',
        'kernel/drivers/nvme/nvme.ko': 'nvme-core',
        'kernel/drivers/nvme/nvme-core.ko': '',
        'kernel/drivers/iommu/virtio-iommu.ko': '',
        'kernel/drivers/acpi/nfit/nfit.ko': 'libnvdimm',
        'kernel/drivers/nvdimm/libnvdimm.ko': '',
        'kernel/drivers/nvdimm/nd_pmem.ko': 'libnvdimm',
      },
      'kernel/drivers/net/virtio_net.ko\nkernel/misc/pvpanic-pci.ko\n',
    );
    expect(await order(dir)).toEqual(['virtio_pci.ko', 'nvme_core.ko', 'nvme.ko', '']);
    expect(await order(dir, 'order.virtio_iommu')).toEqual(['virtio_pci.ko', 'virtio_iommu.ko', '']);
    expect(await order(dir, 'order.nd_pmem')).toEqual(['libnvdimm.ko', 'nfit.ko', 'nd_pmem.ko', '']);
  });

  it('that the kernel lacks are named', async () => {
    await expect(order(modules({}))).rejects.toThrow("neither a module nor a built-in 'virtio_net'");
  });

  it('dependencies are read from .modinfo', () => {
    expect(moduleDependencies(Buffer.from('x\0depends=a,b\0y'))).toEqual(['a', 'b']);
    expect(moduleDependencies(Buffer.from('x\0depends=\0y'))).toEqual([]);
    expect(moduleDependencies(Buffer.from('x'))).toEqual([]);
  });
});

describe('a build tree', () => {
  it('of arm64 is one for arm64 machines', async () => {
    const config = needsOf('aarch64', []).map(({ option }) => `CONFIG_${option}=y\n`);
    const dir = tree(true, `CONFIG_ARM64=y\n${config.join('')}`);
    mkdirSync(path.join(dir, 'arch/arm64/boot'), { recursive: true });
    const image = Buffer.alloc(64);
    image.write('ARM\x64', 56);
    writeFileSync(path.join(dir, 'arch/arm64/boot/Image'), image);
    const { cache } = await openCache(temporaryDir());
    const { kernel } = await treeKernel(dir, cache);
    expect(kernel.arch).toBe('aarch64');
    expect(readFileSync(kernel.image)).toEqual(image);
  });

  it('that lacks the IOMMUs of some machines is refused for those, with all that is missing', () => {
    const dir = tree();
    const machine = (kind: 'none' | 'amd' | 'virtio') => ({ arch: 'x86_64', iommu: { kind } }) as unknown as Machine;
    expect(() => checkTreeIommus(dir, [machine('none')])).not.toThrow();
    expect(() => checkTreeIommus(dir, [machine('amd'), machine('virtio')])).toThrow(
      /CONFIG_AMD_IOMMU=y \(machines with AMD-Vi\)\n +CONFIG_VIRTIO_IOMMU=y or m/,
    );
  });

  const CONFIG = needsOf('x86_64', ['intel'])
    .map(({ option }) => `CONFIG_${option}=y\n`)
    .join('');

  function tree(image = true, config = CONFIG): string {
    const dir = temporaryDir();
    for (const sub of ['include/config', 'arch/x86/boot', 'drivers'])
      mkdirSync(path.join(dir, sub), { recursive: true });
    for (const file of ['Makefile', 'Module.symvers']) writeFileSync(path.join(dir, file), '');
    writeFileSync(path.join(dir, '.config'), config);
    writeFileSync(path.join(dir, 'include/config/kernel.release'), '7.4.0-rc1\n');
    writeFileSync(path.join(dir, 'modules.builtin'), 'kernel/pvpanic-pci.ko\n');
    writeFileSync(path.join(dir, 'modules.order'), 'drivers/virtio_net.o\ndrivers/never_built.o\n');
    writeFileSync(path.join(dir, 'drivers/virtio_net.ko'), 'ELF\0depends=\0');
    const bzImage = Buffer.alloc(0x400);
    if (image) bzImage.write('HdrS', 0x202);
    writeFileSync(path.join(dir, 'arch/x86/boot/bzImage'), bzImage);
    return dir;
  }

  it('is a kernel like the others', async () => {
    const dir = tree();
    const { cache } = await openCache(temporaryDir());
    const { kernel, tree: build } = await treeKernel(dir, cache);
    expect(kernel.release).toBe('7.4.0-rc1');
    expect(readFileSync(kernel.image)).toEqual(readFileSync(path.join(dir, 'arch/x86/boot/bzImage')));
    expect(build.dir).toBe(dir);
    writeFileSync(path.join(dir, 'Module.symvers'), 'changed');
    const other = await treeKernel(dir, cache);
    expect(other.kernel.key).toBe(kernel.key);
    expect(other.tree.key).not.toBe(build.key);
    writeFileSync(path.join(dir, 'drivers/virtio_net.ko'), 'ELF\0another\0depends=\0');
    expect((await treeKernel(dir, cache)).kernel.key).not.toBe(kernel.key);
  });

  it.each([
    ['nothing there', () => '/no/such/dir', 'ENOENT'],
    ['a file', () => import.meta.filename, 'not a directory'],
    ['not built', () => temporaryDir(), 'ENOENT'],
    ['no kernel image', () => tree(false), 'is not an x86 kernel image'],
    ['options are missing', () => tree(true, CONFIG.replace('CONFIG_FPROBE=y\n', '')), 'CONFIG_FPROBE=y (the oracles)'],
    ['an arm64 tree that was not built', () => tree(true, 'CONFIG_ARM64=y\n'), 'arch/arm64/boot/Image'],
  ])('is refused: %s', async (_what, make, said) => {
    const { cache } = await openCache(temporaryDir());
    const error = await treeKernel(make(), cache).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(said);
  });
});
