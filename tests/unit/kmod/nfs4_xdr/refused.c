// SPDX-License-Identifier: GPL-2.0
/* What is not XDR although enough bytes are there, and where the limits are. */
#include <stdlib.h>
#include "core/limits.h"
#include "nfs4/fattr.h"
#include "vectors.h"

struct refused {
	const char *why;
	u32 opnum;
	const u8 *bytes;
	size_t len;
};

#define R(op, why, ...) { \
	why, OP_##op, (const u8[]){ __VA_ARGS__ }, sizeof((u8[]){ __VA_ARGS__ }) }

#define OPEN_START W(0), W(1), W(0), D(CLIENTID), W(0)
#define CHANNEL W(0), W(1), W(2), W(3), W(4), W(5), W(0)
#define SESSION_START D(1), W(1), W(0), CHANNEL, CHANNEL, W(7)
#define ID_START VERIFIER, W(0), W(0)

static const struct refused refused[] = {
	R(SEQUENCE, "bool 2", SESSIONID, W(1), W(0), W(0), W(2)),
	R(SEQUENCE, "bool -1", SESSIONID, W(1), W(0), W(0), W(0xffffffff)),
	R(BIND_CONN_TO_SESSION, "bool 2", SESSIONID, W(1), W(2)),
	R(RECLAIM_COMPLETE, "bool 2", W(2)),
	R(RECLAIM_COMPLETE, "bool in the wrong byte", W(0x01000000)),
	R(SECINFO_NO_NAME, "style 2", W(2)),
	R(EXCHANGE_ID, "spa_how 3", ID_START, W(3), W(0)),
	R(EXCHANGE_ID, "two nfs_impl_id4", ID_START, W(0), W(2), W(0), W(0), D(0), W(0), W(0), W(0), D(0), W(0)),
	R(EXCHANGE_ID, "9 words of bitmap", ID_START, W(1),
	  W(9), W(0), W(0), W(0), W(0), W(0), W(0), W(0), W(0), W(0), W(0), W(0)),
	R(CREATE_SESSION, "two ca_rdma_ird", D(1), W(1), W(0),
	  W(0), W(1), W(2), W(3), W(4), W(5), W(2), W(0), W(0), CHANNEL, W(7), W(0)),
	R(CREATE_SESSION, "flavor 3 (AUTH_DH)", SESSION_START, W(1), W(3), W(0), W(0), W(0), W(0), W(0)),
	R(CREATE_SESSION, "unknown flavor behind a known one", SESSION_START, W(2), W(0), W(7)),
	R(CREATE_SESSION, "17 gids", SESSION_START, W(1), W(1), W(0), W(0), W(0), W(0), W(17),
	  D(0), D(0), D(0), D(0), D(0), D(0), D(0), D(0), W(0)),
	R(BACKCHANNEL_CTL, "flavor 2", W(1), W(1), W(2)),
	R(LOCK, "type 0", W(0), W(0), D(1), D(2), W(0), STATEID, W(6)),
	R(LOCK, "type 5", W(5), W(0), D(1), D(2), W(0), STATEID, W(6)),
	R(LOCK, "reclaim 2", W(1), W(2), D(1), D(2), W(0), STATEID, W(6)),
	R(LOCK, "new_lock_owner 2", W(1), W(0), D(1), D(2), W(2), STATEID, W(6), D(0), D(0), D(0)),
	R(LOCKT, "type 0", W(0), D(3), D(4), D(CLIENTID), W(0)),
	R(LOCKT, "type 5", W(5), D(3), D(4), D(CLIENTID), W(0)),
	R(LOCKU, "type 0", W(0), W(8), STATEID, D(5), D(6)),
	R(LOCKU, "type -1", W(-1), W(8), STATEID, D(5), D(6)),
	R(WRITE, "stable_how4 3", STATEID, D(0), W(3), W(0)),
	R(WRITE, "no padding", STATEID, D(0), W(0), W(5), 1, 2, 3, 4, 5),
	R(WRITE, "padding too short", STATEID, D(0), W(0), W(5), 1, 2, 3, 4, 5, 0, 0),
	R(LOOKUP, "no padding", W(3), 'a', 'b', 'c'),
	R(OPEN, "opentype 2", OPEN_START, W(2), W(0), W(0), W(0)),
	R(OPEN, "createmode 4", OPEN_START, W(1), W(4), W(0), W(0), W(0), W(0)),
	R(OPEN, "claim 7", OPEN_START, W(0), W(7), W(0), W(0)),
	R(OPEN, "attribute's value cut", OPEN_START, W(1), W(0), W(1), W(1 << 4), W(4), W(0), W(0), W(0)),
	R(GETATTR, "9 words of bitmap", W(9), D(0), D(0), D(0), D(0), W(0)),
	R(SETATTR, "bytes behind the values", STATEID, W(2), W(0), W(1 << 1), W(8), W(0644), W(0)),
	R(SETATTR, "values end early", STATEID, W(2), W(0), W(1 << 1), W(0)),
	R(CREATE, "values end inside a number", W(NF4DIR), W(0), W(1), W(1 << 4), W(4), W(0)),
};

void test_refused(void **state)
{
	static const size_t heads[] = { 0, 4, 12, 16, 28, 1000 };
	static union kefs_args args;
	struct source s;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct refused *r = &refused[i];

		for (j = 0; j < ARRAY_SIZE(heads); j++) {
			source_open(&s, r->bytes, r->len, heads[j] < r->len ? heads[j] : r->len, false);
			if (kefs_op_find(r->opnum)->decode(&s.in, &args))
				fail_msg("%s: %s passes", kefs_op_find(r->opnum)->name, r->why);
			source_close(&s);
		}
	}
}

/* before, a length word at its end of n, n zero bytes and padding, after: is it taken? */
static bool taken(u32 opnum, const u8 *before, size_t before_len, u32 n, u32 elem, size_t after)
{
	const u8 count[] = { W(n) };
	size_t body = (size_t)n * elem + (-(n * elem) & 3), len = before_len + 4 + body + after;
	static union kefs_args args;
	u8 *bytes = calloc(1, len);
	struct source s;
	bool ok[2];
	int i;

	assert_non_null(bytes);
	if (before_len)
		memcpy(bytes, before, before_len);
	memcpy(bytes + before_len, count, 4);
	for (i = 0; i < 2; i++) {
		source_open(&s, bytes, len, i ? (before_len + 4 + body / 2) & ~(size_t)3 : len, false);
		ok[i] = kefs_op_find(opnum)->decode(&s.in, &args);
		source_close(&s);
	}
	assert_int_equal(ok[0], ok[1]);
	free(bytes);
	return ok[0];
}

#define EDGE(op, max, elem, after, ...) do { \
	static const u8 before[] = { __VA_ARGS__ }; \
	assert_true(taken(OP_##op, before, sizeof(before), max, elem, after)); \
	assert_false(taken(OP_##op, before, sizeof(before), (max) + 1, elem, after)); \
} while (0)

/* The longest that is read, and one more. */
void test_limits(void **state)
{
	assert_true(taken(OP_PUTFH, NULL, 0, KEFS_FH_MAX, 1, 0));
	assert_false(taken(OP_PUTFH, NULL, 0, KEFS_FH_MAX + 1, 1, 0));
	assert_true(taken(OP_TEST_STATEID, NULL, 0, KEFS_TEST_STATEIDS_MAX, 16, 0));
	assert_false(taken(OP_TEST_STATEID, NULL, 0, KEFS_TEST_STATEIDS_MAX + 1, 16, 0));
	assert_true(taken(OP_GETATTR, NULL, 0, KEFS_BITMAP_WORDS_MAX, 4, 0));
	assert_false(taken(OP_GETATTR, NULL, 0, KEFS_BITMAP_WORDS_MAX + 1, 4, 0));
	/* Too long a name is NFS4ERR_NAMETOOLONG: it must be read for that. */
	assert_true(taken(OP_LOOKUP, NULL, 0, KEFS_NAME_COMPONENT_MAX + 1, 1, 0));
	assert_true(taken(OP_REMOVE, NULL, 0, 1024, 1, 0));
	EDGE(EXCHANGE_ID, KEFS_OPAQUE_MAX, 1, 12, VERIFIER);
	EDGE(LOCKT, KEFS_OPAQUE_MAX, 1, 0, W(1), D(0), D(0), D(0));
	EDGE(LOCK, KEFS_OPAQUE_MAX, 1, 0, W(1), W(0), D(0), D(0), W(1), W(0), STATEID, W(0), D(0));
	EDGE(OPEN, KEFS_OPAQUE_MAX, 1, 12, W(0), W(1), W(0), D(CLIENTID));
	EDGE(CREATE_SESSION, 255, 1, 12, SESSION_START, W(1), W(1), W(0));		/* machine name */
	EDGE(CREATE_SESSION, 16, 4, 0, SESSION_START, W(1), W(1), W(0), W(0), W(0), W(0));	/* gids */
	/* Symlink text and what VERIFY compares: as long as a record can be. */
	{
		static const u8 link[] = { W(NF4LNK) }, mask[] = { W(0) };

		assert_true(taken(OP_CREATE, link, sizeof(link), KEFS_PATH_TARGET_MAX + 1, 1, 12));
		assert_true(taken(OP_VERIFY, mask, sizeof(mask), 65536, 1, 0));
	}
}
