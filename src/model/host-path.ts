/** Folders with programs for administrators, such as chroot(8). They are not in Debian's PATH for ordinary users. */
const SYSTEM = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** A PATH that finds any program of the host. The user's own comes first. */
export function hostPath(path = process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'): string {
  const own = path.split(':');
  return [...own, ...SYSTEM.filter((dir) => !own.includes(dir))].join(':');
}
