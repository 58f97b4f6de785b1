/* SPDX-License-Identifier: GPL-2.0 */
/* What builders ask of memory. */
#ifndef PHYR_MM_MM_H
#define PHYR_MM_MM_H

#include "phyr/build.h"

#include "../lib/lib.h"

/* rq.c */

/**
 * phyr_list_kind - set or check the kind of memory of a list by what is to be appended
 * @list:	the list
 * @page:	a page of it
 *
 * Return: 0; -EXDEV if the list holds another kind; -EOPNOTSUPP for pages that no device can reach.
 */
int phyr_list_kind(struct phyr_list *list, const struct page *page);

/* pageless.c */
bool phyr_has_pages(const struct phys_vec *vec);

#endif /* PHYR_MM_MM_H */
