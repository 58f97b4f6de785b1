/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Planted defects: ways to break DMA mapping on purpose, so that every oracle can
 * be shown to notice.  Built only with PHYR_PLANTS=1; otherwise every helper here
 * is a constant and nothing is left of it in the object code.
 *
 * The one switch is phyr.ko's parameter "plant" (root may write it at run time); it
 * holds for the library and for every other backend that asks here.
 */
#ifndef PHYR_PLANT_H
#define PHYR_PLANT_H

#include <linux/dma-direction.h>
#include <linux/mm.h>
#include <linux/types.h>

/**
 * enum phyr_plant - what is broken at the moment
 * @PHYR_PLANT_NONE:		nothing
 * @PHYR_PLANT_SHORT_MAP:	"short-map": the last page of a mapping of more than one
 *				page is not mapped, but handed to the device all the
 *				same.  Shows under a translating IOMMU only: nothing is
 *				mapped where the device sees physical addresses.
 * @PHYR_PLANT_SKIP_UNMAP:	"skip-unmap": unmap does nothing, the mapping leaks
 * @PHYR_PLANT_SWAP_DIRECTION:	"swap-direction": to and from the device are exchanged
 * @PHYR_PLANT_BOTH_DIRECTIONS:	"both-directions": everything is mapped to and from the device
 *				when mapping and unmapping
 * @PHYR_PLANT_EARLY_UNMAP:	"early-unmap": the driver unmaps as soon as the device has
 *				the command (the driver's to honour)
 * @PHYR_PLANT_WRONG_LENGTH:	"wrong-length": the driver gives the device a wrong address
 *				or length, so that data lands in the wrong place (the
 *				driver's to honour)
 * @PHYR_PLANT_WRONG_BIAS:	"wrong-bias": a list that the device reads as it is gets a
 *				bias of one page, which only the check of each entry sees
 *				beforehand
 * @PHYR_PLANT_LEAK_ON_ERROR:	"leak-on-error": after a failure that a test asked for
 *				(phyr_fail.h), the first step that is to be undone is not
 * @PHYR_PLANT_WRONG_BUS_OFFSET: "wrong-bus-offset": peer-to-peer by bus address goes one page
 *				beyond the right place
 * @PHYR_PLANT_NO_MMIO:		"no-mmio": peer-to-peer through the host bridge is mapped as if
 *				it were RAM
 * @PHYR_PLANT_SKIP_SYNC:	"skip-sync": unmapping brings nothing back from bounce buffers
 * @PHYR_PLANT_WRONG_SLICE:	"wrong-slice": an I/O on a registered list begins a page later
 *				than asked, where there is a page left
 * @PHYR_PLANT_PIN_LEAK:	"pin-leak": unpinning forgets the first page of each chunk
 *				of a list longer than a page
 * @PHYR_PLANT_NO_PIN:		"no-pin": user memory is unpinned as soon as it is described, not
 *				when it is no longer used
 * @PHYR_PLANT_WRONG_ORDER:	"wrong-order": the size bits of a packed entry are one too small
 * @PHYR_PLANT_WRONG_IOVA:	"wrong-iova": the last chunk of several is entered into a domain of
 *				one's own a page late
 * @PHYR_PLANT_SWAP_RANGES:	"swap-ranges": the list of a dma-buf has the second range before
 *				the first
 * @PHYR_PLANT_SKIP_DRAIN:	"skip-drain": a registration that is taken back is unmapped without
 *				waiting for its I/O
 * @PHYR_PLANT_KEEP_IMPORT:	"keep-import": a dma-buf is given back to its exporter while the
 *				device goes on using it
 * @PHYR_PLANT_POST_TWICE:	"post-twice": the driver finds each completion twice, as from a
 *				device that posts it twice
 */
enum phyr_plant {
	PHYR_PLANT_NONE,
	PHYR_PLANT_SHORT_MAP,
	PHYR_PLANT_SKIP_UNMAP,
	PHYR_PLANT_SWAP_DIRECTION,
	PHYR_PLANT_BOTH_DIRECTIONS,
	PHYR_PLANT_EARLY_UNMAP,
	PHYR_PLANT_WRONG_LENGTH,
	PHYR_PLANT_WRONG_BIAS,
	PHYR_PLANT_LEAK_ON_ERROR,
	PHYR_PLANT_WRONG_BUS_OFFSET,
	PHYR_PLANT_NO_MMIO,
	PHYR_PLANT_SKIP_SYNC,
	PHYR_PLANT_WRONG_SLICE,
	PHYR_PLANT_PIN_LEAK,
	PHYR_PLANT_NO_PIN,
	PHYR_PLANT_WRONG_ORDER,
	PHYR_PLANT_WRONG_IOVA,
	PHYR_PLANT_SWAP_RANGES,
	PHYR_PLANT_SKIP_DRAIN,
	PHYR_PLANT_KEEP_IMPORT,
	PHYR_PLANT_POST_TWICE,
};

#ifdef PHYR_PLANTS
extern int phyr_plant_now;

/**
 * phyr_planted - is this defect switched on?
 * @plant: the defect
 *
 * Context: Any.
 * Return: true if it is; constant false where plants are not built in.
 */
static inline bool phyr_planted(enum phyr_plant plant)
{
	return READ_ONCE(phyr_plant_now) == plant;
}
#else
static inline bool phyr_planted(enum phyr_plant plant)
{
	return false;
}
#endif

struct phyr_reg_io;

#ifdef PHYR_PLANTS
/**
 * phyr_plant_unmap_reg - early-unmap for a registered list
 * @io:	an I/O that has begun on it
 *
 * Takes the IOMMU's translations of the whole list away, once; the registration stays as it was in
 * all else.  Nothing happens where the device sees physical addresses.
 */
void phyr_plant_unmap_reg(const struct phyr_reg_io *io);
#else
static inline void phyr_plant_unmap_reg(const struct phyr_reg_io *io)
{
}
#endif

/**
 * phyr_plant_len - the length that is really mapped
 * @len: the length that should be mapped, in bytes
 *
 * Return: @len, or one page less with short-map planted and more than a page to map.
 */
static inline size_t phyr_plant_len(size_t len)
{
	if (phyr_planted(PHYR_PLANT_SHORT_MAP) && len > PAGE_SIZE)
		return len - PAGE_SIZE;
	return len;
}

/**
 * phyr_plant_dir - the direction that is really mapped
 * @dir: the direction that should be mapped
 *
 * Return: @dir, or its opposite with swap-direction planted, or both with both-directions.
 */
static inline enum dma_data_direction phyr_plant_dir(enum dma_data_direction dir)
{
	if (phyr_planted(PHYR_PLANT_SWAP_DIRECTION)) {
		if (dir == DMA_TO_DEVICE)
			return DMA_FROM_DEVICE;
		if (dir == DMA_FROM_DEVICE)
			return DMA_TO_DEVICE;
	}
	if (phyr_planted(PHYR_PLANT_BOTH_DIRECTIONS))
		return DMA_BIDIRECTIONAL;
	return dir;
}

#endif /* PHYR_PLANT_H */
