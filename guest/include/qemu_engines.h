/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers in BAR 0 of QEMU's DMA engines, for phyr_engine.ko and for guest/tools/iospace, which
 * drives the same devices from user space.
 */
#ifndef QEMU_ENGINES_H
#define QEMU_ENGINES_H

/* edu: copies up to a page between memory and its internal buffer, in about 100 ms. */
#define EDU_SRC		0x80
#define EDU_DST		0x88
#define EDU_COUNT	0x90
#define EDU_CMD		0x98
#define EDU_RUN		0x1U
#define EDU_TO_MEMORY	0x2U
#define EDU_BUFFER	0x40000U	/* bus address of the internal buffer */

/*
 * iommu-testdev: a read of TRIGGER fills the armed range of DMA addresses with ITD_WORD, then reads
 * the physical address that it was given and compares.
 */
#define ITD_TRIGGER	0x00
#define ITD_ADDR_LO	0x04
#define ITD_ADDR_HI	0x08
#define ITD_LEN		0x0c
#define ITD_RESULT	0x10
#define ITD_ARM		0x14
#define ITD_PHYS_LO	0x1c
#define ITD_PHYS_HI	0x20

#define ITD_FAULT	0xdead0002U	/* in RESULT: the write was refused */
#define ITD_MISMATCH	0xdead0004U	/* in RESULT: the physical address holds something else */
#define ITD_WORD	0x12345678U

#endif /* QEMU_ENGINES_H */
