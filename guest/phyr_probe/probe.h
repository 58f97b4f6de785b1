/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of phyr_probe.ko. */
#ifndef PHYR_PROBE_PROBE_H
#define PHYR_PROBE_PROBE_H

#include <linux/dma-mapping.h>
#include <linux/nvme.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>

#include "phyr.h"
#include "uapi/phyr_probe.h"

struct iommu_domain;
struct request;
struct tracepoint;

/* layout.c */

/**
 * struct pprobe_memory - memory with a chosen physical layout
 * @nr_blocks:	number of @blocks
 * @nr_chunks:	number of chunks
 * @npages:	pages in use
 * @len:	bytes in use
 * @blocks:	the allocations
 * @chunk:	the chunks, none adjacent to another
 */
struct pprobe_memory {
	u32 nr_blocks;
	u32 nr_chunks;
	u32 npages;
	u64 len;
	struct page **blocks;
	struct phys_vec *chunk;
};

int pprobe_memory_check(const struct phyr_probe_memory *want);
int pprobe_memory_alloc(struct pprobe_memory *mem, const struct phyr_probe_memory *want, bool fill);
void pprobe_memory_free(struct pprobe_memory *mem);

/* backend.c */

/**
 * struct pprobe_mapping - a mapping by any backend
 * @dev:	the device
 * @mem:	the memory
 * @ops:	the backend
 * @dir:	direction
 * @prp:	DMA address of each page, set by consume(); has space for all pages of @mem
 * @nr_prp:	number of PRPs that consume() has found, perhaps more than fit
 * @ranges:	number of DMA ranges that consume() has found
 * @shape:	enum phyr_shape of the mapping, 0 for backends without phyrs
 * @meta_bytes:	memory of the description and the mapping
 * @table:	backend sg: the scatterlist
 * @addr:	backends page and iova (without IOVA space): DMA address of each piece
 * @iova:	backends iova and raw: the IOVA range
 * @list:	backends phyr16 and phyr8: the list
 * @map:	backends phyr16 and phyr8: the mapping
 * @priv:	other backends: private data
 */
struct pprobe_mapping {
	struct device *dev;
	const struct pprobe_memory *mem;
	const struct pprobe_backend *ops;
	enum dma_data_direction dir;
	u64 *prp;
	u32 nr_prp;
	u32 ranges;
	u32 shape;
	size_t meta_bytes;
	union {
		struct sg_table table;
		dma_addr_t *addr;
	};
	struct dma_iova_state iova;
	struct phyr_list list;
	struct phyr_map map;
	void *priv;
};

/**
 * struct pprobe_backend - a way to map memory
 * @init:	allocate; may sleep, not measured
 * @exit:	free what init() allocated
 * @build:	describe the memory; atomic, like all that follow
 * @map:	map it; nothing is mapped after an error
 * @consume:	set prp[]
 * @resolve:	set prp[] for every page, if consume() does not; NULL if it does; not measured
 * @unmap:	undo map()
 * @meta_bytes:	memory of the description and the mapping
 */
struct pprobe_backend {
	int (*init)(struct pprobe_mapping *m);
	void (*exit)(struct pprobe_mapping *m);
	int (*build)(struct pprobe_mapping *m);
	int (*map)(struct pprobe_mapping *m);
	void (*consume)(struct pprobe_mapping *m);
	void (*unmap)(struct pprobe_mapping *m);
	size_t (*meta_bytes)(struct pprobe_mapping *m);
	void (*resolve)(struct pprobe_mapping *m);
};

extern const struct pprobe_backend pprobe_backend_sg;
extern const struct pprobe_backend pprobe_backend_page;
extern const struct pprobe_backend pprobe_backend_iova;
extern const struct pprobe_backend pprobe_backend_raw;
extern const struct pprobe_backend pprobe_backend_iter;
extern const struct pprobe_backend pprobe_backend_phyr16;
extern const struct pprobe_backend pprobe_backend_phyr8;
extern const struct pprobe_backend pprobe_backend_reg;

int pprobe_mapping_init(struct pprobe_mapping *m, struct device *dev,
			const struct pprobe_memory *mem, u32 backend, u32 direction);
void pprobe_mapping_release(struct pprobe_mapping *m);
void pprobe_mapping_exit(struct pprobe_mapping *m);

/* Add the PRPs of a range.  PRPs that do not fit in prp[] are only counted. */
static __always_inline void pprobe_emit(struct pprobe_mapping *m, dma_addr_t addr, u64 len)
{
	u32 at = m->nr_prp;

	while (len) {
		u64 step = min_t(u64, len, PAGE_SIZE - offset_in_page(addr));

		if (at < m->mem->npages)
			m->prp[at] = addr;
		at++;
		addr += step;
		len -= step;
	}
	m->nr_prp = at;
	m->ranges++;
}

/* count.c */

/**
 * struct pprobe_counts - events counted
 * @allocs:		allocations of slab objects and pages
 * @alloc_bytes:	their bytes
 * @flushes:		IOTLB invalidation requests
 * @bounces:		ranges that were bounced
 */
struct pprobe_counts {
	u64 allocs;
	u64 alloc_bytes;
	u64 flushes;
	u64 bounces;
};

void pprobe_count_arm(void);
void pprobe_count_disarm(void);
bool pprobe_count_armed(void);
void pprobe_count_begin(void);
u32 pprobe_count_end(struct pprobe_counts *out);

/* cost.c, translate.c */
u64 pprobe_empty_cost(void);
void pprobe_summarise(u64 *sample, u32 n, u64 overhead, struct phyr_probe_cost *out);
int pprobe_map_cost(struct device *dev, struct phyr_probe_map_cost *arg);
int pprobe_translate(struct device *dev, struct phyr_probe_translate *arg);
phys_addr_t pprobe_to_phys(struct iommu_domain *domain, dma_addr_t addr);
bool pprobe_bounced_right(struct device *dev, phys_addr_t got, phys_addr_t want, u32 len,
			  bool content);
u32 pprobe_domain_kind(const struct iommu_domain *domain);

/* io.c */
int pprobe_io_cost(struct phyr_probe_io_cost *arg);

/* p2p.c */
void pprobe_p2p_forget(void);
bool pprobe_p2p_is_bus(struct device *dev, struct page *page);

/* prot.c */
int pprobe_prot_start(struct iommu_domain *domain, enum dma_data_direction dir);
void pprobe_prot_ignore(bool ignored);
void pprobe_prot_stop(u64 *checked, u64 *wrong);

/* user.c */
bool pprobe_user_pages(u64 addr, u32 nr, bool write, u64 *page);

/* asked.c */

/**
 * struct pprobe_asked - memory of a request without a bio, as its process passed it to the ioctl
 * @node:	private
 * @rq:		the request
 * @lead:	offset of the first byte in its page
 * @len:	bytes
 * @page:	physical addresses of the pages
 */
struct pprobe_asked {
	struct hlist_node node;
	const struct request *rq;
	u32 lead;
	u32 len;
	u64 page[];
};

const struct pprobe_asked *pprobe_asked(const struct request *rq);
void pprobe_asked_forget(void);
void pprobe_on_ctl_io(void *data, struct request *rq, const void *file, u32 handle, u64 addr,
		      u32 len);
void pprobe_on_ctl_buffer(void *data, const void *file, u32 handle, u64 addr, u64 len);

/* follow.c */

#define PPROBE_CTRL_PAGE	4096U	/* the controller's page: phyr_nvme sets CC.MPS = 0 */

/**
 * struct pprobe_prp_walk - position in the PRPs of a command
 * @domain:	IOMMU domain of the device
 * @prp2:	second PRP: a page if at most one page follows, else a list
 * @list:	current page of the list
 * @at:		index of the next entry in @list
 */
struct pprobe_prp_walk {
	struct iommu_domain *domain;
	u64 prp2;
	const __le64 *list;
	unsigned int at;
};

/**
 * struct pprobe_sgl_walk - position in the SGL of a command
 * @domain:	IOMMU domain of the device
 * @next:	descriptor in the command; its length is 0 once it has been used
 * @at:		DMA address of the next descriptor of the current segment
 * @left:	bytes of descriptors left in that segment
 * @segments:	segments entered so far
 * @last:	the current segment is a last segment
 */
struct pprobe_sgl_walk {
	struct iommu_domain *domain;
	struct nvme_sgl_desc next;
	u64 at;
	u32 left;
	u32 segments;
	bool last;
};

/**
 * struct pprobe_follow - position in a command's data
 * @is_sgl:	the command has an SGL
 * @sgl:	position in the SGL
 * @prp:	position in the PRPs
 * @addr:	DMA address of the next byte
 * @room:	bytes left at @addr in the page, or in the data block of the SGL
 */
struct pprobe_follow {
	bool is_sgl;
	struct pprobe_sgl_walk sgl;
	struct pprobe_prp_walk prp;
	u64 addr;
	u32 room;
};

void pprobe_follow_begin(struct pprobe_follow *f, struct iommu_domain *domain,
			 const struct nvme_command *cmd);
bool pprobe_follow_next(struct pprobe_follow *f, u64 left, u64 *iova);

/* watch.c */
int pprobe_watch_start(void);
int pprobe_watch_stop(void);
void pprobe_watch_read(struct phyr_probe_watch *arg);

/* domain.c */
int pprobe_follow_domain(struct phyr_probe_follow_domain *arg);
int pprobe_calls(struct phyr_probe_calls *arg);

/* pool.c */
int pprobe_pool_soil(struct phyr_probe_soil *arg);
void pprobe_calls_exit(void);

/* points.c */
struct tracepoint *pprobe_kernel_point(const char *name);

/* live.c */
int pprobe_live(struct phyr_probe_live *arg);
void pprobe_live_exit(void);

/* events.c */
extern raw_spinlock_t pprobe_events_lock;
void __pprobe_events_add(const struct phyr_probe_event *event);
void pprobe_events_add(const struct phyr_probe_event *event);
int pprobe_events_alloc(u32 room);
void pprobe_events_free(void);
int pprobe_events_read(struct phyr_probe_story_read *arg);

/* story.c */
int pprobe_story_start(const struct phyr_probe_story_start *arg);
int pprobe_story_stop(void);
int pprobe_story_read(struct phyr_probe_story_read *arg);
void pprobe_story_exit(void);

/* story_iommu.c */
int pprobe_story_hook(struct iommu_domain *domain);
void pprobe_story_unhook(void);

/* bars.c */
int pprobe_bars_find(void);
bool pprobe_in_bar(phys_addr_t phys);

#endif /* PHYR_PROBE_PROBE_H */
