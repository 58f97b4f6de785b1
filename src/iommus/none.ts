import { ARCHES } from '../arches/index.js';
import { defineIommu } from './iommu.js';

/** No IOMMU: devices use physical addresses. */
export const none = defineIommu(
  'none',
  {},
  {
    arches: ARCHES.map(({ id }) => id),
    objection: () => undefined,
    qemu: { machine: {}, devices: () => [], since: () => undefined, unsaved: undefined },
    kernel: { args: () => [], needs: [], small: true, module: undefined, sysfs: /^$/ },
    trace: { events: /^(?!)/, faults: [], echoes: [], watched: () => [], invalidations: false, read: () => undefined },
    log: {
      driver: undefined,
      fault: undefined,
      queueError: undefined,
      otherError: undefined,
      provoked: [],
      allowed: [],
    },
    tables: undefined,
    tablesInMemory: false,
    writeOnly: () => false,
    labels: { traits: () => ['none'], more: () => [], column: '' },
  },
);
