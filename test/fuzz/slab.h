/* SPDX-License-Identifier: GPL-2.0 */
/* What a test may ask of the caches that stand for the kernel's. */
#ifndef FUZZ_SLAB_H
#define FUZZ_SLAB_H

#include <stdbool.h>
#include <stddef.h>

/* Let @n more allocations succeed and the next one fail; below 0: never fail. */
void slab_fail_after(int n);
/* Has the armed failure happened?  Asking disarms. */
bool slab_failed(void);
/* Bytes allocated and not freed. */
size_t slab_live(void);

#endif /* FUZZ_SLAB_H */
