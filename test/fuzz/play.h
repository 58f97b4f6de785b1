/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include "kernel.h"

/* Play an input on lists and on their models; the process ends if they differ.  @trace: say what is done. */
void play(const u8 *data, size_t size, bool trace);

#endif /* FUZZ_PLAY_H */
