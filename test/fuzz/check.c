// SPDX-License-Identifier: GPL-2.0
/* The questions that a list answers, asked and compared with the model. */
#include "dma/dma.h"
#include "state.h"

static void check_head(const struct phyr_list *list, const struct model *m)
{
	u64 end = 0, gaps = 0, len = 0;

	for (size_t i = 0; i < m->nr; i++) {
		u64 stop = m->vec[i].paddr + m->vec[i].len;

		len += m->vec[i].len;
		if (stop > end)
			end = stop;
		if (i)
			gaps |= m->vec[i].paddr;
		if (i + 1 < m->nr)
			gaps |= stop;
	}
	CHECK(list->len == len && list->len == m->len, "length");
	CHECK(list->nr == m->nr, "%u chunks, not %zu", list->nr, m->nr);
	CHECK(list->end == end, "highest end");
	CHECK(list->gaps == gaps, "inner boundaries");
	if (!m->nr)
		return;
	CHECK(list->first == m->vec[0].paddr, "first address");
	CHECK(list->mem == m->mem && list->provider == m->provider, "kind of memory");
	CHECK(phyr_list_align(list) ==
	      (gaps | m->vec[0].paddr | (m->vec[m->nr - 1].paddr + m->vec[m->nr - 1].len)),
	      "alignment");
}

/* Links: none above a page, and each says rightly where its memory begins. */
static void check_links(const struct phyr_list *list)
{
	const struct phyr_node *node;
	size_t bytes = sizeof(*list);

	for (node = list->head; node; node = node->next) {
		bytes += sizeof(*node) + node->cap * sizeof(u64);
		CHECK(sizeof(*node) + node->cap * sizeof(u64) <= PAGE_SIZE, "a link above a page");
		CHECK(!list->tail || node == list->tail || node->nr <= node->cap, "words of a link");
		CHECK(!list->tail || node->next || node == list->tail, "the tail is not the last link");
	}
	CHECK(phyr_list_meta_bytes(list) == bytes, "bytes of metadata");
}

void check_list(struct pair *p)
{
	const struct model *m = &p->model;
	struct phyr_iter it;
	size_t i = 0;

	check_head(&p->list, m);
	check_links(&p->list);
	phyr_for_each(it, &p->list) {
		CHECK(i < m->nr, "too many chunks");
		CHECK(it.cur.paddr == m->vec[i].paddr && it.cur.len == m->vec[i].len,
		      "chunk %zu of %zu: %#llx +%#llx, not %#llx +%#llx", i, m->nr,
		      it.cur.paddr, (u64)it.cur.len, m->vec[i].paddr, (u64)m->vec[i].len);
		i++;
	}
	CHECK(i == m->nr, "%zu chunks of %zu", i, m->nr);
	CHECK(!phyr_iter_next(&it), "more after the end");
}

/* Walk [offset, offset + len) of a mapping; the whole list by the whole list's own iterator. */
static void walk(struct pair *p, struct phyr_map *map, u64 offset, u64 len)
{
	bool whole = !offset && len == p->list.len;
	u64 end = offset + len, run, addr;
	struct phyr_dma_iter it;

	if (whole)
		phyr_dma_iter_init(&it, map);
	else
		phyr_dma_iter_init_part(&it, map, offset, len);
	while (phyr_dma_iter_next(&it)) {
		CHECK(offset < end, "ranges beyond the end");
		if (map->shape == PHYR_SHAPE_SINGLE) {
			addr = map->addr + offset;
			run = end - offset;
		} else {
			addr = model_at(&p->model, offset, &run) + map->addr;
			if (run > end - offset)
				run = end - offset;
		}
		CHECK(it.range.addr == addr, "range at %#llx, not %#llx", it.range.addr, addr);
		CHECK(it.range.len == longest(addr, run, map->max_seg, map->boundary),
		      "range of %#x", it.range.len);
		CHECK(!it.range.flags, "flags");
		offset += it.range.len;
	}
	CHECK(offset == end, "ranges up to %#llx, not %#llx", offset, end);
}

/* Room for one more range at the end. */
static struct phyr_dma_range *more_array(struct phyr_map *map, struct phyr_node **tail, u64 offset)
{
	struct phyr_node *node = *tail;

	if (!node || node->nr + 2 > node->cap) {
		node = phyr_node_alloc(node ? 500 : 2, GFP_KERNEL);
		node->offset = offset;
		if (*tail)
			(*tail)->next = node;
		else
			map->array = node;
		*tail = node;
	}
	node->nr += 2;
	return (struct phyr_dma_range *)&node->word[node->nr - 2];
}

/*
 * The array that mapping each chunk for itself would give; only lists whose chunks fit a range.
 * @empty: bits that say before which chunks a range without bytes stands, and whether at the end.
 */
static bool make_array(struct pair *p, struct phyr_map *map, u8 empty)
{
	struct phyr_node *tail = NULL;
	u64 offset = 0;

	map->array = NULL;
	for (size_t i = 0; i < p->model.nr; i++)
		if (p->model.vec[i].len > 0xfffff000)
			return false;
	for (size_t i = 0; i < p->model.nr; i++) {
		if (empty >> i % 7 & 1)
			*more_array(map, &tail, offset) = (struct phyr_dma_range){ .addr = map->addr + i };
		*more_array(map, &tail, offset) = (struct phyr_dma_range){
			.addr = p->model.vec[i].paddr + map->addr,
			.len = p->model.vec[i].len,
		};
		offset += p->model.vec[i].len;
	}
	if (empty & 0x80)
		*more_array(map, &tail, offset) = (struct phyr_dma_range){ };
	return true;
}

void check_ranges(struct pair *p, struct bytes *in)
{
	struct phyr_map map = { .list = &p->list, .len = p->list.len };
	u8 limits = byte(in);
	u64 offset, len;

	any_part(p, in, &offset, &len);
	if (!p->list.len || offset > p->list.len || len > p->list.len - offset || p->list.len >> 44)
		return;
	/* Not so small that a terabyte is cut into a million pieces. */
	map.max_seg = limits & 1 ? ~0xfffu : max(4096ul << (limits & 15), p->list.len >> 12 & 0xfffff000);
	map.boundary = limits & 0x80 ? ~0ull : max(4096ull << (limits >> 4), 1ull << (63 - __builtin_clzll(p->list.len | 1)) >> 10) - 1;
	map.addr = word(in, 5) << 12;
	TRACE("ranges %#llx +%#llx: max_seg %#x boundary %#llx addr %#llx", offset, len, map.max_seg,
	      map.boundary, map.addr);
	map.shape = PHYR_SHAPE_SAME;
	walk(p, &map, 0, p->list.len);
	walk(p, &map, offset, len);
	map.shape = PHYR_SHAPE_SINGLE;
	walk(p, &map, 0, p->list.len);
	walk(p, &map, offset, len);
	map.shape = PHYR_SHAPE_ARRAY;
	if (!make_array(p, &map, byte(in)))
		return;
	CHECK(phyr_map_meta_bytes(&map) == sizeof(map) + phyr_chain_bytes(map.array), "bytes of an array");
	walk(p, &map, 0, p->list.len);
	walk(p, &map, offset, len);
	phyr_chain_free(map.array);
}
