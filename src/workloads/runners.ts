import { crosscheck } from './crosscheck/run.js';
import { ctlIo } from './ctl-io/run.js';
import { engine } from './engine/run.js';
import { filesystem } from './filesystem/run.js';
import { fioVerify } from './fio-verify/run.js';
import { hotRemove } from './hot-remove/run.js';
import { ioCost } from './io-cost/run.js';
import { kernelCheck } from './kernel-check/run.js';
import { ktap } from './ktap/run.js';
import { lifetime } from './lifetime/run.js';
import { mapCost } from './map-cost/run.js';
import { memoryCopy } from './memory-copy/run.js';
import { p2pCopy } from './p2p-copy/run.js';
import { pmem } from './pmem/run.js';
import { register } from './register/run.js';
import type { WorkloadContext } from './shared/context.js';
import type { WorkloadResult } from './shared/result.js';
import { stress } from './stress/run.js';
import { throughput } from './throughput/run.js';
import { userCost } from './user-cost/run.js';
import { vfio } from './vfio/run.js';

export type { WorkloadContext } from './shared/context.js';
export type { WorkloadResult } from './shared/result.js';

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
    case 'register':
      return register({ ...context, workload });
    case 'user-cost':
      return userCost({ ...context, workload });
    case 'vfio':
      return vfio({ ...context, workload });
    case 'kernel-check':
      return kernelCheck({ ...context, workload });
  }
}
