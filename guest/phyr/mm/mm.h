/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the builders. */
#ifndef PHYR_MM_MM_H
#define PHYR_MM_MM_H

#include "phyr/build.h"

#include "../lib/lib.h"

/* rq.c */

/**
 * phyr_list_kind - set the kind of an empty list, or check that a page is of the same kind
 * @list:	the list
 * @page:	the page to append next
 *
 * Return: 0; -EXDEV if the list has another kind or provider; -EOPNOTSUPP for pages that no device
 * may access.
 */
int phyr_list_kind(struct phyr_list *list, const struct page *page);

/* pageless.c */
bool phyr_has_pages(const struct phys_vec *vec);

#endif /* PHYR_MM_MM_H */
