/** What a kernel of the user's own must be configured with, and what it lacks. Pure. */
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
  ...needs('y', 'the console that is watched', 'PRINTK', 'TTY'),
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
  ...needs('y', 'the modules under test, which make and use dma-bufs', 'UDMABUF'),
  ...needs('y', 'hot removal', 'PCIEPORTBUS', 'HOTPLUG_PCI_PCIE'),
  ...needs('m', 'the side that is compared with', 'BLK_DEV_NVME', 'EXT4_FS'),
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

/** One line for each missing option, as a person would add it to the configuration. */
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

/** Names and values of a configuration or a fragment of one; `# CONFIG_X is not set` is `n`. The last word counts. */
export function settingsOf(text: string): Map<string, string> {
  const lines = text.matchAll(/^(?:(CONFIG_\w+)=(.*)|# (CONFIG_\w+) is not set)$/gm);
  return new Map([...lines].map(([, name, value, unset]) => [name ?? unset ?? '', value?.trim() ?? 'n']));
}
