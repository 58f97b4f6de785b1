import { z } from 'zod';
import { Crosscheck } from './crosscheck/declaration.js';
import { CtlIo } from './ctl-io/declaration.js';
import { Engine } from './engine/declaration.js';
import { Filesystem } from './filesystem/declaration.js';
import { FioVerify } from './fio-verify/declaration.js';
import { HotRemove } from './hot-remove/declaration.js';
import { IoCost } from './io-cost/declaration.js';
import { KernelCheck } from './kernel-check/declaration.js';
import { Ktap } from './ktap/declaration.js';
import { Lifetime } from './lifetime/declaration.js';
import { MapCost } from './map-cost/declaration.js';
import { MemoryCopy } from './memory-copy/declaration.js';
import { P2pCopy } from './p2p-copy/declaration.js';
import { Pmem } from './pmem/declaration.js';
import { Register } from './register/declaration.js';
import { Stress } from './stress/declaration.js';
import { Throughput } from './throughput/declaration.js';
import { UserCost } from './user-cost/declaration.js';
import { Vfio } from './vfio/declaration.js';

export const Workload = z.discriminatedUnion('kind', [
  FioVerify,
  Crosscheck,
  P2pCopy,
  MemoryCopy,
  MapCost,
  IoCost,
  Throughput,
  Engine,
  CtlIo,
  Vfio,
  Register,
  UserCost,
  Pmem,
  Lifetime,
  Filesystem,
  Stress,
  HotRemove,
  Ktap,
  KernelCheck,
]);
export type Workload = z.infer<typeof Workload>;
