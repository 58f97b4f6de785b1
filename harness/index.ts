/** The built-in suites. A new suite is a file in suites/ and a line here. */
import type { Suite } from '../src/workloads/index.js';
import { alarms } from './suites/alarms.js';
import { arm64 } from './suites/arm64.js';
import { bench } from './suites/bench.js';
import { ci } from './suites/ci.js';
import { commands } from './suites/commands.js';
import { debug } from './suites/debug.js';
import { dmabuf } from './suites/dmabuf.js';
import { engines } from './suites/engines.js';
import { iotlb } from './suites/iotlb.js';
import { ktap } from './suites/ktap.js';
import { lifetime } from './suites/lifetime.js';
import { machines } from './suites/machines.js';
import { nightly } from './suites/nightly.js';
import { p2p } from './suites/p2p.js';
import { pmem } from './suites/pmem.js';
import { register } from './suites/register.js';
import { shapes } from './suites/shapes.js';
import { smoke } from './suites/smoke.js';
import { vfio } from './suites/vfio.js';

/** Suites for users of the kernel's mapping code whose kernel side changes between releases. Each night also runs them on another kernel. */
export const consumers = [dmabuf, register, vfio, pmem, lifetime].map(({ id }) => id);

export const suites: Suite[] = [
  smoke,
  ci,
  p2p,
  dmabuf,
  machines,
  arm64,
  engines,
  vfio,
  register,
  pmem,
  lifetime,
  iotlb,
  ktap,
  shapes,
  commands,
  debug,
  nightly,
  alarms,
  bench,
];
