import { type Backend, DriverBackend } from '../../model/index.js';

/** The backends of a workload, and why it lacks others. */
export interface Backends {
  has: readonly Backend[];
  why(backend: Backend): string;
}

const byDriver: ReadonlySet<Backend> = new Set(DriverBackend.options);

function notByDriver(backend: Backend): string {
  return `'${backend}' is no way in which phyr_nvme maps a request`;
}

/** All backends of phyr_nvme, and perhaps more. */
export function driverBackends(...more: Backend[]): Backends {
  return { has: [...DriverBackend.options, ...more], why: notByDriver };
}

export const OF_DRIVER = driverBackends();

/** Some backends of phyr_nvme. */
export function only(has: readonly Backend[], why: string): Backends {
  return { has, why: (backend) => (byDriver.has(backend) ? why : notByDriver(backend)) };
}

export const WITHOUT_BIO = only(
  ['phyr8'],
  'I/O without a bio is mapped by phyr.ko as packed lists, whatever the backend: it is run once',
);

export const REGISTERED = only(['phyr8'], 'registered memory is a packed list, whatever the backend: it is run once');

export const NO_BACKEND = only(['phyr8'], 'it tests no backend of the driver: it is run once');
