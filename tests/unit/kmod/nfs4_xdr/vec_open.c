// SPDX-License-Identifier: GPL-2.0
/* OPEN and what follows it: CLOSE, locks, READ, WRITE, COMMIT. */
#include "nfs4/fattr.h"
#include "vectors.h"

/* seqid, share_access, share_deny, open_owner4: what every OPEN begins with. 36 bytes. */
#define OPEN_HEAD(access, deny) \
	W(0), W(access), W(deny), D(CLIENTID), W(9), 'o', 'p', 'e', 'n', 'o', 'w', 'n', 'e', 'r', 0, 0, 0

static void check_open_head(const struct args_open *a, u32 access, u32 deny, u32 want)
{
	assert_int_equal(a->access, access);
	assert_int_equal(a->deny, deny);
	assert_int_equal(a->want, want);
	assert_true(a->clientid == CLIENTID);
	check_str(&a->owner, "openowner");
}

static const u8 open_null[] = {
	OPEN_HEAD(OPEN4_SHARE_ACCESS_READ | 0x0400, 0),
	W(OPEN4_NOCREATE),
	W(CLAIM_NULL), W(4), 'n', 'a', 'm', 'e',
};

static void check_open_null(const union kefs_args *args, const struct source *s)
{
	check_open_head(&args->open, OPEN4_SHARE_ACCESS_READ, 0, OPEN4_SHARE_ACCESS_WANT_NO_DELEG);
	assert_int_equal(args->open.opentype, OPEN4_NOCREATE);
	assert_int_equal(args->open.claim, CLAIM_NULL);
	check_str(&args->open.name, "name");
	check_bitmap(&args->open.attrs.mask, 0, 0, 0, false);
}

/* Both "signal when available" flags. */
static const u8 open_unchecked[] = {
	OPEN_HEAD(OPEN4_SHARE_ACCESS_BOTH | 0x30000, 3),
	W(OPEN4_CREATE), W(UNCHECKED4),
	W(2), W(1 << 4), W(1 << 1), W(12), D(0), W(0644),
	W(CLAIM_NULL), W(1), 'f', 0, 0, 0,
};

static void check_open_unchecked(const union kefs_args *args, const struct source *s)
{
	check_open_head(&args->open, OPEN4_SHARE_ACCESS_BOTH, 3, OPEN4_SHARE_ACCESS_WHEN_MASK);
	assert_int_equal(args->open.opentype, OPEN4_CREATE);
	assert_int_equal(args->open.createmode, UNCHECKED4);
	check_bitmap(&args->open.attrs.mask, 0x10, 2, 0, false);
	assert_true(args->open.attrs.size == 0);
	assert_int_equal(args->open.attrs.mode, 0644);
	check_str(&args->open.name, "f");
}

static const u8 open_guarded[] = {
	OPEN_HEAD(OPEN4_SHARE_ACCESS_WRITE, 0),
	W(OPEN4_CREATE), W(GUARDED4), W(0), W(0),
	W(CLAIM_NULL), W(1), 'g', 0, 0, 0,
};

static void check_open_guarded(const union kefs_args *args, const struct source *s)
{
	check_open_head(&args->open, OPEN4_SHARE_ACCESS_WRITE, 0, 0);
	assert_int_equal(args->open.createmode, GUARDED4);
	check_str(&args->open.name, "g");
}

static const u8 open_exclusive[] = {
	OPEN_HEAD(OPEN4_SHARE_ACCESS_WRITE, 1),
	W(OPEN4_CREATE), W(EXCLUSIVE4), VERIFIER,
	W(CLAIM_NULL), W(1), 'e', 0, 0, 0,
};

static void check_verifier(const struct args_open *a)
{
	static const u8 verifier[] = { VERIFIER };

	assert_memory_equal(a->verifier, verifier, sizeof(verifier));
}

static void check_open_exclusive(const union kefs_args *args, const struct source *s)
{
	check_open_head(&args->open, OPEN4_SHARE_ACCESS_WRITE, 1, 0);
	assert_int_equal(args->open.createmode, EXCLUSIVE4);
	check_verifier(&args->open);
	check_bitmap(&args->open.attrs.mask, 0, 0, 0, false);
	check_str(&args->open.name, "e");
}

static const u8 open_exclusive41[] = {
	OPEN_HEAD(OPEN4_SHARE_ACCESS_BOTH | 0x0500, 0),
	W(OPEN4_CREATE), W(EXCLUSIVE4_1), VERIFIER, W(2), W(0), W(1 << 1), W(4), W(0600),
	W(CLAIM_NULL), W(1), 'x', 0, 0, 0,
};

static void check_open_exclusive41(const union kefs_args *args, const struct source *s)
{
	check_open_head(&args->open, OPEN4_SHARE_ACCESS_BOTH, 0, OPEN4_SHARE_ACCESS_WANT_CANCEL);
	assert_int_equal(args->open.createmode, EXCLUSIVE4_1);
	check_verifier(&args->open);
	check_bitmap(&args->open.attrs.mask, 0, 2, 0, false);
	assert_int_equal(args->open.attrs.mode, 0600);
}

static const u8 open_previous[] = { OPEN_HEAD(1, 0), W(OPEN4_NOCREATE), W(CLAIM_PREVIOUS), W(2) };

static void check_open_previous(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->open.claim, CLAIM_PREVIOUS);
	assert_int_equal(args->open.delegate_type, 2);
}

static const u8 open_deleg_cur[] = {
	OPEN_HEAD(1, 0), W(OPEN4_NOCREATE), W(CLAIM_DELEGATE_CUR), STATEID, W(1), 'c', 0, 0, 0,
};

static void check_open_deleg_cur(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->open.claim, CLAIM_DELEGATE_CUR);
	check_stateid(&args->open.delegate_stateid);
	check_str(&args->open.name, "c");
}

static const u8 open_deleg_prev[] = {
	OPEN_HEAD(1, 0), W(OPEN4_NOCREATE), W(CLAIM_DELEGATE_PREV), W(1), 'p', 0, 0, 0,
};

static void check_open_deleg_prev(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->open.claim, CLAIM_DELEGATE_PREV);
	check_str(&args->open.name, "p");
}

static const u8 open_fh[] = { OPEN_HEAD(2, 2), W(OPEN4_NOCREATE), W(CLAIM_FH) };

static void check_open_fh(const union kefs_args *args, const struct source *s)
{
	check_open_head(&args->open, 2, 2, 0);
	assert_int_equal(args->open.claim, CLAIM_FH);
}

static const u8 open_deleg_cur_fh[] = {
	OPEN_HEAD(1, 0), W(OPEN4_NOCREATE), W(CLAIM_DELEG_CUR_FH), STATEID,
};

static void check_open_deleg_cur_fh(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->open.claim, CLAIM_DELEG_CUR_FH);
	check_stateid(&args->open.delegate_stateid);
}

static const u8 open_deleg_prev_fh[] = { OPEN_HEAD(1, 0), W(OPEN4_NOCREATE), W(CLAIM_DELEG_PREV_FH) };

static void check_open_deleg_prev_fh(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->open.claim, CLAIM_DELEG_PREV_FH);
}

static const u8 downgrade[] = { STATEID, W(99), W(1), W(2) };

static void check_downgrade(const union kefs_args *args, const struct source *s)
{
	check_stateid(&args->open_downgrade.stateid);
	assert_int_equal(args->open_downgrade.access, 1);
	assert_int_equal(args->open_downgrade.deny, 2);
}

static const u8 close_args[] = { W(99), STATEID };

static void check_close_args(const union kefs_args *args, const struct source *s)
{
	check_stateid(&args->close.stateid);
}

/* locktype, reclaim, offset, length, new_lock_owner, open_to_lock_owner4. */
static const u8 lock_new[] = {
	W(WRITEW_LT), W(1), D(0x100000000ULL), D(~0ULL), W(1),
	W(5), STATEID, W(6), D(CLIENTID), W(3), 'l', 'o', 'w', 0,
};

static void check_lock_new(const union kefs_args *args, const struct source *s)
{
	const struct args_lock *a = &args->lock;

	assert_int_equal(a->type, WRITEW_LT);
	assert_true(a->reclaim);
	assert_true(a->new_owner);
	assert_true(a->offset == 0x100000000ULL);
	assert_true(a->length == ~0ULL);
	check_stateid(&a->stateid);
	assert_true(a->clientid == CLIENTID);
	check_str(&a->owner, "low");
}

static const u8 lock_exist[] = { W(READ_LT), W(0), D(1), D(2), W(0), STATEID, W(6) };

static void check_lock_exist(const union kefs_args *args, const struct source *s)
{
	const struct args_lock *a = &args->lock;

	assert_int_equal(a->type, READ_LT);
	assert_false(a->reclaim);
	assert_false(a->new_owner);
	assert_true(a->offset == 1);
	assert_true(a->length == 2);
	check_stateid(&a->stateid);
}

static const u8 lockt[] = { W(READW_LT), D(3), D(4), D(CLIENTID), W(4), 't', 'e', 's', 't' };

static void check_lockt(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->lockt.type, READW_LT);
	assert_true(args->lockt.offset == 3);
	assert_true(args->lockt.length == 4);
	assert_true(args->lockt.clientid == CLIENTID);
	check_str(&args->lockt.owner, "test");
}

static const u8 locku[] = { W(WRITE_LT), W(8), STATEID, D(5), D(6) };

static void check_locku(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->locku.type, WRITE_LT);
	check_stateid(&args->locku.stateid);
	assert_true(args->locku.offset == 5);
	assert_true(args->locku.length == 6);
}

static const u8 read_args[] = { STATEID, D(0xfffffffffffff000ULL), W(1048576) };

static void check_read_args(const union kefs_args *args, const struct source *s)
{
	check_stateid(&args->read.stateid);
	assert_true(args->read.offset == 0xfffffffffffff000ULL);
	assert_int_equal(args->read.count, 1048576);
}

#define WRITE_HEAD(stable) STATEID, D(0x1122334455667788ULL), W(stable)

static void check_write(const struct args_write *a, const struct source *s, u32 stable, const char *data)
{
	u8 buf[64];

	check_stateid(&a->stateid);
	assert_true(a->offset == 0x1122334455667788ULL);
	assert_int_equal(a->stable, stable);
	assert_int_equal(a->count, strlen(data));
	assert_int_equal(a->body.head_len + a->body.rest_len, a->count);
	source_gather(s, &a->body, buf);
	assert_memory_equal(buf, data, a->count);
}

static const u8 write_padded[] = { WRITE_HEAD(UNSTABLE4), W(5), 'h', 'e', 'l', 'l', 'o', 0, 0, 0 };

static void check_write_padded(const union kefs_args *args, const struct source *s)
{
	check_write(&args->write, s, UNSTABLE4, "hello");
}

static const u8 write_whole[] = { WRITE_HEAD(FILE_SYNC4), W(8), '0', '1', '2', '3', '4', '5', '6', '7' };

static void check_write_whole(const union kefs_args *args, const struct source *s)
{
	check_write(&args->write, s, FILE_SYNC4, "01234567");
}

static const u8 write_empty[] = { WRITE_HEAD(DATA_SYNC4), W(0) };

static void check_write_empty(const union kefs_args *args, const struct source *s)
{
	check_write(&args->write, s, DATA_SYNC4, "");
}

static const u8 commit[] = { D(0x8877665544332211ULL), W(4096) };

static void check_commit(const union kefs_args *args, const struct source *s)
{
	assert_true(args->commit.offset == 0x8877665544332211ULL);
	assert_int_equal(args->commit.count, 4096);
}

static const struct vector vectors[] = {
	VECTOR(OPEN, open_null, 20, 44),
	VECTOR(OPEN, open_unchecked, 20, 44, 56, 76),
	VECTOR(OPEN, open_guarded, 20, 44, 48, 56),
	VECTOR(OPEN, open_exclusive, 20, 56),
	VECTOR(OPEN, open_exclusive41, 20, 52, 64, 76),
	VECTOR(OPEN, open_previous, 20),
	VECTOR(OPEN, open_deleg_cur, 20, 60),
	VECTOR(OPEN, open_deleg_prev, 20, 44),
	VECTOR(OPEN, open_fh, 20),
	VECTOR(OPEN, open_deleg_cur_fh, 20),
	VECTOR(OPEN, open_deleg_prev_fh, 20),
	PLAIN(OPEN_DOWNGRADE, downgrade),
	PLAIN(CLOSE, close_args),
	VECTOR(LOCK, lock_new, 60),
	PLAIN(LOCK, lock_exist),
	VECTOR(LOCKT, lockt, 28),
	PLAIN(LOCKU, locku),
	PLAIN(READ, read_args),
	VECTOR(WRITE, write_padded, 28),
	VECTOR(WRITE, write_whole, 28),
	VECTOR(WRITE, write_empty, 28),
	PLAIN(COMMIT, commit),
};

const struct vectors open_vectors = { vectors, ARRAY_SIZE(vectors) };
