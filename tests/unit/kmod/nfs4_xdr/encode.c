// SPDX-License-Identifier: GPL-2.0
/* Results against bytes written by hand, and against the room that the table promises. */
#include <stdlib.h>
#include "nfs4/fattr.h"
#include "vectors.h"

#define ID { 0x01020304, { OTHER } }
#define CINFO { true, 0x1111111122222222ULL, 0x3333333344444444ULL }
#define CINFO_BYTES W(1), D(0x1111111122222222ULL), D(0x3333333344444444ULL)

/* Room of exactly @room bytes; the bytes are the caller's to free. */
static u8 *encode(u32 opnum, const union kefs_res *res, u32 status, size_t room, struct kefs_xdr_out *out)
{
	u8 *buf = malloc(room);

	assert_non_null(buf);
	kefs_xdr_out_init(out, buf, room);
	kefs_op_find(opnum)->encode(out, res, status);
	return buf;
}

static void check(u32 opnum, const union kefs_res *res, u32 status, const u8 *want, size_t len)
{
	const char *name = kefs_op_find(opnum)->name;
	struct kefs_xdr_out out;
	size_t room;
	u8 *buf;

	for (room = 0; room < len; room++) {
		buf = encode(opnum, res, status, room, &out);
		if (!out.full)
			fail_msg("%s: fits into %zu bytes of %zu", name, room, len);
		assert_true(kefs_xdr_used(&out) <= room);
		free(buf);
	}
	buf = encode(opnum, res, status, len, &out);
	if (out.full || kefs_xdr_used(&out) != len)
		fail_msg("%s: %zu bytes, not %zu", name, kefs_xdr_used(&out), len);
	if (memcmp(buf, want, len))
		fail_msg("%s: other bytes", name);
	free(buf);
}

#define CHECK(op, status, res, ...) do { \
	static const u8 want[] = { __VA_ARGS__ }; \
	static const union kefs_res r = res; \
	check(OP_##op, &r, status, want, sizeof(want)); \
} while (0)
#define RES(...) { __VA_ARGS__ }

static void encode_files(void)
{
	CHECK(ACCESS, 0, RES(.access = { 0x3f, 0x15 }), W(0x3f), W(0x15));
	CHECK(CLOSE, 0, RES(.stateid = { ID }), STATEID);
	CHECK(LOCKU, 0, RES(.stateid = { ID }), STATEID);
	CHECK(OPEN_DOWNGRADE, 0, RES(.stateid = { ID }), STATEID);
	CHECK(LOCK, 0, RES(.lock = { .stateid = ID }), STATEID);
	CHECK(COMMIT, 0, RES(.commit = { 0xf0f1f2f3f4f5f6f7ULL }), VERIFIER);
	CHECK(WRITE, 0, RES(.write = { 4096, FILE_SYNC4, 0xf0f1f2f3f4f5f6f7ULL }), W(4096), W(2), VERIFIER);
	CHECK(CREATE, 0, RES(.create = { CINFO, { { 0x10, 2, 0 } } }), CINFO_BYTES, W(2), W(0x10), W(2));
	CHECK(CREATE, 0, RES(.create = { { false, 1, 2 } }), W(0), D(1), D(2), W(0));
	CHECK(LINK, 0, RES(.cinfo = { CINFO }), CINFO_BYTES);
	CHECK(REMOVE, 0, RES(.cinfo = { CINFO }), CINFO_BYTES);
	CHECK(RENAME, 0, RES(.rename = { { true, 1, 2 }, { false, 3, 4 } }), W(1), D(1), D(2), W(0), D(3), D(4));
	CHECK(GETFH, 0, RES(.getfh = { 5, { 1, 2, 3, 4, 5 } }), W(5), 1, 2, 3, 4, 5, 0, 0, 0);
	CHECK(READLINK, 0, RES(.readlink = { (const u8 *)"../x", 4 }), W(4), '.', '.', '/', 'x');
	CHECK(READLINK, 0, RES(.readlink = { (const u8 *)"tar", 3 }), W(3), 't', 'a', 'r', 0);
	CHECK(SECINFO, 0, RES(.cinfo = {}), W(2), W(AUTH_FLAVOR_SYS), W(AUTH_FLAVOR_NONE));
	CHECK(SECINFO_NO_NAME, 0, RES(.cinfo = {}), W(2), W(AUTH_FLAVOR_SYS), W(AUTH_FLAVOR_NONE));
	CHECK(SETATTR, 0, RES(.setattr = { { { 0x10, 0x00410000, 0 } } }), W(2), W(0x10), W(0x00410000));
	/* On an error: an empty bitmap (RFC 8881 §18.30.2). */
	CHECK(SETATTR, NFS4ERR_PERM, RES(.setattr = { { { 0, 0, 0 } } }), W(0));
	CHECK(SETATTR, NFS4ERR_PERM, RES(.setattr = { { { 0x10, 0, 0 } } }), W(1), W(0x10)); /* the size was set */
}

static void encode_sessions(void)
{
	CHECK(EXCHANGE_ID, 0,
	      RES(.exchange_id = { CLIENTID, 7, 0x80010001, { (const u8 *)"major", 5 }, { (const u8 *)"scope123", 8 } }),
	      D(CLIENTID), W(7), W(0x80010001), W(SP4_NONE), D(0), W(5), 'm', 'a', 'j', 'o', 'r', 0, 0, 0,
	      W(8), 's', 'c', 'o', 'p', 'e', '1', '2', '3', W(0));
	CHECK(CREATE_SESSION, 0,
	      RES(.create_session = { { SESSIONID }, 9, 2, { 1, 2, 3, 4, 5, 6 }, { 7, 8, 9, 10, 11, 12 } }),
	      SESSIONID, W(9), W(2), W(1), W(2), W(3), W(4), W(5), W(6), W(0),
	      W(7), W(8), W(9), W(10), W(11), W(12), W(0));
	CHECK(BIND_CONN_TO_SESSION, 0, RES(.bind_conn = { { SESSIONID }, CDFS4_BOTH }), SESSIONID, W(3), W(0));
	CHECK(SEQUENCE, 0, RES(.sequence = { { SESSIONID }, 1, 2, 3, 4, 0x300 }),
	      SESSIONID, W(1), W(2), W(3), W(4), W(0x300));
	CHECK(TEST_STATEID, 0, RES(.test_stateid = { 3, { 0, NFS4ERR_BAD_STATEID, NFS4ERR_EXPIRED } }),
	      W(3), W(0), W(10025), W(10011));
	CHECK(TEST_STATEID, 0, RES(.test_stateid = { 0 }), W(0));
}

void test_encode(void **state)
{
	encode_files();
	encode_sessions();
}

/* LOCK4denied, of LOCK and LOCKT; other errors have no body. */
void test_encode_denied(void **state)
{
	static const u8 want[] = {
		D(0x100000000ULL), D(~0ULL), W(WRITE_LT), D(CLIENTID), W(3), 'l', 'o', 'w', 0,
	};
	union kefs_res r = {
		.lock = { .offset = 0x100000000ULL, .length = ~0ULL, .clientid = CLIENTID, .type = WRITE_LT,
			  .owner_len = 3, .owner = "low" },
	};

	check(OP_LOCK, &r, NFS4ERR_DENIED, want, sizeof(want));
	check(OP_LOCKT, &r, NFS4ERR_DENIED, want, sizeof(want));
	check(OP_LOCK, &r, NFS4ERR_BAD_STATEID, want, 0);
	check(OP_LOCKT, &r, NFS4ERR_INVAL, want, 0);
	check(OP_LOCKT, &r, NFS4_OK, want, 0);
}

/* The arms of open_delegation4 that are used. */
void test_encode_delegation(void **state)
{
#define OPEN(type, why) RES(.open = { ID, CINFO, 0x24, { { 0x10, 2, 0 } }, type, why })
#define OPEN_BYTES STATEID, CINFO_BYTES, W(0x24), W(2), W(0x10), W(2)
	CHECK(OPEN, 0, OPEN(OPEN_DELEGATE_NONE, 0), OPEN_BYTES, W(0));
	CHECK(OPEN, 0, OPEN(OPEN_DELEGATE_NONE_EXT, WND4_NOT_WANTED), OPEN_BYTES, W(3), W(0));
	CHECK(OPEN, 0, OPEN(OPEN_DELEGATE_NONE_EXT, WND4_CANCELLED), OPEN_BYTES, W(3), W(7));
	/* WND4_RESOURCE: ond_server_will_signal_avail. */
	CHECK(OPEN, 0, OPEN(OPEN_DELEGATE_NONE_EXT, WND4_RESOURCE), OPEN_BYTES, W(3), W(2), W(0));
	/* WND4_CONTENTION: ond_server_will_push_deleg. */
	CHECK(OPEN, 0, OPEN(OPEN_DELEGATE_NONE_EXT, WND4_CONTENTION), OPEN_BYTES, W(3), W(1), W(0));
	/* stateid, recall, and an ACE: type, flags, mask, who. */
	CHECK(OPEN, 0, RES(.open = { ID, CINFO, 0x24, { { 0x10, 2, 0 } }, OPEN_DELEGATE_READ, 0, ID, true }), OPEN_BYTES,
	      W(1), STATEID, W(1), W(0), W(0), W(0), W(0));
	/* likewise, with nfs_modified_limit4 before the ACE. */
	CHECK(OPEN, 0, RES(.open = { ID, CINFO, 0x24, { { 0x10, 2, 0 } }, OPEN_DELEGATE_WRITE, 0, ID, false, 77, 4096 }),
	      OPEN_BYTES, W(2), STATEID, W(0), W(2), W(77), W(4096), W(0), W(0), W(0), W(0));
}

/* The largest body of each operation fits what its row reserves. */
static void fits(u32 opnum, const union kefs_res *res, u32 status)
{
	const struct kefs_op *op = kefs_op_find(opnum);
	struct kefs_xdr_out out;
	u8 *buf = encode(opnum, res, status, 65536, &out);

	assert_false(out.full);
	if (kefs_xdr_used(&out) > op->reply_max)
		fail_msg("%s: %zu bytes, reply_max %u", op->name, kefs_xdr_used(&out), op->reply_max);
	free(buf);
}

void test_reply_max(void **state)
{
	/* READLINK and TEST_STATEID see to their room when run, LOCK and LOCKT to that of the owner in LOCK4denied. */
	static const u32 fixed[] = {
		OP_ACCESS, OP_CLOSE, OP_COMMIT, OP_LINK, OP_LOCK, OP_LOCKT, OP_LOCKU, OP_OPEN_DOWNGRADE, OP_REMOVE,
		OP_RENAME, OP_SECINFO, OP_WRITE, OP_BIND_CONN_TO_SESSION, OP_CREATE_SESSION, OP_SECINFO_NO_NAME,
		OP_SEQUENCE,
	};
	static union kefs_res r;
	size_t i;

	memset(&r, 0, sizeof(r));
	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		fits(fixed[i], &r, 0);
	fits(OP_LOCK, &r, NFS4ERR_DENIED);
	fits(OP_LOCKT, &r, NFS4ERR_DENIED);
	r.create.attrset = (struct kefs_bitmap){ { ~0u, ~0u, ~0u }, true };
	fits(OP_CREATE, &r, 0);
	memset(&r, 0, sizeof(r));
	r.setattr.attrset = (struct kefs_bitmap){ { ~0u, ~0u, ~0u }, true };
	fits(OP_SETATTR, &r, 0);
	fits(OP_SETATTR, &r, NFS4ERR_INVAL);
	memset(&r, 0, sizeof(r));
	r.getfh.len = KEFS_FH_MAX;
	fits(OP_GETFH, &r, 0);
	memset(&r, 0, sizeof(r));
	r.open.attrset = (struct kefs_bitmap){ { ~0u, ~0u, ~0u }, true };
	r.open.deleg_type = OPEN_DELEGATE_NONE_EXT;
	r.open.why_no_deleg = WND4_RESOURCE;
	fits(OP_OPEN, &r, 0);
	r.open.deleg_type = OPEN_DELEGATE_WRITE;
	fits(OP_OPEN, &r, 0);
}
