// SPDX-License-Identifier: GPL-2.0
#include "fail.h"
#include "model.h"

void model_clear(struct model *m)
{
	m->nr = 0;
	m->len = 0;
	m->mem = PHYR_MEM_NONE;
	m->provider = NULL;
	m->at = 0;
	m->at_start = 0;
}

int model_append(struct model *m, int mem, void *provider, u64 addr, u64 len)
{
	if (!len || addr > UINT64_MAX - len)
		return -EINVAL;
	if (mem < PHYR_MEM_RAM || mem > PHYR_MEM_MMIO)
		return -EINVAL;
	if (m->nr && (m->mem != mem || m->provider != provider))
		return -EXDEV;
	if (len >= (1ULL << 52) - m->len)
		return -EOVERFLOW;

	m->mem = mem;
	m->provider = provider;
	if (m->nr && m->vec[m->nr - 1].paddr + m->vec[m->nr - 1].len == addr) {
		m->vec[m->nr - 1].len += len;
		m->len += len;
		return 0;
	}
	CHECK(m->nr < MODEL_MAX, "the model is full");
	m->len += len;
	m->vec[m->nr++] = (struct phys_vec){ addr, len };
	return 0;
}

u64 model_at(struct model *m, u64 offset, u64 *run)
{
	if (offset < m->at_start) {
		m->at = 0;
		m->at_start = 0;
	}
	for (; m->at < m->nr; m->at_start += m->vec[m->at++].len) {
		const struct phys_vec *vec = &m->vec[m->at];
		u64 inside = offset - m->at_start;

		if (inside < vec->len) {
			*run = vec->len - inside;
			return vec->paddr + inside;
		}
	}
	CHECK(false, "offset %#llx is beyond the end", offset);
	return 0;
}
