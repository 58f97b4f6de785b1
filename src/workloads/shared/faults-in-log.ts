import { IOMMUS } from '../../iommus/index.js';

/** What a kernel says of a device that goes where it may not, on each kind of IOMMU. */
export const FAULTS_IN_LOG = IOMMUS.flatMap(({ log }) => log.provoked);
