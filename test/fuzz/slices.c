// SPDX-License-Identifier: GPL-2.0
/* Parts of lists, and lists as text, compared with what the model makes of them. */
#include "lib/lib.h"
#include "state.h"

u64 longest(u64 addr, u64 run, u64 max_seg, u64 boundary)
{
	u64 to_boundary = boundary - (addr & boundary);	/* less one */

	if (run > max_seg)
		run = max_seg;
	if (run - 1 > to_boundary)
		run = to_boundary + 1;
	return run;
}

/* A byte of the list that matters: where a chunk begins or ends, one off, or any. */
static u64 any_offset(const struct pair *p, struct bytes *in)
{
	const struct model *m = &p->model;
	u8 how = byte(in);
	u64 offset = 0;

	if (!m->nr)
		return how & 1;
	if (how & 1)
		return word(in, 6) % (m->len + 1);
	for (size_t n = (u64)word(in, 2) * m->nr >> 16, i = 0; i < n; i++)
		offset += m->vec[i].len;
	return offset + (how >> 1 & 3) - 1;
}

void any_part(const struct pair *p, struct bytes *in, u64 *offset, u64 *len)
{
	u64 end = any_offset(p, in);

	*offset = any_offset(p, in);
	*len = end - *offset;
	/* Backwards: nearly always longer than the list. */
	if (end < *offset && byte(in) & 7) {
		*len = *offset - end;
		*offset = end;
	}
}

void check_seek(struct pair *p, struct bytes *in)
{
	u64 offset = any_offset(p, in), run;
	struct phyr_iter it;
	bool found;

	u8 how = byte(in);

	TRACE("seek %#llx%s", offset, how & 1 ? " by an index" : "");
	memset(&it, 0xa5, sizeof(it));
	if (how & 1 && offset < p->model.len) {
		struct phyr_index index = { };
		int err;

		slab_fail_after(how & 2 ? how >> 2 : -1);
		err = phyr_index_build(&index, &p->list, GFP_KERNEL);
		CHECK((err == -ENOMEM) == slab_failed(), "index: %d", err);
		CHECK(!err || !index.top, "half an index is left");
		if (err)
			return;
		phyr_index_seek(&index, &it, &p->list, offset);
		phyr_index_free(&index);
		found = true;
	} else {
		found = phyr_iter_seek(&it, &p->list, offset);
	}
	CHECK(found == (offset < p->model.len), "found: %d", found);
	for (; found; found = phyr_iter_next(&it)) {
		CHECK(it.cur.paddr == model_at(&p->model, offset, &run) && it.cur.len == run,
		      "%#llx +%#llx at %#llx", it.cur.paddr, (u64)it.cur.len, offset);
		offset += run;
		if (offset == p->model.len)
			break;
	}
	CHECK(!phyr_iter_next(&it), "more after the end");
}

void check_slice(struct pair *p, struct bytes *in)
{
	u64 max_seg = U64_MAX, boundary = U64_MAX, offset, len, done = 0, run, addr;
	struct phyr_slice slice, sub;
	struct phyr_slice_iter it;
	u8 limits = byte(in);
	int err;

	any_part(p, in, &offset, &len);
	/* Not so small that a terabyte is cut into a million pieces. */
	if (limits & 1)
		max_seg = (len >> 10) + 1 + word(in, 2);
	if (limits & 2)
		boundary = (1ull << (limits >> 3)) * (len + 1 > 1ull << 40 ? 1ull << 33 : 1 + (len >> 10 ? 1ull << (53 - __builtin_clzll(len)) : 0)) - 1;
	/* A mask is all ones at the bottom. */
	while (boundary & (boundary + 1))
		boundary |= boundary >> 1;
	TRACE("slice %#llx +%#llx, max_seg %#llx boundary %#llx", offset, len, max_seg, boundary);

	err = phyr_slice_init(&slice, &p->list, offset, len);
	if (offset > p->model.len || len > p->model.len - offset) {
		CHECK(err == -ERANGE, "%d for what is not there", err);
		return;
	}
	CHECK(!err, "%d", err);
	if (limits & 4) {
		u64 skip = len / 3;

		CHECK(phyr_slice_sub(&sub, &slice, skip, len - skip + 1) == -ERANGE, "a part beyond the end");
		CHECK(phyr_slice_sub(&sub, &slice, len + 1, 0) == -ERANGE, "a part after the end");
		CHECK(!phyr_slice_sub(&slice, &slice, skip, len - skip), "a part of a slice");
		offset += skip;
		len -= skip;
	}

	phyr_slice_iter_init(&it, &slice, max_seg, boundary);
	while (phyr_slice_iter_next(&it)) {
		CHECK(done < len, "more than the slice");
		addr = model_at(&p->model, offset + done, &run);
		run = longest(addr, run < len - done ? run : len - done, max_seg, boundary);
		CHECK(it.cur.paddr == addr && it.cur.len == run, "%#llx +%#llx, not %#llx +%#llx",
		      it.cur.paddr, (u64)it.cur.len, addr, run);
		done += run;
	}
	CHECK(done == len, "%#llx bytes", done);
	CHECK(!phyr_slice_iter_next(&it), "more after the end");
}

void check_print(struct pair *p, struct bytes *in)
{
	size_t size = word(in, 2), done, left = p->model.nr;
	char *buf, *line, *next;

	buf = malloc(size + 1);
	buf[size] = 'x';
	done = phyr_list_print(&p->list, buf, size);
	TRACE("print %zu -> %zu", size, done);
	CHECK(buf[size] == 'x', "written beyond the end");
	CHECK(!size || (done < size && strlen(buf) == done), "%zu bytes in %zu", done, size);
	/* Room for the first line and for how many are missing. */
	if (size >= 200) {
		static const char * const names[] = { "no memory", "ram", "p2p", "pageless", "mmio" };
		char want[100];

		CHECK(buf[done - 1] == '\n', "a broken line");
		snprintf(want, sizeof(want), "%s %s, %llu bytes in %zu chunks, end %#llx, align ",
			 p->list.format == PHYR_PLAIN ? "phyr16" : "phyr8",
			 names[p->model.nr ? p->model.mem : PHYR_MEM_NONE],
			 p->model.len, p->model.nr, p->list.end);
		CHECK(!strncmp(buf, want, strlen(want)), "first line: %s", buf);
		for (line = strchr(buf, '\n') + 1; *line; line = next) {
			const struct phys_vec *vec = &p->model.vec[p->model.nr - left];

			next = strchr(line, '\n') + 1;
			CHECK(left, "a line too many: %s", line);
			snprintf(want, sizeof(want), "%#llx +%#llx\n", vec->paddr, (u64)vec->len);
			if (!strncmp(line, want, strlen(want))) {
				left--;
				continue;
			}
			snprintf(want, sizeof(want), "%zu more\n", left);
			CHECK(!strcmp(line, want), "line: %s, not %s", line, want);
			CHECK(done + 80 > size, "there was room for more");
			left = 0;
		}
		CHECK(!left, "%zu chunks are missing", left);
	}
	free(buf);
}
