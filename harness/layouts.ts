import type { Layout } from '../src/workloads/index.js';
import { fioMix } from './fio-mix.js';

export const fragmented: Layout = { id: '4k', chunks: '4k' };
export const chunks64k: Layout = { id: '64k', chunks: '64k' };
export const chunks2m: Layout = { id: '2m', chunks: '2m' };
/** Recorded from the requests of a real fio run. */
export const mixed: Layout = { id: 'fio-mix', chunks: fioMix };
