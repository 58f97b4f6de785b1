import { IOMMUS } from '../../iommus/index.js';

/** What a kernel logs if a device accesses memory that it may not, on each kind of IOMMU. */
export const FAULTS_IN_LOG = IOMMUS.flatMap(({ log }) => log.provoked);
