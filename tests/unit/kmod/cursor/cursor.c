// SPDX-License-Identifier: GPL-2.0
/* The XDR cursors: bounds, stickiness, records that are linear only in part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "core/limits.h"
#include "xdr/cursor.h"

/* A record of which the first @linear bytes are linear; each piece in memory of its own, so that ASan sees overruns. */
struct record {
	u8 *all, *head, *rest;
	size_t len, linear;
	unsigned int pulls;
	bool nomem;
};

static const u8 *pull(void *arg, size_t len)
{
	struct record *r = arg;

	r->pulls++;
	assert_true(len <= r->len);
	if (r->nomem)
		return NULL;
	free(r->rest);
	r->rest = malloc(len ? len : 1);
	memcpy(r->rest, r->all + r->len - len, len);
	return r->rest;
}

static void record_open(struct record *r, struct kefs_xdr_in *c, const void *bytes, size_t len, size_t linear)
{
	memset(r, 0, sizeof(*r));
	r->len = len;
	r->linear = linear < len ? linear : len;
	r->all = malloc(len ? len : 1);
	r->head = malloc(r->linear ? r->linear : 1);
	memcpy(r->all, bytes, len);
	memcpy(r->head, bytes, r->linear);
	kefs_xdr_in_init(c, r->head, r->linear);
	c->beyond = len - r->linear;
	c->pull = pull;
	c->arg = r;
}

static void record_close(struct record *r)
{
	free(r->all);
	free(r->head);
	free(r->rest);
}

static void test_take(void **state)
{
	u8 buf[8] = { 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe };
	struct kefs_xdr_in c;

	(void)state;
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_int_equal(kefs_xdr_u32(&c), 1);
	assert_int_equal(kefs_xdr_u32(&c), 0xfffffffe);
	assert_false(c.bad);
	assert_int_equal(kefs_xdr_u32(&c), 0);
	assert_true(c.bad);

	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_true(kefs_xdr_u64(&c) == 0x1fffffffeull);
	assert_int_equal(kefs_xdr_left(&c), 0);
	assert_false(c.bad);
}

static void test_sticky(void **state)
{
	u8 buf[8] = { 0, 0, 0, 1, 0, 0, 0, 2 };
	struct kefs_xdr_in c;
	struct kefs_xdr_opaque body;
	u32 len, words[2];
	bool high;

	(void)state;
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_null(kefs_xdr_take(&c, 9));
	assert_true(c.bad);
	assert_int_equal(kefs_xdr_left(&c), 0);
	assert_int_equal(kefs_xdr_u32(&c), 0);
	assert_true(kefs_xdr_u64(&c) == 0);
	assert_null(kefs_xdr_opaque(&c, 100, &len));
	assert_int_equal(len, 0);
	assert_false(kefs_xdr_payload(&c, 100, &len, &body));
	assert_int_equal(kefs_xdr_count(&c, 100, 1), 0);
	assert_false(kefs_xdr_bitmap(&c, words, 2, &high));
	assert_int_equal(words[0] | words[1], 0);
	assert_true(c.bad);
}

static void test_bool(void **state)
{
	u8 buf[12] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2 };
	struct kefs_xdr_in c;

	(void)state;
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_true(kefs_xdr_bool(&c));
	assert_false(kefs_xdr_bool(&c));
	assert_false(c.bad);
	assert_false(kefs_xdr_bool(&c));
	assert_true(c.bad);
}

static void test_opaque(void **state)
{
	u8 buf[] = { 0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0, 0, 0, 0, 0, 0 };
	struct kefs_xdr_in c;
	const u8 *p;
	u32 len;

	(void)state;
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	p = kefs_xdr_opaque(&c, 5, &len);
	assert_ptr_equal(p, buf + 4);
	assert_int_equal(len, 5);
	p = kefs_xdr_opaque(&c, 0, &len);	/* empty: not NULL */
	assert_non_null(p);
	assert_int_equal(len, 0);
	assert_false(c.bad);

	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_null(kefs_xdr_opaque(&c, 4, &len));	/* too long for the caller */
	assert_true(c.bad);
	kefs_xdr_in_init(&c, buf, 11);			/* the padding is cut off */
	assert_null(kefs_xdr_opaque(&c, 5, &len));
	assert_true(c.bad);
	memset(buf, 0xff, 4);				/* a length near 2^32 */
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_null(kefs_xdr_opaque(&c, SIZE_MAX, &len));
	assert_true(c.bad);
}

static void test_count(void **state)
{
	u8 buf[12] = { 0, 0, 0, 2 };
	struct kefs_xdr_in c;

	(void)state;
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_int_equal(kefs_xdr_count(&c, 2, 4), 2);
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_int_equal(kefs_xdr_count(&c, 1, 4), 0);
	assert_true(c.bad);
	kefs_xdr_in_init(&c, buf, 11);
	assert_int_equal(kefs_xdr_count(&c, 2, 4), 0);	/* there cannot be two of them */
	assert_true(c.bad);
}

static void test_bitmap(void **state)
{
	u8 buf[4 + 4 * 9];
	struct kefs_xdr_out o;
	struct kefs_xdr_in c;
	u32 words[3], in[4] = { 1, 0, 3, 0 };
	bool high;
	unsigned int i;

	(void)state;
	kefs_xdr_out_init(&o, buf, sizeof(buf));
	kefs_xdr_put_bitmap(&o, in, 4);
	assert_int_equal(kefs_xdr_used(&o), 16);
	kefs_xdr_in_init(&c, buf, kefs_xdr_used(&o));
	assert_true(kefs_xdr_bitmap(&c, words, 3, &high));
	assert_memory_equal(words, in, sizeof(words));
	assert_false(high);
	kefs_xdr_in_init(&c, buf, 16);
	assert_true(kefs_xdr_bitmap(&c, words, 1, &high));
	assert_true(high);

	/* 8 words are the most; those not asked for may be zero. */
	kefs_xdr_out_init(&o, buf, sizeof(buf));
	kefs_xdr_put_u32(&o, KEFS_BITMAP_WORDS_MAX);
	for (i = 0; i < KEFS_BITMAP_WORDS_MAX; i++)
		kefs_xdr_put_u32(&o, 0);
	kefs_xdr_in_init(&c, buf, kefs_xdr_used(&o));
	assert_true(kefs_xdr_bitmap(&c, words, 3, &high));
	assert_false(high);
	kefs_xdr_poke_u32(buf, KEFS_BITMAP_WORDS_MAX + 1);
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_false(kefs_xdr_bitmap(&c, words, 3, &high));
}

/* Every place at which the linear part may end gives the same results. */
static void test_beyond(void **state)
{
	u8 buf[64];
	struct kefs_xdr_out o;
	size_t linear;

	(void)state;
	kefs_xdr_out_init(&o, buf, sizeof(buf));
	kefs_xdr_put_u32(&o, 7);
	kefs_xdr_put_opaque(&o, "abcdefg", 7);
	kefs_xdr_put_u64(&o, 0x123456789abcdefull);
	kefs_xdr_put_opaque(&o, "xy", 2);
	for (linear = 0; linear <= kefs_xdr_used(&o); linear += 4) {
		struct kefs_xdr_in c;
		struct record r;
		const u8 *p, *q;
		u32 len;

		record_open(&r, &c, buf, kefs_xdr_used(&o), linear);
		assert_int_equal(kefs_xdr_u32(&c), 7);
		p = kefs_xdr_opaque(&c, 10, &len);
		assert_int_equal(len, 7);
		assert_true(kefs_xdr_u64(&c) == 0x123456789abcdefull);
		q = kefs_xdr_opaque(&c, 10, &len);
		assert_memory_equal(q, "xy", 2);
		assert_memory_equal(p, "abcdefg", 7);	/* still there */
		assert_false(c.bad);
		assert_int_equal(kefs_xdr_left(&c), 0);
		assert_true(r.pulls <= 1);
		record_close(&r);
	}
}

/* The body of a payload stays where it is, wherever the linear part ends. */
static void test_payload(void **state)
{
	u8 buf[64], got[32];
	struct kefs_xdr_out o;
	size_t linear, len;

	(void)state;
	kefs_xdr_out_init(&o, buf, sizeof(buf));
	kefs_xdr_put_u32(&o, 7);
	kefs_xdr_put_opaque(&o, "0123456789abcdefghi", 19);
	kefs_xdr_put_u32(&o, 8);
	len = kefs_xdr_used(&o);
	for (linear = 0; linear <= len; linear += 4) {
		struct kefs_xdr_opaque body;
		struct kefs_xdr_in c;
		struct record r;
		u32 n;

		record_open(&r, &c, buf, len, linear);
		assert_int_equal(kefs_xdr_u32(&c), 7);
		assert_true(kefs_xdr_payload(&c, 32, &n, &body));
		assert_int_equal(n, 19);
		assert_int_equal(body.head_len + body.rest_len, 19);
		memcpy(got, body.head, body.head_len);
		if (body.rest_len) {
			assert_true(body.rest_from_end <= len && body.rest_len <= body.rest_from_end);
			memcpy(got + body.head_len, buf + len - body.rest_from_end, body.rest_len);
		}
		assert_memory_equal(got, "0123456789abcdefghi", 19);
		assert_int_equal(kefs_xdr_u32(&c), 8);
		assert_false(c.bad);
		assert_int_equal(kefs_xdr_left(&c), 0);
		record_close(&r);
	}
}

static void test_payload_bad(void **state)
{
	u8 buf[16] = { 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct kefs_xdr_opaque body;
	struct kefs_xdr_in c;
	u32 len;

	(void)state;
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_true(kefs_xdr_payload(&c, 9, &len, &body));
	kefs_xdr_in_init(&c, buf, sizeof(buf));
	assert_false(kefs_xdr_payload(&c, 8, &len, &body));
	kefs_xdr_in_init(&c, buf, 13);	/* without padding */
	assert_false(kefs_xdr_payload(&c, 9, &len, &body));
	assert_int_equal(len, 0);
	kefs_xdr_in_init(&c, buf, 12);
	assert_false(kefs_xdr_payload(&c, 9, &len, &body));
}

static void test_nomem(void **state)
{
	u8 buf[12] = { 0, 0, 0, 1 };
	struct kefs_xdr_in c;
	struct record r;

	(void)state;
	record_open(&r, &c, buf, sizeof(buf), 4);
	r.nomem = true;
	assert_int_equal(kefs_xdr_u32(&c), 1);
	assert_int_equal(kefs_xdr_u32(&c), 0);
	assert_true(c.bad && c.nomem);
	record_close(&r);

	record_open(&r, &c, buf, sizeof(buf), 4);
	assert_null(kefs_xdr_take(&c, 13));
	assert_true(c.bad && !c.nomem);
	assert_int_equal(r.pulls, 0);	/* not asked for memory for what is not there */
	record_close(&r);
}

static void test_out(void **state)
{
	static const u8 want[] = { 0, 0, 0, 3, 'a', 'b', 'c', 0, 'z', 0, 0, 0 };
	u8 *buf = malloc(12);
	struct kefs_xdr_out o;

	(void)state;
	memset(buf, 0xee, 12);
	kefs_xdr_out_init(&o, buf, 12);
	kefs_xdr_put_opaque(&o, "abc", 3);
	kefs_xdr_put_fixed(&o, "z", 1);
	assert_false(o.full);
	assert_memory_equal(buf, want, 12);
	kefs_xdr_put_u32(&o, 1);
	assert_true(o.full);
	assert_int_equal(kefs_xdr_used(&o), 12);

	kefs_xdr_out_init(&o, buf, 11);	/* the padding does not fit */
	kefs_xdr_put_u32(&o, 0);
	kefs_xdr_put_fixed(&o, "abcde", 5);
	assert_true(o.full);
	assert_int_equal(kefs_xdr_used(&o), 4);
	kefs_xdr_put_u32(&o, 0);	/* sticks, although this would fit */
	assert_int_equal(kefs_xdr_used(&o), 4);
	kefs_xdr_out_init(&o, buf, 12);
	kefs_xdr_put_fixed(&o, buf, SIZE_MAX - 1);
	assert_true(o.full);
	assert_int_equal(kefs_xdr_used(&o), 0);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take), cmocka_unit_test(test_sticky), cmocka_unit_test(test_bool),
		cmocka_unit_test(test_opaque), cmocka_unit_test(test_count), cmocka_unit_test(test_bitmap),
		cmocka_unit_test(test_beyond), cmocka_unit_test(test_payload), cmocka_unit_test(test_payload_bad),
		cmocka_unit_test(test_nomem), cmocka_unit_test(test_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
