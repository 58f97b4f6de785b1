/* SPDX-License-Identifier: GPL-2.0 */
/* Registered lists: mapped once, used by many I/Os, revocable while they run. */
#ifndef PHYR_REG_H
#define PHYR_REG_H

#include "map.h"

struct phyr_reg;
struct sg_table;

/**
 * phyr_reg_create - register a list with a device: map it once, for many I/Os
 * @dev:	the device; whoever drives it revokes the registration before it goes
 * @list:	the list, not empty; owned by the registration until phyr_reg_revoke() has returned
 * @dir:	directions that I/Os may have; DMA_BIDIRECTIONAL allows both
 * @attrs:	DMA_ATTR_*, as for phyr_dma_map()
 *
 * Context: May sleep.
 * Return: the registration, held once, or an error of phyr_dma_map() as a pointer.
 */
struct phyr_reg *phyr_reg_create(struct device *dev, const struct phyr_list *list,
				 enum dma_data_direction dir, unsigned long attrs);

/**
 * phyr_reg_from_sgt - register memory that somebody else has mapped for the device
 * @dev:	the device
 * @table:	a mapped table, e.g. of dma_buf_map_attachment(); only its DMA side is looked at,
 *		and only now, but it must stay mapped until phyr_reg_revoke() has returned
 * @dir:	what it was mapped for
 *
 * Whoever mapped it hands its bytes over between CPU and device, where that is needed.
 *
 * Context: May sleep.
 * Return: the registration, held once; -EINVAL for a table without mapped entries; -EIO if it has
 * addresses beyond the device's DMA mask; -EFAULT if the IOMMU translates only some of its
 * addresses; -ENOMEM.
 */
struct phyr_reg *phyr_reg_from_sgt(struct device *dev, const struct sg_table *table,
				   enum dma_data_direction dir);

/**
 * phyr_reg_close - refuse new I/Os on a registration
 * @reg: a registration that the caller holds
 *
 * The first half of phyr_reg_revoke(), which does not wait: whoever takes back many of them closes
 * all of them first.
 *
 * Context: Any.  Idempotent.
 */
void phyr_reg_close(struct phyr_reg *reg);

/**
 * phyr_reg_revoke - take a registration back
 * @reg: a registration that the caller holds
 *
 * New I/Os are refused at once; those under way are waited for, then the list is unmapped.  When
 * it returns, no device reaches the memory by way of @reg and the list is the caller's again.
 * Whoever calls it must not have an I/O of its own under way that waits for the return.
 *
 * Context: May sleep, as long as the I/Os take.  Any number of callers, all wait.
 */
void phyr_reg_revoke(struct phyr_reg *reg);

/**
 * phyr_reg_get - hold a registration once more
 * @reg: a registration that the caller holds
 *
 * Keeps the structure, not the mapping: what is held may have been revoked.
 *
 * Context: Any.
 */
void phyr_reg_get(struct phyr_reg *reg);

/**
 * phyr_reg_put - let go of a registration
 * @reg: a registration that the caller holds
 *
 * The last one revokes it and frees it.
 *
 * Context: May sleep.
 */
void phyr_reg_put(struct phyr_reg *reg);

/**
 * struct phyr_reg_io - one I/O on a part of a registration
 * @reg:	the registration (private)
 * @map:	its mapping (private)
 * @offset:	where the part begins, in bytes from the start of the list
 * @len:	its bytes
 * @dir:	direction of the transfer (private)
 */
struct phyr_reg_io {
	struct phyr_reg *reg;
	const struct phyr_map *map;
	u64 offset;
	u64 len;
	enum dma_data_direction dir;
};

/**
 * phyr_reg_begin - begin an I/O on a part of a registration
 * @reg:	a registration that the caller holds
 * @io:		receives what phyr_reg_end() needs; owned by the caller until then
 * @offset:	where the part begins, in bytes from the start of the list
 * @len:	its bytes, not 0
 * @dir:	direction of the transfer
 *
 * Nothing is mapped and no IOTLB touched; where the device reads bounce buffers, or caches have to
 * be cleaned, that is done for the part.  The I/O keeps the mapping, also without phyr_reg_get().
 *
 * Context: Any.
 * Return: 0; -ENODEV once the registration is being revoked; -ERANGE for a part that is not there;
 * -EACCES for a direction that it was not registered for.
 */
int phyr_reg_begin(struct phyr_reg *reg, struct phyr_reg_io *io, u64 offset, u64 len,
		   enum dma_data_direction dir);

/**
 * phyr_reg_iter_init - start to walk the ranges of an I/O on a registration
 * @it:		the iterator, for phyr_dma_iter_next()
 * @io:		an I/O that has begun
 *
 * No search through the list: it was indexed when it was registered.
 *
 * Context: Any.
 */
void phyr_reg_iter_init(struct phyr_dma_iter *it, const struct phyr_reg_io *io);

/* A page of a table, and what its entries are addresses of: the smallest that devices know. */
#define PHYR_TABLE_PAGE		4096U

/**
 * phyr_reg_tabulate - write down the bus address of every page of a registration
 * @reg:	a registration that the caller holds; no I/O has begun
 *
 * The table is in memory that the device can read, made of little-endian 64-bit addresses, in
 * links of PHYR_TABLE_PAGE bytes; the last entry of a link is the bus address of the next link.
 * That is a PRP list of NVMe, and what page tables of other devices are filled from.  8 bytes a
 * page.
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if the memory cannot be had in whole pages, its two ends left out;
 * -ENOMEM; -ENODEV if the registration was revoked.
 */
int phyr_reg_tabulate(struct phyr_reg *reg);

/**
 * struct phyr_reg_pages - an I/O in the table of its registration
 * @first:	bus address of its first byte
 * @more:	pages that follow the one of the first byte
 * @room:	entries from that of the second page to the end of its link, if there are @more.
 *		NVMe takes the last entry of a link for a page if it needs no more than that one: it
 *		cannot be given @room + 1 pages from here.
 * @second:	bus address of the second page, if there are @more
 * @table:	bus address of the entry of the second page, if there are @more
 */
struct phyr_reg_pages {
	dma_addr_t first;
	u32 more;
	u32 room;
	dma_addr_t second;
	dma_addr_t table;
};

/**
 * phyr_reg_pages - find the pages of an I/O on a registration that has a table
 * @io:		an I/O that has begun
 * @pages:	receives them
 *
 * Costs the same wherever the I/O is, however long it is, and however long the list.
 *
 * Context: Any.
 */
void phyr_reg_pages(const struct phyr_reg_io *io, struct phyr_reg_pages *pages);

/**
 * enum phyr_block_why - why blocks are as large as they are
 * @PHYR_BLOCK_LARGEST:		the device knows no larger ones
 * @PHYR_BLOCK_ENOUGH:		one of them holds all of the memory
 * @PHYR_BLOCK_BOUNDARY:	ranges for the device meet where a larger one does not end
 */
enum phyr_block_why {
	PHYR_BLOCK_LARGEST,
	PHYR_BLOCK_ENOUGH,
	PHYR_BLOCK_BOUNDARY,
};

/**
 * struct phyr_reg_blocks - a registration as blocks of one size
 * @addr:	bus address of its first byte
 * @size:	bytes of a block
 * @nr:		how many there are
 * @lead:	where in the first one the first byte is
 * @at:		BOUNDARY: the first byte at which a larger block would have to end and does not
 * @why:	enum phyr_block_why
 *
 * Each block is at a multiple of its size.  The first and the last reach beyond the memory where
 * that does not begin or end with them: it is for the device to know how much is meant.
 */
struct phyr_reg_blocks {
	dma_addr_t addr;
	u64 size;
	u64 nr;
	u64 lead;
	u64 at;
	u8 why;
};

/**
 * phyr_reg_blocks - find the largest blocks by which a device can be told of a registration
 * @reg:	a registration that the caller holds
 * @sizes:	bit n: the device knows blocks of 1 << n bytes
 * @blocks:	receives them
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if none of @sizes will do; -ENODEV if the registration was revoked.
 */
int phyr_reg_blocks(struct phyr_reg *reg, u64 sizes, struct phyr_reg_blocks *blocks);

/**
 * phyr_reg_fill_blocks - write down the bus address of every block
 * @reg:	the registration
 * @blocks:	what phyr_reg_blocks() has found for it
 * @addr:	receives blocks->nr addresses
 *
 * Context: May sleep.
 * Return: 0 or -ENODEV if the registration was revoked.
 */
int phyr_reg_fill_blocks(struct phyr_reg *reg, const struct phyr_reg_blocks *blocks, u64 *addr);

/**
 * phyr_reg_meta_bytes - memory that a registration takes
 * @reg:	a registration that the caller holds
 *
 * Context: May sleep.
 * Return: bytes, without the list, its table and what the IOMMU takes.
 */
size_t phyr_reg_meta_bytes(struct phyr_reg *reg);

/**
 * phyr_reg_end - end an I/O on a registration
 * @io: what phyr_reg_begin() gave; the device must be done with it
 *
 * A transfer to memory can be read by the CPU after this.
 *
 * Context: Any.
 */
void phyr_reg_end(struct phyr_reg_io *io);

#endif /* PHYR_REG_H */
