/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arguments of operations as RFC 5662 puts them on the wire, written by hand, and what they mean. Nothing here goes
 * through the encoders of the code under test.
 */
#ifndef TEST_NFS4_VECTORS_H
#define TEST_NFS4_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <linux/kernel.h>
#include "nfs4/op.h"
#include "source.h"

#define W(x) (u8)((u32)(x) >> 24), (u8)((u32)(x) >> 16), (u8)((u32)(x) >> 8), (u8)(x)
#define D(x) W((u64)(x) >> 32), W((u64)(x) & 0xffffffff)

#define OTHER 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab
#define STATEID W(0x01020304), OTHER
#define VERIFIER 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7
#define SESSIONID 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf
#define CLIENTID 0x1122334455667788ULL

#define MAX_COUNTS 8

struct vector {
	const char *name;
	u32 opnum;
	const u8 *bytes;
	size_t len;
	/* @s: the record that was decoded, for what is still there. */
	void (*check)(const union kefs_args *args, const struct source *s);
	/* Where the lengths and counts are, for lying about them; 0 ends the list but for the first. */
	u16 counts[MAX_COUNTS];
	u8 nr_counts;
};

#define VECTOR(op, v, ...) { \
	.name = #v, .opnum = OP_##op, .bytes = v, .len = sizeof(v), .check = check_##v, \
	.counts = { __VA_ARGS__ }, .nr_counts = sizeof((u16[]){ __VA_ARGS__ }) / sizeof(u16) }
#define PLAIN(op, v) { .name = #v, .opnum = OP_##op, .bytes = v, .len = sizeof(v), .check = check_##v }

struct vectors {
	const struct vector *v;
	size_t n;
};

extern const struct vectors session_vectors, name_vectors, open_vectors;

/* Calls @fn for each vector. */
void for_each_vector(void (*fn)(const struct vector *v));

static inline void check_stateid(const struct kefs_stateid *id)
{
	static const u8 other[] = { OTHER };

	assert_int_equal(id->seqid, 0x01020304);
	assert_memory_equal(id->other, other, sizeof(other));
}

static inline void check_str(const struct kefs_str *str, const char *want)
{
	assert_int_equal(str->len, strlen(want));
	assert_non_null(str->data);
	assert_memory_equal(str->data, want, str->len);
}

static inline void check_bitmap(const struct kefs_bitmap *b, u32 w0, u32 w1, u32 w2, bool high)
{
	assert_int_equal(b->w[0], w0);
	assert_int_equal(b->w[1], w1);
	assert_int_equal(b->w[2], w2);
	assert_int_equal(b->high, high);
}

/* The tests of the other files. */
void test_refused(void **state);
void test_limits(void **state);
void test_encode(void **state);
void test_encode_denied(void **state);
void test_encode_delegation(void **state);
void test_reply_max(void **state);
void test_table_rows(void **state);
void test_table_flags(void **state);
void test_table_vectors(void **state);

#endif
