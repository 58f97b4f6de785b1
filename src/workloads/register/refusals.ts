import type { RegionSource } from './declaration.js';

/** The expected errno of each request in guest/tools/region_refuse.c, by its name there; null: it must succeed. */
export function regionRefusals(from: RegionSource): Record<string, string | null> {
  return {
    'use beyond the end': 'ERANGE',
    'use inside a page': 'EINVAL',
    'use with flags': 'EINVAL',
    'use with a reserved field': 'EINVAL',
    'register with a reserved field': 'EINVAL',
    'deregister with a reserved field': 'EINVAL',
    'use by another key': 'ENOENT',
    "deregister another's": 'ENOENT',
    ...(from.kind === 'user' ? USER_REFUSALS : DMABUF_REFUSALS),
    ...(from.kind === 'dma-buf' && from.memory !== 'peer-vfio' && { 'register what may not be written': 'EACCES' }),
    'write what is to be read': 'EACCES',
    deregister: null,
    'use after deregistering': 'ENOENT',
    'deregister twice': 'ENOENT',
  };
}

const USER_REFUSALS = {
  'register nothing': 'EINVAL',
  'register for nobody': 'EINVAL',
  'register what is not there': 'EFAULT',
  'register what may not be written': 'EFAULT',
};

const DMABUF_REFUSALS = {
  'register a part': 'EINVAL',
  'register for nobody': 'EINVAL',
  'register what is no dma-buf': 'EINVAL',
  'register no file': 'EBADF',
};
