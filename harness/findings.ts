/**
 * Known defects of the kernel's own code. A cell in which one must show is an expected failure (`xfail`). If the defect does not show, the cell
 * fails: then this file claims too many kernels.
 */

import type { KnownDefectIn } from '../src/model/index.js';
import type { Cell } from '../src/workloads/index.js';

/** Backends that ask the kernel for the bus address of a peer's memory. */
const UNCHECKED: readonly Cell['backend'][] = ['sg', 'iter', 'iova'];

/** Does dma_buf_phys_vec_to_sgt() map the BAR's memory? Our exporter calls it when an importer wants a scatterlist. */
function byHelper({ workload, expect }: Cell): boolean {
  if (expect.kind !== 'works') return false;
  if (workload.kind === 'register')
    return (
      workload.from.kind === 'dma-buf' && workload.from.memory !== 'page-less' && workload.from.via === 'dma-buf-sg'
    );
  return workload.kind === 'ctl-io' && workload.memory !== 'page-less' && workload.via.includes('dma-buf-sg');
}

const severalInIova = (cell: Cell): boolean =>
  byHelper(cell) && layoutOf(cell) !== 'one' && cell.expect.kind === 'works' && cell.expect.how === 'iova';

const layoutOf = ({ workload }: Cell) =>
  workload.kind === 'register' && workload.from.kind === 'dma-buf'
    ? workload.from.ranges
    : workload.kind === 'ctl-io'
      ? workload.ranges
      : undefined;

const LINKED_AT_0 =
  'drivers/dma-buf/dma-buf-mapping.c: dma_buf_phys_vec_to_sgt() calls dma_iova_link() with offset 0 for each range, instead of mapped_len';

export const knownDefects: KnownDefectIn<Cell>[] = [
  {
    id: 'sg-p2p-no-mmio',
    what: "dma_map_sgtable() maps a peer's BAR behind the host bridge as if it were RAM, without IOMMU_MMIO",
    oracle: 'device',
    code: 'bar-mapped-as-ram',
    kernels: ['7.2.*', '7.3.*'],
    cells: ({ workload, backend, expect }) =>
      workload.kind === 'p2p-copy' && backend === 'sg' && expect.kind === 'works' && expect.how === 'iova',
    reason:
      'drivers/iommu/dma-iommu.c: iommu_dma_map_sg() computes prot once, from the attributes of the whole list, and leaves it as it is for PCI_P2PDMA_MAP_THRU_HOST_BRIDGE; dma_map_phys() and dma_iova_link() have DMA_ATTR_MMIO for that',
  },
  {
    id: 'p2p-bus-beyond-mask',
    what: "peer-to-peer bus addresses are returned without checking the device's DMA mask",
    oracle: 'device',
    code: 'beyond-dma-mask',
    where: { memory: 'peer' },
    kernels: ['7.2.*', '7.3.*'],
    cells: ({ machine, workload, backend, expect }) =>
      workload.kind === 'p2p-copy' &&
      UNCHECKED.includes(backend) &&
      machine.dmaBits !== undefined &&
      expect.kind === 'works' &&
      expect.how === 'bus-address',
    reason:
      'include/linux/pci-p2pdma.h: pci_p2pdma_bus_addr_map() adds an offset without any check, and so do its callers in dma_direct_map_sg(), iommu_dma_map_sg() and blk_dma_map_bus()',
  },
  {
    id: 'dma-buf-ranges-in-iova',
    what: 'dma_buf_phys_vec_to_sgt() links every range at the beginning of the IOVA, where the first range already is',
    oracle: 'workload',
    code: 'refused-unduly',
    where: { via: 'dma-buf-sg', errno: 'EADDRINUSE' },
    kernels: ['7.2.*', '7.3.*'],
    cells: (cell) => severalInIova(cell) && cell.machine.iommu.kind !== 'virtio',
    reason: LINKED_AT_0,
  },
  {
    id: 'dma-buf-ranges-in-iova-unsaid',
    what: 'the same where the IOMMU silently drops the second range, so that only the importer notices',
    oracle: 'workload',
    code: 'refused-unduly',
    where: { via: 'dma-buf-sg', errno: 'EFAULT' },
    kernels: ['7.2.*', '7.3.*'],
    cells: (cell) => severalInIova(cell) && cell.machine.iommu.kind === 'virtio',
    reason: LINKED_AT_0,
  },
  {
    id: 'dma-buf-sgt-leak',
    what: 'dma_buf_free_sgt() leaks the entries of the table that it frees',
    oracle: 'kernel-log',
    code: 'log-kmemleak',
    where: { calls: ['sg_alloc_table', 'dma_buf_phys_vec_to_sgt'] },
    // Only the debug kernels have kmemleak.
    kernels: ['7.2.*-debug*', '7.3.*-debug*'],
    // A mapping that fails is undone correctly.
    cells: (cell) =>
      (cell.workload.kind === 'ktap' && cell.workload.cases === 'all') || (byHelper(cell) && !severalInIova(cell)),
    reason:
      'drivers/dma-buf/dma-buf-mapping.c: dma_buf_phys_vec_to_sgt() sets orig_nents to 0 to say that there are no CPU pages, and sg_free_table() then frees 0 entries',
  },
  {
    id: 'vfio-compat-no-access',
    what: "a process can make the kernel warn: iommufd's VFIO_IOMMU_MAP_DMA accepts a mapping that is neither readable nor writable",
    oracle: 'kernel-log',
    code: 'log-warn',
    where: { file: '*generic_pt/*iommu_pt.h', function: '*_map_range', calls: ['iommufd_vfio_ioctl'] },
    // Only the debug kernels have iommufd emulate the VFIO container.
    kernels: ['7.2.*-debug*', '7.3.*-debug*'],
    cells: ({ workload, machine }) =>
      workload.kind === 'vfio' && (machine.iommu.kind === 'intel' || machine.iommu.kind === 'amd'),
    reason:
      'drivers/iommu/iommufd/vfio_compat.c: iommufd_vfio_map_dma() accepts flags without READ and WRITE, which IOMMU_IOAS_MAP refuses; map_range() of drivers/iommu/generic_pt/iommu_pt.h then warns about the empty protection',
  },
];
