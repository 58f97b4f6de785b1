// SPDX-License-Identifier: GPL-2.0
/* Inputs as operations: bytes choose what is done to two lists, and each time both are compared with their models. */
#include "lib/lib.h"
#include "play.h"
#include "state.h"

bool tracing;

static struct pair pairs[2];
static char owners[2];

/*
 * Lengths that matter: within a page, up to the end of one, whole units of each size and just off
 * them, 4 GiB and more.
 */
static u64 any_length(struct bytes *in, u64 addr)
{
	u8 how = byte(in);
	u64 count = how & 0x20 ? 1024 + (byte(in) & 1) : 1 + (byte(in) & 0xf);

	switch (how & 7) {
	case 0: return count << 12;
	case 1: return count << 21;
	case 2: return count << 30;
	case 3: return how & 0x40 ? word(in, 2) : (count << 12) - (addr & 0xfff);
	case 4: return (count << 12) + (byte(in) - 128);
	case 5: return (4ull << 30) + ((u64)byte(in) << 12);
	case 6: return (count << 21) + ((u64)byte(in) << 12);
	default: return word(in, how & 0x40 ? 8 : 6);
	}
}

/* Addresses that matter: right after the last chunk, near it, anywhere, at the top. */
static u64 any_address(struct bytes *in, const struct model *m)
{
	const struct phys_vec *last = m->nr ? &m->vec[m->nr - 1] : NULL;
	u64 next = last ? last->paddr + last->len : 0x100000;
	u8 how = byte(in);

	switch (how & 7) {
	case 0: return next;
	case 1: return (next + 0x1fff) & ~0xfffull;
	case 2: return next + (how >> 3) + 1;
	case 3: return word(in, 4) << 12;
	case 4: return word(in, 6);
	case 5: return word(in, 3) << 21;
	case 6: return ~word(in, 3);
	default: return next - word(in, 2);
	}
}

/* An operation either succeeds as the model says or, with a failed allocation, leaves everything as it was. */
static bool settled(struct pair *p, int err)
{
	bool failed = slab_failed();

	CHECK((err == -ENOMEM) == failed, "%d, allocation failed: %d", err, failed);
	if (!failed)
		return true;
	/* Room is found before the head is touched. */
	CHECK(p->before.len == p->list.len && p->before.nr == p->list.nr &&
	      p->before.at == p->list.at && p->before.tail == p->list.tail, "changed by a failure");
	check_list(p);
	return false;
}

static void do_append(struct pair *p, struct bytes *in, int mem, void *owner, u64 addr, u64 len, bool fails)
{
	int want, got;

	p->before = p->list;
	slab_fail_after(fails ? 0 : -1);
	got = phyr_list_append(&p->list, mem, owner, addr, len, GFP_KERNEL);
	TRACE("append mem %d %#llx +%#llx -> %d\n", mem, addr, len, got);
	if (!settled(p, got))
		return;
	want = model_append(&p->model, mem, owner, addr, len);
	CHECK(got == want, "append says %d, not %d", got, want);
}

static void append(struct pair *p, struct bytes *in)
{
	u8 how = byte(in);
	int mem = how & 1 ? p->model.mem : how >> 5;
	void *owner = how & 1 ? p->model.provider : how & 2 ? &owners[how >> 2 & 1] : NULL;
	u64 addr, len;

	if (!mem && how & 1)
		mem = PHYR_MEM_RAM;
	if (p->model.nr == MODEL_MAX)
		return;
	addr = any_address(in, &p->model);
	len = any_length(in, addr);
	do_append(p, in, mem, owner, addr, len, how & 0x10);
}

/* Many chunks, to fill links. */
static void append_many(struct pair *p, struct bytes *in)
{
	unsigned int n = byte(in) * 4, fails = byte(in);
	u8 how = byte(in);
	int mem = p->model.mem ?: PHYR_MEM_RAM;

	for (unsigned int i = 0; i < n && p->model.nr + 1 < MODEL_MAX; i++) {
		const struct phys_vec *last = p->model.nr ? &p->model.vec[p->model.nr - 1] : NULL;
		u64 addr = last ? last->paddr + last->len + (how & 1 ? 4096 : 512) : 4096 + (how & 0xff);
		/* Now and then one that takes two words. */
		u64 len = how & 2 && i % 7 == 3 ? 5ull << 20 : how & 4 ? 2ull << 20 : 4096;

		do_append(p, in, mem, p->model.provider, addr, len, fails && i == fails * 3);
	}
}

static void empty(struct pair *p, bool keep)
{
	size_t live = slab_live();

	if (keep)
		phyr_list_reset(&p->list);
	else
		phyr_list_destroy(&p->list);
	TRACE(keep ? "reset\n" : "destroy\n");
	CHECK(slab_live() <= live, "emptying a list took memory");
	CHECK(keep || !p->list.head, "destroyed, and still holds a link");
	model_clear(&p->model);
}

/* Part of the other list, or now and then of itself. */
static void append_slice(struct pair *p, struct pair *other, struct bytes *in)
{
	u8 how = byte(in), fails = byte(in);
	struct phyr_slice slice;
	struct pair *from = (how & 0xf) == 3 ? p : other;
	u64 offset = 0, len = from->model.len, done, run;
	int err, want = 0;

	if (how & 0x10)
		any_part(from, in, &offset, &len);
	if (p->model.nr + from->model.nr > MODEL_MAX || phyr_slice_init(&slice, &from->list, offset, len))
		return;
	if (from == p)
		want = -EINVAL;
	else if (len && p->model.nr &&
		 (p->model.mem != from->model.mem || p->model.provider != from->model.provider))
		want = -EXDEV;
	else if (len >= (1ull << 52) - p->model.len)
		want = -EOVERFLOW;

	p->before = p->list;
	slab_fail_after(fails & 1 ? (fails >> 1) % 6 : -1);
	err = phyr_list_append_slice(&p->list, &slice, GFP_KERNEL);
	TRACE("append slice %#llx +%#llx of %s -> %d", offset, len, from == p ? "itself" : "the other", err);
	if (!settled(p, err))
		return;
	CHECK(err == want, "append slice says %d, not %d", err, want);
	for (done = 0; !want && done < len; done += run) {
		u64 addr = model_at(&from->model, offset + done, &run);

		if (run > len - done)
			run = len - done;
		CHECK(!model_append(&p->model, from->model.mem, from->model.provider, addr, run), "model");
	}
}

static void one(struct pair *p, struct pair *other, struct bytes *in)
{
	switch (byte(in) & 0x1f) {
	case 0 ... 15: append(p, in); break;
	case 16 ... 19: append_many(p, in); break;
	case 20: empty(p, true); break;
	case 21: empty(p, false); break;
	case 22 ... 23: check_ranges(p, in); break;
	case 24: check_seek(p, in); break;
	case 25 ... 26: check_slice(p, in); break;
	case 27: check_print(p, in); break;
	default: append_slice(p, other, in); break;
	}
}

void play(const u8 *data, size_t size, bool trace)
{
	struct bytes in = { data, data + size };
	u8 formats = byte(&in);

	tracing = trace;
	CHECK(!phyr_node_init(), "no caches");
	for (int i = 0; i < 2; i++) {
		model_clear(&pairs[i].model);
		phyr_list_init(&pairs[i].list, formats >> i & 1 ? PHYR_PLAIN : PHYR_PACKED);
	}
	while (in.at < in.end) {
		int which = *in.at >> 7;

		TRACE("%c: ", "AB"[which]);
		one(&pairs[which], &pairs[!which], &in);
		TRACE("\n");
		check_list(&pairs[which]);
		CHECK(slab_live() == phyr_list_meta_bytes(&pairs[0].list) +
		      phyr_list_meta_bytes(&pairs[1].list) - 2 * sizeof(struct phyr_list),
		      "%zu bytes live", slab_live());
	}
	for (int i = 0; i < 2; i++)
		phyr_list_destroy(&pairs[i].list);
	phyr_node_exit();
}
