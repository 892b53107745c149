// SPDX-License-Identifier: GPL-2.0
/* RPC headers and credentials: the good, each way to be bad, and every prefix of a good one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rpc/msg.h"

#define XID 0x12345678

static u8 buf[1024];
static struct kefs_xdr_out out;

static void call_begin(u32 rpcvers)
{
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_xdr_put_u32(&out, XID);
	kefs_xdr_put_u32(&out, KEFS_RPC_CALL);
	kefs_xdr_put_u32(&out, rpcvers);
	kefs_xdr_put_u32(&out, 100003);
	kefs_xdr_put_u32(&out, 4);
	kefs_xdr_put_u32(&out, 1);
}

/* In memory of its own length, so that ASan sees overruns. */
static enum kefs_rpc_verdict parse(size_t len, struct kefs_rpc_header *hdr, size_t *left)
{
	u8 *copy = malloc(len ? len : 1);
	enum kefs_rpc_verdict v;
	struct kefs_xdr_in in;

	memcpy(copy, buf, len);
	kefs_xdr_in_init(&in, copy, len);
	v = kefs_msg_parse(&in, hdr);
	if (left)
		*left = kefs_xdr_left(&in);
	hdr->cred.body = NULL;
	free(copy);
	return v;
}

static enum kefs_rpc_auth_stat auth_of(u32 flavor, const void *body, u32 len)
{
	struct kefs_rpc_header hdr;
	enum kefs_rpc_verdict v;

	call_begin(2);
	kefs_xdr_put_u32(&out, flavor);
	kefs_xdr_put_opaque(&out, body, len);
	kefs_cred_put_none(&out);
	v = parse(kefs_xdr_used(&out), &hdr, NULL);
	assert_true(v == (hdr.auth == KEFS_RPC_AUTH_OK ? KEFS_RPC_V_CALL : KEFS_RPC_V_AUTH));
	return hdr.auth;
}

static void test_call_sys(void **state)
{
	struct kefs_rpc_header hdr;
	size_t left, len, full;

	(void)state;
	call_begin(2);
	kefs_cred_put_sys(&out, "machine", 1000, 100);
	kefs_cred_put_none(&out);
	full = kefs_xdr_used(&out);
	kefs_xdr_put_u32(&out, 0xabcd);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, &left), KEFS_RPC_V_CALL);
	assert_int_equal(hdr.xid, XID);
	assert_int_equal(hdr.prog, 100003);
	assert_int_equal(hdr.vers, 4);
	assert_int_equal(hdr.proc, 1);
	assert_int_equal(hdr.cred.flavor, KEFS_RPC_AUTH_SYS);
	assert_int_equal(hdr.cred.uid, 1000);
	assert_int_equal(hdr.cred.gid, 100);
	assert_int_equal(hdr.cred.ngids, 0);
	assert_int_equal(left, 4);
	for (len = 0; len < full; len++) {
		enum kefs_rpc_verdict v = parse(len, &hdr, NULL);

		assert_true(v == (len < 8 ? KEFS_RPC_V_BROKEN : v));
		assert_true(v == KEFS_RPC_V_BROKEN || v == KEFS_RPC_V_GARBAGE || v == KEFS_RPC_V_AUTH);
		if (len >= 8)
			assert_int_equal(hdr.xid, XID);
	}
}

static void test_call_none(void **state)
{
	struct kefs_rpc_header hdr;

	(void)state;
	call_begin(2);
	kefs_cred_put_none(&out);
	kefs_cred_put_none(&out);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, NULL), KEFS_RPC_V_CALL);
	assert_int_equal(hdr.cred.flavor, KEFS_RPC_AUTH_NONE);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_NONE, "abcd", 4), KEFS_RPC_AUTH_BADCRED);
}

static void test_flavors(void **state)
{
	(void)state;
	assert_int_equal(auth_of(KEFS_RPC_AUTH_GSS, "abcd", 4), KEFS_RPC_AUTH_REJECTEDCRED);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_TLS, "", 0), KEFS_RPC_AUTH_REJECTEDCRED);
	assert_int_equal(auth_of(0xffffffff, "", 0), KEFS_RPC_AUTH_REJECTEDCRED);
}

static u8 body[512];

/* AUTH_SYS body with @name_len bytes of machine name and @ngids groups; returns its length. */
static u32 sys_body(u32 name_len, u32 ngids)
{
	static const u8 name[300];
	struct kefs_xdr_out b;
	u32 i;

	kefs_xdr_out_init(&b, body, sizeof(body));
	kefs_xdr_put_u32(&b, 99);
	kefs_xdr_put_opaque(&b, name, name_len);
	kefs_xdr_put_u32(&b, 1);
	kefs_xdr_put_u32(&b, 2);
	kefs_xdr_put_u32(&b, ngids);
	for (i = 0; i < ngids; i++)
		kefs_xdr_put_u32(&b, 10 + i);
	return kefs_xdr_used(&b);
}

static void test_sys_limits(void **state)
{
	struct kefs_rpc_cred cred;
	struct kefs_xdr_in in;
	u32 len;

	(void)state;
	assert_int_equal(auth_of(KEFS_RPC_AUTH_SYS, body, sys_body(255, 16)), KEFS_RPC_AUTH_OK);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_SYS, body, sys_body(256, 0)), KEFS_RPC_AUTH_BADCRED);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_SYS, body, sys_body(0, 17)), KEFS_RPC_AUTH_BADCRED);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_SYS, body, sys_body(4, 2) + 4), KEFS_RPC_AUTH_BADCRED);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_SYS, body, sys_body(4, 2) - 4), KEFS_RPC_AUTH_BADCRED);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_SYS, body, 0), KEFS_RPC_AUTH_BADCRED);
	assert_int_equal(auth_of(KEFS_RPC_AUTH_SYS, body, 404), KEFS_RPC_AUTH_BADCRED);

	len = sys_body(3, 16);
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_xdr_put_u32(&out, KEFS_RPC_AUTH_SYS);
	kefs_xdr_put_opaque(&out, body, len);
	kefs_xdr_in_init(&in, buf, kefs_xdr_used(&out));
	assert_int_equal(kefs_cred_parse(&in, &cred), KEFS_RPC_AUTH_OK);
	assert_int_equal(cred.ngids, 16);
	assert_int_equal(cred.gids[0], 10);
	assert_int_equal(cred.gids[15], 25);
	assert_int_equal(cred.body_len, len);
	assert_memory_equal(cred.body, body, len);
}

static void test_verf(void **state)
{
	struct kefs_rpc_header hdr;

	(void)state;
	call_begin(2);
	kefs_cred_put_none(&out);
	kefs_xdr_put_u32(&out, KEFS_RPC_AUTH_SYS);
	kefs_xdr_put_u32(&out, 0);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, NULL), KEFS_RPC_V_AUTH);
	assert_int_equal(hdr.auth, KEFS_RPC_AUTH_BADVERF);
	call_begin(2);
	kefs_cred_put_none(&out);
	kefs_xdr_put_u32(&out, KEFS_RPC_AUTH_NONE);
	kefs_xdr_put_opaque(&out, "abcd", 4);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, NULL), KEFS_RPC_V_AUTH);
	assert_int_equal(hdr.auth, KEFS_RPC_AUTH_BADVERF);
}

static void test_types(void **state)
{
	struct kefs_rpc_header hdr;
	size_t left;

	(void)state;
	call_begin(3);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, NULL), KEFS_RPC_V_MISMATCH);
	call_begin(2);
	kefs_xdr_poke_u32(buf + 4, KEFS_RPC_REPLY);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, &left), KEFS_RPC_V_REPLY);
	assert_int_equal(hdr.xid, XID);
	assert_int_equal(left, 16);
	kefs_xdr_poke_u32(buf + 4, 2);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, NULL), KEFS_RPC_V_BROKEN);
}

/* Parse the reply in out from behind its message type. */
static int reply(size_t len, size_t *left)
{
	struct kefs_xdr_in in;
	int err;

	kefs_xdr_in_init(&in, buf + 8, len - 8);
	err = kefs_msg_parse_reply(&in);
	*left = kefs_xdr_left(&in);
	return err;
}

static void test_replies(void **state)
{
	size_t left, len;

	(void)state;
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_msg_put_accepted(&out, XID, KEFS_RPC_SUCCESS);
	assert_int_equal(kefs_xdr_used(&out), KEFS_RPC_ACCEPTED_LEN);
	for (len = 8; len < KEFS_RPC_ACCEPTED_LEN; len++)
		assert_int_equal(reply(len, &left), -EPROTO);
	kefs_xdr_put_u32(&out, 42);
	assert_int_equal(reply(kefs_xdr_used(&out), &left), 0);
	assert_int_equal(left, 4);

	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_msg_put_prog_mismatch(&out, XID, 4, 4);
	assert_true(kefs_xdr_used(&out) <= KEFS_RPC_ERROR_MAX);
	assert_int_equal(reply(kefs_xdr_used(&out), &left), -EOPNOTSUPP);
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_msg_put_accepted(&out, XID, KEFS_RPC_GARBAGE_ARGS);
	assert_int_equal(reply(kefs_xdr_used(&out), &left), -EPROTO);
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_msg_put_auth_error(&out, XID, KEFS_RPC_AUTH_TOOWEAK);
	assert_true(kefs_xdr_used(&out) <= KEFS_RPC_ERROR_MAX);
	assert_int_equal(reply(kefs_xdr_used(&out), &left), -EACCES);
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_msg_put_rpc_mismatch(&out, XID);
	assert_true(kefs_xdr_used(&out) <= KEFS_RPC_ERROR_MAX);
	assert_int_equal(reply(kefs_xdr_used(&out), &left), -EPROTO);
}

static void test_call_written(void **state)
{
	struct kefs_rpc_header hdr;

	(void)state;
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_msg_put_call(&out, XID, 0x40000000, 1, 1);
	kefs_cred_put_sys(&out, "kefs", 0, 0);
	kefs_cred_put_none(&out);
	assert_int_equal(parse(kefs_xdr_used(&out), &hdr, NULL), KEFS_RPC_V_CALL);
	assert_int_equal(hdr.prog, 0x40000000);
	assert_int_equal(hdr.cred.uid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call_sys), cmocka_unit_test(test_call_none), cmocka_unit_test(test_flavors),
		cmocka_unit_test(test_sys_limits), cmocka_unit_test(test_verf), cmocka_unit_test(test_types),
		cmocka_unit_test(test_replies), cmocka_unit_test(test_call_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
