/** What phyrlab runs out of the box. A new suite is a file in suites/ and a line here. */
import type { Suite } from '../src/model/index.js';
import { alarms } from './suites/alarms.js';
import { full } from './suites/full.js';
import { machines } from './suites/machines.js';
import { smoke } from './suites/smoke.js';

export const suites: Suite[] = [smoke, full, machines, alarms];
