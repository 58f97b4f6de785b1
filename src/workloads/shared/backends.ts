import { type Backend, DriverBackend } from '../../model/index.js';

/** The backends of a workload, and why it lacks others. */
export interface Backends {
  has: readonly Backend[];
  why(backend: Backend): string;
}

const byDriver: ReadonlySet<Backend> = new Set(DriverBackend.options);

function notByDriver(backend: Backend): string {
  return `phyr_nvme has no backend '${backend}'`;
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
  'phyr.ko maps I/O without a bio as packed lists, whatever the backend, so it runs once',
);

export const REGISTERED = only(['phyr8'], 'registered memory is a packed list, whatever the backend, so it runs once');

export const NO_BACKEND = only(['phyr8'], 'it tests no backend of the driver, so it runs once');
