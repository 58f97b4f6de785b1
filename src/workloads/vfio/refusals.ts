/** What every API must refuse. Pure. */
import type { IommuApi } from '../shared/iospace.js';

/** Something that every API must refuse, as a command of guest/tools/iospace.c for one API. */
export interface Refusal {
  what: string;
  command(api: IommuApi): string;
  errno: string;
  /** iommufd's errno, if it is another one. */
  iommufd?: string;
}

export function errnoDue({ errno, iommufd }: Refusal, api: IommuApi): string {
  return api === 'iommufd' || api === 'compat' ? (iommufd ?? errno) : errno;
}

const hex = (n: number | bigint): string => `0x${n.toString(16)}`;
const PAGE = 4096;

/** Fields of phyr_domain's requests that are reserved and must be 0. */
const RESERVED_FIELDS = ['map.flags', 'map.reserved', 'unmap.flags', 'unmap.reserved', 'unmap.unmapped'];

/**
 * What phyr_domain alone must refuse: each reserved field that is not 0. `free`: an address where nothing is mapped.
 */
export function reservedFields(free: number): Refusal[] {
  return RESERVED_FIELDS.map((field) => ({
    what: `${field} that is not 0`,
    command: (api) => `reserved ${api} ${field} ${hex(free)}`,
    errno: 'EINVAL',
  }));
}

/** `iova`: where the whole memory is mapped. `free`: where nothing is. */
export function refusals(iova: number, free: number, bytes: number): Refusal[] {
  const map = (at: number | bigint, memory: string | number, length: number, access: string) => (api: IommuApi) =>
    `map ${api} ${hex(at)} ${memory} ${length} ${access}`;
  const unmap = (at: number, length: number) => (api: IommuApi) => `unmap ${api} ${hex(at)} ${length}`;
  return [
    { what: 'map what is mapped', command: map(iova, 0, bytes, 'rw'), errno: 'EEXIST' },
    {
      what: 'map over the end of what is mapped',
      command: map(iova + bytes - PAGE, 0, 2 * PAGE, 'rw'),
      errno: 'EEXIST',
    },
    { what: 'map at no page', command: map(free + 512, 0, PAGE, 'rw'), errno: 'EINVAL' },
    { what: 'map part of a page', command: map(free, 0, PAGE + 512, 'rw'), errno: 'EINVAL' },
    { what: 'map from inside a page', command: map(free, 512, PAGE, 'rw'), errno: 'EINVAL' },
    { what: 'map nothing', command: map(free, 0, 0, 'rw'), errno: 'EINVAL' },
    { what: 'map for nobody', command: map(free, 0, PAGE, '-'), errno: 'EINVAL' },
    { what: 'map beyond the last address', command: map(2n ** 64n - 4096n, 0, 2 * PAGE, 'rw'), errno: 'EOVERFLOW' },
    { what: 'map where interrupts go', command: map(0xfee00000, 0, PAGE, 'rw'), errno: 'EINVAL' },
    { what: 'map what the process has not', command: map(free, '@none', PAGE, 'rw'), errno: 'EFAULT' },
    { what: 'map what the process may not write', command: map(free, '@readonly', PAGE, 'rw'), errno: 'EFAULT' },
    { what: 'unmap a part', command: unmap(iova, PAGE), errno: 'EINVAL', iommufd: 'ENOENT' },
    { what: 'unmap from the middle on', command: unmap(iova + PAGE, bytes), errno: 'EINVAL', iommufd: 'ENOENT' },
    { what: 'unmap at no page', command: unmap(iova + 512, PAGE), errno: 'EINVAL', iommufd: 'ENOENT' },
    { what: 'unmap nothing', command: unmap(iova, 0), errno: 'EINVAL' },
  ];
}
