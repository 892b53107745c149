// SPDX-License-Identifier: GPL-2.0
/*
 * Decoders and encoders of the operations against bytes written by hand (vectors.h), whole, cut short, split between
 * the record's head and the rest, and with lies in every length.
 */
#include <stdlib.h>
#include "vectors.h"

void for_each_vector(void (*fn)(const struct vector *v))
{
	static const struct vectors *const all[] = { &session_vectors, &name_vectors, &open_vectors };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		for (j = 0; j < all[i]->n; j++)
			fn(&all[i]->v[j]);
}

static kefs_decode_fn *decoder(const struct vector *v)
{
	const struct kefs_op *op = kefs_op_find(v->opnum);

	assert_non_null(op);
	assert_non_null(op->decode);
	return op->decode;
}

/* What an operation before left behind must not matter. */
static bool decode(const struct vector *v, struct source *s, union kefs_args *args)
{
	bool ok;

	memset(args, 0xa5, sizeof(*args));
	ok = decoder(v)(&s->in, args);
	if (ok && s->in.bad)
		fail_msg("%s: true from a bad cursor", v->name);
	return ok;
}

static void whole(const struct vector *v)
{
	union kefs_args args;
	struct source s;

	source_open(&s, v->bytes, v->len, v->len, false);
	if (!decode(v, &s, &args))
		fail_msg("%s: refused", v->name);
	assert_int_equal(kefs_xdr_left(&s.in), 0);
	v->check(&args, &s);
	source_close(&s);
}

static void test_whole(void **state)
{
	for_each_vector(whole);
}

/* Operations follow one another: a decoder takes its own bytes and no more. */
static void followed(const struct vector *v)
{
	static const u8 next[] = { W(0x04030201) };
	u8 *bytes = malloc(v->len + sizeof(next));
	union kefs_args args;
	struct source s;
	size_t linear;

	assert_non_null(bytes);
	memcpy(bytes, v->bytes, v->len);
	memcpy(bytes + v->len, next, sizeof(next));
	for (linear = 0; linear <= v->len + sizeof(next); linear++) {
		source_open(&s, bytes, v->len + sizeof(next), linear, false);
		if (!decode(v, &s, &args) || kefs_xdr_left(&s.in) != sizeof(next))
			fail_msg("%s, %zu linear: not its own bytes", v->name, linear);
		v->check(&args, &s);
		assert_int_equal(kefs_xdr_u32(&s.in), 0x04030201);
		v->check(&args, &s);
		source_close(&s);
	}
	free(bytes);
}

static void test_followed(void **state)
{
	for_each_vector(followed);
}

/* With every length of linear head, and with no memory for the rest. */
static void cut(const struct vector *v)
{
	union kefs_args args;
	struct source s;
	size_t len, linear;

	for (len = 0; len < v->len; len++) {
		for (linear = 0; linear <= len; linear++) {
			source_open(&s, v->bytes, len, linear, false);
			if (decode(v, &s, &args))
				fail_msg("%s: %zu bytes of %zu are enough", v->name, len, v->len);
			assert_false(s.in.nomem);
			source_close(&s);
		}
	}
}

static void test_cut(void **state)
{
	for_each_vector(cut);
}

static void no_memory(const struct vector *v)
{
	union kefs_args args;
	struct source s;
	size_t linear;
	bool ok;

	for (linear = 0; linear < v->len; linear++) {
		source_open(&s, v->bytes, v->len, linear, true);
		ok = decode(v, &s, &args);
		assert_int_equal(s.pulls, s.in.nomem);
		if (ok == s.in.nomem)
			fail_msg("%s, %zu linear: %s", v->name, linear, ok ? "true without memory" : "refused");
		if (ok)		/* the body of a WRITE is left where it is */
			v->check(&args, &s);
		source_close(&s);
	}
}

static void test_no_memory(void **state)
{
	for_each_vector(no_memory);
}

static void must_refuse(const struct vector *v, const u8 *bytes, u32 word, u32 value)
{
	const size_t heads[] = { 0, word, word + 4, v->len };
	union kefs_args args;
	struct source s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		source_open(&s, bytes, v->len, heads[i], false);
		if (decode(v, &s, &args))
			fail_msg("%s: %u at %u passes", v->name, value, word);
		source_close(&s);
	}
}

/* No length or count can be larger than what follows it, whatever the machine's word is. */
static void lie(const struct vector *v)
{
	static const u32 absurd[] = {
		0xffffffff, 0xfffffffd, 0xfffffffc, 0xfffffff0, 0x80000000, 0x7fffffff, 0x40000000, 0x20000000,
		0x10000000, 0x10000001, 0x00200000,
	};
	u8 *bytes = malloc(v->len);
	unsigned int i, j;

	assert_non_null(bytes);
	for (i = 0; i < v->nr_counts; i++) {
		u32 at = v->counts[i], more = (u32)v->len - at - 4 + 1;
		const u8 beyond[] = { W(more) };

		memcpy(bytes, v->bytes, v->len);
		memcpy(bytes + at, beyond, 4);
		must_refuse(v, bytes, at, more);
		for (j = 0; j < ARRAY_SIZE(absurd); j++) {
			const u8 word[] = { W(absurd[j]) };

			memcpy(bytes + at, word, 4);
			must_refuse(v, bytes, at, absurd[j]);
		}
	}
	free(bytes);
}

static void test_lies(void **state)
{
	for_each_vector(lie);
}

/* Whatever a byte is changed to: no byte outside is read, and linear or split makes no difference. */
static void change(const struct vector *v, const u8 *bytes)
{
	static union kefs_args args;
	size_t linear, left = 0;
	bool first = false, ok;
	struct source s;

	for (linear = 0; linear <= v->len; linear += 4) {
		source_open(&s, bytes, v->len, linear, false);
		ok = decode(v, &s, &args);
		if (!linear) {
			first = ok;
			left = kefs_xdr_left(&s.in);
		}
		if (ok != first || (ok && kefs_xdr_left(&s.in) != left))
			fail_msg("%s: %zu linear makes a difference", v->name, linear);
		source_close(&s);
	}
}

static void changes(const struct vector *v)
{
	static const u8 with[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };
	u8 *bytes = malloc(v->len);
	size_t i, j;

	assert_non_null(bytes);
	memcpy(bytes, v->bytes, v->len);
	for (i = 0; i < v->len; i++) {
		for (j = 0; j < ARRAY_SIZE(with); j++) {
			bytes[i] ^= with[j];
			change(v, bytes);
			bytes[i] = v->bytes[i];
		}
	}
	free(bytes);
}

static void test_changes(void **state)
{
	for_each_vector(changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_followed),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_denied),
		cmocka_unit_test(test_encode_delegation),
		cmocka_unit_test(test_reply_max),
		cmocka_unit_test(test_table_rows),
		cmocka_unit_test(test_table_flags),
		cmocka_unit_test(test_table_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
