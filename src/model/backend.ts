import { z } from 'zod';

/** How a request gets its DMA addresses (parameter `backend` of phyr_nvme.ko). */
export const DriverBackend = z.enum(['sg', 'iter', 'iova', 'phyr16', 'phyr8']);
export type DriverBackend = z.infer<typeof DriverBackend>;

/**
 * Also what only costs are measured of: `page` maps each page separately, `raw` is the bare iommu_map() below all others, `registered` is an
 * I/O on memory that was mapped before, `nvme` is the kernel's own driver.
 */
export const Backend = z.enum([...DriverBackend.options, 'page', 'raw', 'registered', 'nvme']);
export type Backend = z.infer<typeof Backend>;
