/** A size for people: 512 B, 64 KiB, 1.5 GiB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${+value.toFixed(1)} ${units[unit]}`;
}

/** In the largest unit that gives a whole number: `1 MiB`, `1154 MiB`. */
export function sizeName(kib: number): string {
  if (kib % (1 << 20) === 0) return `${kib >> 20} GiB`;
  return kib % 1024 === 0 ? `${kib / 1024} MiB` : `${kib} KiB`;
}
