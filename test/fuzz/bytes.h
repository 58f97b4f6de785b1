/* SPDX-License-Identifier: GPL-2.0 */
/* An input: bytes that decide what is played.  Past its end it reads as zeros. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include "kernel.h"

struct bytes {
	const u8 *at, *end;
};

static inline u8 byte(struct bytes *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static inline u64 word(struct bytes *in, unsigned int n)
{
	u64 w = 0;

	while (n--)
		w = w << 8 | byte(in);
	return w;
}

#endif /* FUZZ_BYTES_H */
