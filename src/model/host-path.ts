/** Where a system keeps the programs of its administrator, chroot(8) among them. Debian's PATH for ordinary users has none of these. */
const SYSTEM = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** A PATH by which any program of the host is found; what the user's own has comes first. */
export function hostPath(path = process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'): string {
  const own = path.split(':');
  return [...own, ...SYSTEM.filter((dir) => !own.includes(dir))].join(':');
}
