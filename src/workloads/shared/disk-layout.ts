/** What is measured on a disk stays below this, and what shows that the driver works above it. KiB. */
export const COST_REGION_KIB = 16 * 1024;

/** What a thread of guest/tools/churn owns of the disk, and what the one that goes through the page cache owns, in KiB. */
export const CHURN_KIB = 2048;
export const CHURN_CACHED_KIB = 24 * 1024;

/** Size of the region that only the host knows and the guest must read correctly, in KiB. */
export const SECRET_KIB = 1024;
