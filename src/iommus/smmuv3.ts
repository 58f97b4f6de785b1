import { needs } from '../arches/index.js';
import { Domain, defineIommu, hex, Runtime } from './iommu.js';

/** Arm's SMMUv3. */
export const smmuv3 = defineIommu(
  'smmuv3',
  { domain: Domain, runtime: Runtime },
  {
    arches: ['aarch64'],
    objection: () => undefined,

    qemu: { machine: { iommu: 'smmuv3' }, devices: () => [], since: () => undefined, unsaved: undefined },

    kernel: {
      args: () => [],
      needs: needs('y', 'machines with an SMMUv3', 'ARM_SMMU_V3'),
      small: true,
      module: undefined,
      sysfs: /^smmu3\./,
    },

    trace: {
      events: /^smmuv3_\w+/,
      faults: ['smmuv3_propagate_event', 'smmuv3_translate_abort'],
      echoes: [],
      watched: () => ['smmuv3_translate_success'],
      invalidations: false,
      read(_, text) {
        const [, sid, iova, phys] = /sid=0x([0-9a-f]+) iova=0x([0-9a-f]+) translated=0x([0-9a-f]+)/.exec(text) ?? [];
        return sid === undefined ? undefined : { requester: hex(sid), iova: hex(iova), phys: hex(phys) };
      },
    },

    log: {
      driver: /arm-smmu/,
      fault: /arm-smmu-v3.*event: [FC]_|arm-smmu-v3.*event 0x/,
      queueError: /(CMDQ|CMD_SYNC|EVTQ|PRIQ|GERROR)\b.*(timeout|error|overflow|unexpected|abort|corrupt)/,
      otherError: undefined,
      provoked: [
        // The event, and in the lines below it its words and bytes.
        /^arm-smmu-v3 \S+: (event 0x|event: F_(TRANSLATION|PERMISSION|ADDR_SIZE|ACCESS) |\s*0x[0-9a-f]{16}$|(un)?priv )/,
        /^arm_smmu_\w+: \d+ callbacks suppressed$/,
      ],
      allowed: [],
    },

    tables: undefined,
    tablesInMemory: true,
    // Its tables have no write-only pages.
    writeOnly: () => false,

    labels: { traits: () => ['smmuv3'], more: () => [], column: 'smmuv3 ' },
  },
);
