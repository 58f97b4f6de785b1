/** Measurements use the disk below this, the check that the driver works uses it above. In KiB. */
export const COST_REGION_KIB = 16 * 1024;

/** The disk area of a thread of guest/tools/churn, and that of the thread that uses the page cache. In KiB. */
export const CHURN_KIB = 2048;
export const CHURN_CACHED_KIB = 24 * 1024;

/** Size of the region that only the host knows and the guest must read correctly. In KiB. */
export const SECRET_KIB = 1024;
