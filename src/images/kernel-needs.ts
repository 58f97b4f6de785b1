/** What a kernel of the user must be configured with, and what it lacks. Pure. */
import { archOf, type Need, needs } from '../arches/index.js';
import { modelOf } from '../iommus/index.js';
import type { Machine } from '../model/index.js';

const EVERYWHERE: Need[] = [
  ...needs('y', "the guest's init and shell", 'BLK_DEV_INITRD', 'BINFMT_ELF', 'BINFMT_SCRIPT', 'DEVTMPFS'),
  ...needs(
    'y',
    "the guest's init and shell",
    'PROC_FS',
    'SYSFS',
    'TMPFS',
    'SHMEM',
    'UNIX98_PTYS',
    'MULTIUSER',
    'FUTEX',
  ),
  ...needs('y', 'the serial console', 'PRINTK', 'TTY'),
  ...needs('y', 'SSH', 'NET', 'INET', 'NETDEVICES', 'POSIX_TIMERS', 'UNIX'),
  ...needs('m', 'SSH', 'VIRTIO_PCI', 'VIRTIO_NET'),
  ...needs(
    'y',
    'the modules under test',
    'MODULES',
    'MODULE_UNLOAD',
    'BLOCK',
    'PCI',
    'PCI_MSI',
    'IOMMU_SUPPORT',
    'SWIOTLB',
  ),
  ...needs('y', 'the modules under test', 'ZONE_DEVICE', 'PCI_P2PDMA'),
  ...needs('y', 'dma-bufs in the modules under test', 'UDMABUF'),
  ...needs('y', 'hot removal', 'PCIEPORTBUS', 'HOTPLUG_PCI_PCIE'),
  ...needs('m', 'the reference driver and file system', 'BLK_DEV_NVME', 'EXT4_FS'),
  ...needs('y', 'fio', 'AIO'),
  ...needs(
    'y',
    'the oracles',
    'DEBUG_FS',
    'KALLSYMS',
    'FTRACE',
    'KPROBES',
    'KPROBE_EVENTS',
    'FPROBE',
    'HIST_TRIGGERS',
    'PROC_PAGE_MONITOR',
  ),
  ...needs('y', 'workloads with huge pages', 'TRANSPARENT_HUGEPAGE', 'HUGETLBFS'),
];

export function needsOf(arch: Machine['arch'], iommus: readonly Machine['iommu']['kind'][]): Need[] {
  const ofIommus = [...new Set(iommus)].flatMap((kind) => modelOf({ kind }).kernel.needs);
  return [...EVERYWHERE, ...archOf({ arch }).kernel.needs, ...ofIommus];
}

/** One line for each missing option, to be added to the configuration. */
export function missingOptions(
  config: string,
  arch: Machine['arch'],
  iommus: readonly Machine['iommu']['kind'][] = [],
): string[] {
  const has = settingsOf(config);
  return needsOf(arch, iommus).flatMap(({ option, as, why }) => {
    const value = has.get(`CONFIG_${option}`) ?? 'n';
    if (value === 'y' || (as === 'm' && value === 'm')) return [];
    return [`CONFIG_${option}=y${as === 'm' ? ' or m' : ''}${value === 'm' ? ', not m' : ''} (${why})`];
  });
}

/** Names and values of a configuration or fragment; `# CONFIG_X is not set` means `n`. The last value counts. */
export function settingsOf(text: string): Map<string, string> {
  const lines = text.matchAll(/^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$/gm);
  return new Map([...lines].map(([, name, value, unset]) => [name ?? unset ?? '', value?.trim() ?? 'n']));
}
