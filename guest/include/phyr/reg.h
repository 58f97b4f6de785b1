/* SPDX-License-Identifier: GPL-2.0 */
/* Registered lists: mapped once, used by many I/Os, revocable at any time. */
#ifndef PHYR_REG_H
#define PHYR_REG_H

#include "map.h"

struct phyr_reg;
struct sg_table;

/**
 * phyr_reg_create - register a list with a device: map it once, for many I/Os
 * @dev:	the device; its driver must revoke the registration before it is unbound
 * @list:	the list, not empty; must not change until phyr_reg_revoke() has returned
 * @dir:	directions that I/Os may have; DMA_BIDIRECTIONAL allows both
 * @attrs:	DMA_ATTR_*, as for phyr_dma_map()
 *
 * Context: May sleep.
 * Return: the registration with one reference, for phyr_reg_put(); or an error of phyr_dma_map() as
 * a pointer.
 */
struct phyr_reg *phyr_reg_create(struct device *dev, const struct phyr_list *list,
				 enum dma_data_direction dir, unsigned long attrs);

/**
 * phyr_reg_from_sgt - register memory that is already mapped for the device
 * @dev:	the device
 * @table:	a mapped table, e.g. from dma_buf_map_attachment(); only its DMA side is read, and
 *		only during this call; it must stay mapped until phyr_reg_revoke() has returned
 * @dir:	direction that it was mapped for
 *
 * Syncs for CPU and device are up to the owner of the mapping.
 *
 * Context: May sleep.
 * Return: the registration with one reference; -EINVAL for a table without mapped entries; -EIO for
 * addresses beyond the device's DMA mask; -EFAULT if the IOMMU translates only some of its
 * addresses; -ENOMEM.
 */
struct phyr_reg *phyr_reg_from_sgt(struct device *dev, const struct sg_table *table,
				   enum dma_data_direction dir);

/**
 * phyr_reg_close - refuse new I/Os on a registration
 * @reg: a registration that the caller has a reference to
 *
 * The first half of phyr_reg_revoke(); it does not wait.  To revoke many registrations, close all
 * of them first.
 *
 * Context: Any.  Idempotent.
 */
void phyr_reg_close(struct phyr_reg *reg);

/**
 * phyr_reg_revoke - revoke a registration
 * @reg: a registration that the caller has a reference to
 *
 * Refuses new I/Os, waits for those in flight, then unmaps the list.  When it returns, the device
 * has no access through @reg and the caller may change the list.  The caller must not hold up an
 * I/O on
 * @reg that is in flight.
 *
 * Context: May sleep until the I/Os end.  Concurrent callers all wait.  Idempotent.
 */
void phyr_reg_revoke(struct phyr_reg *reg);

/**
 * phyr_reg_get - take a reference to a registration
 * @reg: a registration that the caller has a reference to
 *
 * A reference keeps the structure, not the mapping: the registration may be revoked.
 *
 * Context: Any.
 */
void phyr_reg_get(struct phyr_reg *reg);

/**
 * phyr_reg_put - drop a reference to a registration
 * @reg: a registration that the caller has a reference to
 *
 * Dropping the last reference revokes and frees it.
 *
 * Context: May sleep.
 */
void phyr_reg_put(struct phyr_reg *reg);

/**
 * struct phyr_reg_io - an I/O on a part of a registration
 * @reg:	the registration (private)
 * @map:	its mapping (private)
 * @offset:	start of the part, in bytes from the start of the list
 * @len:	length of the part in bytes
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
 * @reg:	a registration that the caller has a reference to
 * @io:		initialised for phyr_reg_end(); memory of the caller
 * @offset:	start of the part, in bytes from the start of the list
 * @len:	bytes, not 0
 * @dir:	direction of the transfer
 *
 * Nothing is mapped and no IOTLB is flushed.  Bounce buffers and CPU caches are synced for the
 * part. The mapping and @reg stay until phyr_reg_end().
 *
 * Context: Any.
 * Return: 0; -ENODEV once the registration is being revoked; -ERANGE for a part outside the list;
 * -EACCES for a direction that it was not registered for.
 */
int phyr_reg_begin(struct phyr_reg *reg, struct phyr_reg_io *io, u64 offset, u64 len,
		   enum dma_data_direction dir);

/**
 * phyr_reg_iter_init - start to walk the ranges of an I/O on a registration
 * @it:		the iterator, for phyr_dma_iter_next()
 * @io:		an I/O that has begun
 *
 * Uses an index made by phyr_reg_create(), so the cost does not depend on the length of the list.
 *
 * Context: Any.
 */
void phyr_reg_iter_init(struct phyr_dma_iter *it, const struct phyr_reg_io *io);

/* Size of a page of a table, and of the pages that its entries point to. */
#define PHYR_TABLE_PAGE		4096U

/**
 * phyr_reg_tabulate - make a table of the bus addresses of all pages of a registration
 * @reg:	a registration that the caller has a reference to; no I/O has begun
 *
 * The table is in coherent DMA memory, 8 bytes for each page: little-endian 64-bit bus addresses in
 * pages of PHYR_TABLE_PAGE bytes, where the last entry of a page is the bus address of the next
 * page. This is the format of an NVMe PRP list.  The table is freed when the registration is
 * revoked.
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if a DMA range other than the first begins, or other than the last ends,
 * inside a page; -ENOMEM; -ENODEV if the registration was revoked.
 */
int phyr_reg_tabulate(struct phyr_reg *reg);

/**
 * struct phyr_reg_pages - an I/O in the table of its registration
 * @first:	bus address of the first byte
 * @more:	number of pages after the page of the first byte
 * @room:	number of table entries from that of the second page to the end of its table page,
 *		if
 *		@more is not 0.  NVMe reads the last entry of a table page as a page, not as a
 *		link, if the transfer ends there: @table cannot be used for exactly @room + 1 pages.
 * @second:	bus address of the second page, if @more is not 0
 * @table:	bus address of the table entry of the second page, if @more is not 0
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
 * @pages:	receives the result
 *
 * O(1) in the length of the I/O and of the list.
 *
 * Context: Any.
 */
void phyr_reg_pages(const struct phyr_reg_io *io, struct phyr_reg_pages *pages);

/**
 * enum phyr_block_why - what limited the size of the blocks
 * @PHYR_BLOCK_LARGEST:		the device supports no larger ones
 * @PHYR_BLOCK_ENOUGH:		one block holds all of the memory
 * @PHYR_BLOCK_BOUNDARY:	a larger block would span two DMA ranges
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
 * @nr:		number of blocks
 * @lead:	offset of the first byte in the first block
 * @at:		BOUNDARY: offset in the list where two ranges meet inside a larger block
 * @why:	enum phyr_block_why
 *
 * Blocks are aligned to their size.  The first and the last block may extend beyond the memory: the
 * device must be told @lead and the length as well.
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
 * phyr_reg_blocks - find the largest blocks that describe a registration
 * @reg:	a registration that the caller has a reference to
 * @sizes:	bit n set: the device supports blocks of 1 << n bytes
 * @blocks:	receives the result
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if no size in @sizes fits; -ENODEV if the registration was revoked.
 */
int phyr_reg_blocks(struct phyr_reg *reg, u64 sizes, struct phyr_reg_blocks *blocks);

/**
 * phyr_reg_fill_blocks - get the bus address of every block
 * @reg:	the registration
 * @blocks:	result of phyr_reg_blocks() for it
 * @addr:	receives blocks->nr addresses
 *
 * Context: May sleep.
 * Return: 0 or -ENODEV if the registration was revoked.
 */
int phyr_reg_fill_blocks(struct phyr_reg *reg, const struct phyr_reg_blocks *blocks, u64 *addr);

/**
 * phyr_reg_meta_bytes - memory that a registration occupies
 * @reg:	a registration that the caller has a reference to
 *
 * Context: May sleep.
 * Return: bytes, without the list, the table and the IOMMU's page tables.
 */
size_t phyr_reg_meta_bytes(struct phyr_reg *reg);

/**
 * phyr_reg_end - end an I/O on a registration
 * @io: from phyr_reg_begin(); the device must have finished
 *
 * After this, the CPU can read what the device has written.
 *
 * Context: Any.
 */
void phyr_reg_end(struct phyr_reg_io *io);

#endif /* PHYR_REG_H */
