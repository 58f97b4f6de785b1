/** What a person reads: `1 MiB`. */
export function sizeName(kib: number): string {
  if (kib % (1 << 20) === 0) return `${kib >> 20} GiB`;
  return kib % 1024 === 0 ? `${kib / 1024} MiB` : `${kib} KiB`;
}
