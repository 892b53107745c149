// SPDX-License-Identifier: GPL-2.0
/* Callbacks on the wire, against bytes written by hand from RFC 5662. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/kernel.h>

#include "nfs4/xdr_cb.h"

#define W(x) (u8)((u32)(x) >> 24), (u8)((u32)(x) >> 16), (u8)((u32)(x) >> 8), (u8)(x)
#define SESSION 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#define OTHER 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab

static const u8 session[] = { SESSION };
static const struct kefs_str fh = { .data = (const u8 *)"handle", .len = 6 };

static u8 buf[512];
static struct kefs_xdr_out out;

static int begin(void **state)
{
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	return 0;
}

#define WROTE(...) do {									\
	static const u8 want[] = { __VA_ARGS__ };					\
											\
	assert_false(out.full);								\
	assert_int_equal(kefs_xdr_used(&out), sizeof(want));				\
	assert_memory_equal(buf, want, sizeof(want));					\
} while (0)

static void test_probe(void **state)
{
	struct kefs_cb_sequence seq = { .session = session, .seqid = 7, .slotid = 2, .highest = 3 };

	kefs_cb_put_head(&out, 1);
	kefs_cb_put_sequence(&out, &seq);
	WROTE(W(0), W(1), W(0), W(1), W(11), SESSION, W(7), W(2), W(3), W(0), W(0));
}

static void test_recall(void **state)
{
	struct kefs_cb_sequence seq = { .session = session, .seqid = 7, .slotid = 2, .highest = 3,
					.ref_session = session, .ref_seqid = 99, .ref_slotid = 5 };
	struct kefs_stateid id = { .seqid = 1, .other = { OTHER } };

	kefs_cb_put_head(&out, 2);
	kefs_cb_put_sequence(&out, &seq);
	kefs_cb_put_recall(&out, &id, &fh);
	WROTE(W(0), W(1), W(0), W(2), W(11), SESSION, W(7), W(2), W(3), W(0),
	      W(1), SESSION, W(1), W(99), W(5),
	      W(4), W(1), OTHER, W(0), W(6), 'h', 'a', 'n', 'd', 'l', 'e', 0, 0);
}

static void test_getattr(void **state)
{
	kefs_cb_put_getattr(&out, &fh);
	WROTE(W(3), W(6), 'h', 'a', 'n', 'd', 'l', 'e', 0, 0, W(1), W(0x18));
}

static struct kefs_cb_results take(const u8 *bytes, size_t len, u32 op, u64 *change, u64 *size, bool *attrs)
{
	struct kefs_cb_results res;
	struct kefs_xdr_in in;
	u8 *copy = malloc(len ? len : 1);	/* of exactly its size, for ASan */

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	kefs_xdr_in_init(&in, copy, len);
	kefs_cb_take_results(&in, op, &res);
	*attrs = !res.op && kefs_cb_take_attrs(&in, change, size);
	free(copy);
	return res;
}

#define SEQUENCE_OK W(11), W(0), SESSION, W(7), W(2), W(3), W(3)
static const u8 probe_ok[] = { W(0), W(0), W(1), SEQUENCE_OK };
static const u8 recall_ok[] = { W(0), W(3), 't', 'a', 'g', 0, W(2), SEQUENCE_OK, W(4), W(0) };
static const u8 recall_bad[] = { W(10025), W(0), W(2), SEQUENCE_OK, W(4), W(10025) };
static const u8 delay[] = { W(10008), W(0), W(1), W(11), W(10008) };
static const u8 getattr_ok[] = { W(0), W(0), W(2), SEQUENCE_OK, W(3), W(0),
				 W(1), W(0x18), W(16), W(1), W(2), W(0), W(5) };
static const u8 getattr_less[] = { W(0), W(0), W(2), SEQUENCE_OK, W(3), W(0), W(1), W(0x10), W(8), W(0), W(5) };

static void test_results(void **state)
{
	struct kefs_cb_results r;
	u64 change, size;
	bool attrs;

	r = take(probe_ok, sizeof(probe_ok), 0, &change, &size, &attrs);
	assert_true(!r.sequence && !r.op);
	r = take(recall_ok, sizeof(recall_ok), OP_CB_RECALL, &change, &size, &attrs);
	assert_true(!r.sequence && !r.op);
	r = take(recall_bad, sizeof(recall_bad), OP_CB_RECALL, &change, &size, &attrs);
	assert_true(!r.sequence && r.op == NFS4ERR_BAD_STATEID);
	r = take(delay, sizeof(delay), OP_CB_RECALL, &change, &size, &attrs);
	assert_true(r.sequence == NFS4ERR_DELAY && r.op == NFS4ERR_BADXDR);
	r = take(recall_ok, sizeof(recall_ok), OP_CB_GETATTR, &change, &size, &attrs);	/* another operation's result */
	assert_true(!r.sequence && r.op == NFS4ERR_BADXDR);
	r = take(probe_ok, sizeof(probe_ok), OP_CB_RECALL, &change, &size, &attrs);	/* one is missing */
	assert_true(!r.sequence && r.op == NFS4ERR_BADXDR);
	r = take(getattr_ok, sizeof(getattr_ok), OP_CB_GETATTR, &change, &size, &attrs);
	assert_true(!r.op && attrs);
	assert_true(change == 0x100000002ULL && size == 5);
	take(getattr_less, sizeof(getattr_less), OP_CB_GETATTR, &change, &size, &attrs);
	assert_false(attrs);
}

/* Cut anywhere, an answer is none. */
static void test_cut(void **state)
{
	struct kefs_cb_results r;
	u64 change, size;
	size_t len;
	bool attrs;

	for (len = 0; len < sizeof(getattr_ok); len += 4) {
		r = take(getattr_ok, len, OP_CB_GETATTR, &change, &size, &attrs);
		assert_false(attrs);
		assert_true(len >= 20 || r.sequence == NFS4ERR_BADXDR);
		assert_true(len >= sizeof(probe_ok) + 8 || r.op == NFS4ERR_BADXDR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_probe, begin),
		cmocka_unit_test_setup(test_recall, begin),
		cmocka_unit_test_setup(test_getattr, begin),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
