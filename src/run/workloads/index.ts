import { crosscheck } from './crosscheck.js';
import { ctlIo } from './ctl-io.js';
import { engine } from './engine.js';
import { filesystem } from './filesystem.js';
import { fioVerify } from './fio-verify.js';
import { hotRemove } from './hot-remove.js';
import { ioCost } from './io-cost.js';
import { kernelCheck } from './kernel-check.js';
import { ktap } from './ktap.js';
import { lifetime } from './lifetime.js';
import { mapCost } from './map-cost.js';
import { memoryCopy } from './memory-copy.js';
import { p2pCopy } from './p2p-copy.js';
import { pmem } from './pmem.js';
import { stress } from './stress.js';
import { throughput } from './throughput.js';
import type { WorkloadContext, WorkloadResult } from './types.js';

export type { WorkloadContext, WorkloadResult } from './types.js';

export function runWorkload(context: WorkloadContext): Promise<WorkloadResult> {
  const { workload } = context;
  switch (workload.kind) {
    case 'fio-verify':
      return fioVerify({ ...context, workload });
    case 'crosscheck':
      return crosscheck({ ...context, workload });
    case 'engine':
      return engine({ ...context, workload });
    case 'ctl-io':
      return ctlIo({ ...context, workload });
    case 'pmem':
      return pmem({ ...context, workload });
    case 'lifetime':
      return lifetime({ ...context, workload });
    case 'filesystem':
      return filesystem({ ...context, workload });
    case 'memory-copy':
      return memoryCopy({ ...context, workload });
    case 'p2p-copy':
      return p2pCopy({ ...context, workload });
    case 'map-cost':
      return mapCost({ ...context, workload });
    case 'io-cost':
      return ioCost({ ...context, workload });
    case 'throughput':
      return throughput({ ...context, workload });
    case 'stress':
      return stress({ ...context, workload });
    case 'hot-remove':
      return hotRemove({ ...context, workload });
    case 'ktap':
      return ktap({ ...context, workload });
    case 'kernel-check':
      return kernelCheck({ ...context, workload });
  }
}
