// SPDX-License-Identifier: GPL-2.0
/*
 * iospace: what a device still reaches when its memory was just unmapped.
 *
 * The device writes to every page before, so that the IOMMU has all translations in its IOTLB.  A
 * flush of too small a range then leaves some of them behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "iospace.h"

#define PAGE	4096UL

/* Part of a page: each word that is refused is a line in the emulator's trace. */
#define PART	4

/* Print the pages of "N,N,..." that the device still reaches; 0 or the errno of a device that did not answer. */
static int print_reached(struct client *p, uint64_t iova, const uint64_t *frame, uint64_t pages, const char *tried)
{
	const char *comma = "";
	char *end;

	for (; *tried; tried = end + (*end == ',')) {
		uint64_t page = strtoull(tried, &end, 10);
		int err;

		if (end == tried || page >= pages)
			return EINVAL;
		err = device_write(p, iova + page * PAGE, frame[page], PART);
		if (err && err != EFAULT && err != ENXIO)
			return err;
		if (err != EFAULT) {
			printf("%s%" PRIu64, comma, page);
			comma = ",";
		}
	}
	return 0;
}

/**
 * sweep - map memory, let the device write to each page, unmap, and let it try some pages again
 * @p:		the device
 * @iova:	where to map it
 * @addr:	address of the memory
 * @frame:	physical address of each page
 * @pages:	number of pages
 * @tried:	the pages to try, "N,N,..."
 */
void sweep(struct client *p, uint64_t iova, uint64_t addr, const uint64_t *frame, uint64_t pages, const char *tried)
{
	uint64_t unmapped = 0, touched = 0;
	int err = p->api->map(p, iova, addr, pages * PAGE, MAY_READ | MAY_WRITE);

	while (!err && touched < pages) {
		err = device_write(p, iova + touched * PAGE, frame[touched], PART);
		touched += !err;
	}
	if (!err)
		err = p->api->unmap(p, iova, pages * PAGE, &unmapped);
	printf("{\"sweep\":{\"touched\":%" PRIu64 ",\"reached\":[", touched);
	if (!err)
		err = print_reached(p, iova, frame, pages, tried);
	if (err)
		printf("],\"errno\":\"%s\"}}\n", errno_name(err));
	else
		printf("],\"errno\":null}}\n");
}
