/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_NFS4_FATTR_H
#define TEST_NFS4_FATTR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include "nfs4/fattr.h"

#define W(x) (u8)((u32)(x) >> 24), (u8)((u32)(x) >> 16), (u8)((u32)(x) >> 8), (u8)(x)
#define D(x) W((u64)(x) >> 32), W((u64)(x) & 0xffffffff)

static inline struct kefs_bitmap only(unsigned int bit)
{
	struct kefs_bitmap b = { .w = { 0 } };

	kefs_bitmap_set(&b, bit);
	return b;
}

/* encode.c */
void test_each(void **state);
void test_all(void **state);
void test_order(void **state);
void test_unsupported(void **state);
void test_no_btime(void **state);
void test_ids(void **state);
void test_room(void **state);
void test_size_bound(void **state);
void test_needs(void **state);
void test_needs_suffice(void **state);
/* decode.c */
void test_decode_values(void **state);
void test_decode_errors(void **state);
void test_decode_refused(void **state);
void test_decode_cut(void **state);
void test_decode_every_bit(void **state);
void test_owner_limit(void **state);

#endif
