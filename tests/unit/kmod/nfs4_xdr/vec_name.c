// SPDX-License-Identifier: GPL-2.0
/* Names, handles, attributes and directories. */
#include "nfs4/fattr.h"
#include "vectors.h"

static const u8 putfh[] = { W(5), 1, 2, 3, 4, 5, 0, 0, 0 };

static void check_putfh(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->putfh.fh.len, 5);
	assert_memory_equal(args->putfh.fh.data, putfh + 4, 5);
}

static const u8 putfh_empty[] = { W(0) };

static void check_putfh_empty(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->putfh.fh.len, 0);
	assert_non_null(args->putfh.fh.data);
}

static const u8 lookup[] = { W(8), 'f', 'i', 'l', 'e', 'n', 'a', 'm', 'e' };

static void check_lookup(const union kefs_args *args, const struct source *s)
{
	check_str(&args->name.name, "filename");
}

/* RFC 4506 §3: receivers need not look at the padding. */
static const u8 remove_padded[] = { W(1), 'x', 0xff, 0xff, 0xff };

static void check_remove_padded(const union kefs_args *args, const struct source *s)
{
	check_str(&args->name.name, "x");
}

static const u8 link_empty[] = { W(0) };

static void check_link_empty(const union kefs_args *args, const struct source *s)
{
	check_str(&args->name.name, "");
}

static const u8 secinfo[] = { W(2), 0xc3, 0xa4, 0, 0 };

static void check_secinfo(const union kefs_args *args, const struct source *s)
{
	check_str(&args->name.name, "\xc3\xa4");
}

static const u8 rename_names[] = { W(3), 'o', 'l', 'd', 0, W(4), 'n', 'e', 'w', '1' };

static void check_rename_names(const union kefs_args *args, const struct source *s)
{
	check_str(&args->rename.oldname, "old");
	check_str(&args->rename.newname, "new1");
}

/* createtype4 NF4DIR, name, fattr4 { mode }. */
static const u8 create_dir[] = {
	W(NF4DIR), W(3), 'd', 'i', 'r', 0,
	W(2), W(0), W(1 << 1), W(4), W(0755),
};

static void check_create_dir(const union kefs_args *args, const struct source *s)
{
	const struct args_create *a = &args->create;

	assert_int_equal(a->type, NF4DIR);
	check_str(&a->name, "dir");
	assert_int_equal(a->attrs.error, 0);
	check_bitmap(&a->attrs.mask, 0, 2, 0, false);
	assert_int_equal(a->attrs.mode, 0755);
	assert_null(a->linkdata.data);
}

static const u8 create_link[] = {
	W(NF4LNK), W(6), 't', 'a', 'r', 'g', 'e', 't', 0, 0,
	W(2), 'l', 'n', 0, 0,
	W(0), W(0),
};

static void check_create_link(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->create.type, NF4LNK);
	check_str(&args->create.linkdata, "target");
	check_str(&args->create.name, "ln");
	check_bitmap(&args->create.attrs.mask, 0, 0, 0, false);
}

static const u8 create_blk[] = { W(NF4BLK), W(8), W(1), W(3), 's', 'd', 'a', 0, W(0), W(0) };

static void check_create_blk(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->create.type, NF4BLK);
	assert_int_equal(args->create.major, 8);
	assert_int_equal(args->create.minor, 1);
	check_str(&args->create.name, "sda");
}

static const u8 create_chr[] = { W(NF4CHR), W(0xfffff), W(0xff), W(1), 'c', 0, 0, 0, W(0), W(0) };

static void check_create_chr(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->create.type, NF4CHR);
	assert_int_equal(args->create.major, 0xfffff);
	assert_int_equal(args->create.minor, 0xff);
}

static const u8 create_fifo[] = { W(NF4FIFO), W(1), 'p', 0, 0, 0, W(0), W(0) };

static void check_create_fifo(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->create.type, NF4FIFO);
	check_str(&args->create.name, "p");
}

static const u8 create_sock[] = { W(NF4SOCK), W(1), 's', 0, 0, 0, W(0), W(0) };

static void check_create_sock(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->create.type, NF4SOCK);
	check_str(&args->create.name, "s");
}

/* createtype4's default arm is void: the answer is NFS4ERR_BADTYPE, not NFS4ERR_BADXDR. */
static const u8 create_badtype[] = { W(NF4REG), W(1), 'r', 0, 0, 0, W(0), W(0) };

static void check_create_badtype(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->create.type, NF4REG);
	check_str(&args->create.name, "r");
}

static const u8 access_args[] = { W(0x3f) };

static void check_access_args(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->access.access, 0x3f);
}

static const u8 getattr[] = { W(2), W(0x0010011a), W(0x00b0a23a) };

static void check_getattr(const union kefs_args *args, const struct source *s)
{
	check_bitmap(&args->getattr.want, 0x0010011a, 0x00b0a23a, 0, false);
}

static const u8 getattr_none[] = { W(0) };

static void check_getattr_none(const union kefs_args *args, const struct source *s)
{
	check_bitmap(&args->getattr.want, 0, 0, 0, false);
}

/* Attributes of minor versions to come. */
static const u8 getattr_high[] = { W(8), W(1), W(2), W(3), W(0), W(0), W(0), W(0), W(0x80000000) };

static void check_getattr_high(const union kefs_args *args, const struct source *s)
{
	check_bitmap(&args->getattr.want, 1, 2, 3, true);
}

/* Words that say nothing. */
static const u8 getattr_zeros[] = { W(5), W(1), W(0), W(0), W(0), W(0) };

static void check_getattr_zeros(const union kefs_args *args, const struct source *s)
{
	check_bitmap(&args->getattr.want, 1, 0, 0, false);
}

/* All that can be set, in order: size, mode, owner, owner_group, time_access_set, time_modify_set. */
static const u8 setattr_all[] = {
	STATEID,
	W(2), W(1 << 4), W(1 << 1 | 1 << 4 | 1 << 5 | 1 << 16 | 1 << 22),
	W(8 + 4 + 8 + 12 + 4 + 16),
	D(0x123456789aULL),
	W(04755),
	W(4), '1', '0', '0', '0',
	W(5), '1', '0', '0', '0', '1', 0, 0, 0,
	W(SET_TO_SERVER_TIME4),
	W(SET_TO_CLIENT_TIME4), D(-5), W(999999999),
};

static void check_setattr_all(const union kefs_args *args, const struct source *s)
{
	const struct args_setattr *a = &args->setattr;

	check_stateid(&a->stateid);
	assert_int_equal(a->attrs.error, 0);
	check_bitmap(&a->attrs.mask, 0x10, 0x00410032, 0, false);
	assert_true(a->attrs.size == 0x123456789aULL);
	assert_int_equal(a->attrs.mode, 04755);
	assert_int_equal(a->attrs.uid, 1000);
	assert_int_equal(a->attrs.gid, 10001);
	assert_true(a->attrs.atime_now);
	assert_false(a->attrs.mtime_now);
	assert_true(a->attrs.mtime.sec == -5);
	assert_int_equal(a->attrs.mtime.nsec, 999999999);
}

static const u8 setattr_none[] = { STATEID, W(0), W(0) };

static void check_setattr_none(const union kefs_args *args, const struct source *s)
{
	check_stateid(&args->setattr.stateid);
	assert_int_equal(args->setattr.attrs.error, 0);
	check_bitmap(&args->setattr.attrs.mask, 0, 0, 0, false);
}

/* An ACL, which is not kept: the values are passed over, told when run. */
static const u8 setattr_acl[] = { STATEID, W(1), W(1 << 12), W(4), W(0) };

static void check_setattr_acl(const union kefs_args *args, const struct source *s)
{
	assert_int_equal(args->setattr.attrs.error, -KEFS_ERR_ATTRNOTSUPP);
}

static const u8 verify_size[] = { W(1), W(1 << 4), W(8), D(77) };

static void check_verify_size(const union kefs_args *args, const struct source *s)
{
	check_bitmap(&args->verify.mask, 0x10, 0, 0, false);
	assert_int_equal(args->verify.vals_len, 8);
	assert_memory_equal(args->verify.vals, verify_size + 12, 8);
}

static const u8 nverify_none[] = { W(0), W(0) };

static void check_nverify_none(const union kefs_args *args, const struct source *s)
{
	check_bitmap(&args->verify.mask, 0, 0, 0, false);
	assert_int_equal(args->verify.vals_len, 0);
}

static const u8 readdir[] = {
	D(0x8000000000000003ULL), VERIFIER, W(8170), W(32680), W(2), W(0x0018091a), W(0x00b0a23a),
};

static void check_readdir(const union kefs_args *args, const struct source *s)
{
	static const u8 verifier[] = { VERIFIER };
	const struct args_readdir *a = &args->readdir;

	assert_true(a->cookie == 0x8000000000000003ULL);
	assert_memory_equal(a->verifier, verifier, sizeof(verifier));
	assert_int_equal(a->dircount, 8170);
	assert_int_equal(a->maxcount, 32680);
	check_bitmap(&a->want, 0x0018091a, 0x00b0a23a, 0, false);
}

static const struct vector vectors[] = {
	VECTOR(PUTFH, putfh, 0),
	VECTOR(PUTFH, putfh_empty, 0),
	VECTOR(LOOKUP, lookup, 0),
	VECTOR(REMOVE, remove_padded, 0),
	VECTOR(LINK, link_empty, 0),
	VECTOR(SECINFO, secinfo, 0),
	VECTOR(RENAME, rename_names, 0, 8),
	VECTOR(CREATE, create_dir, 4, 12, 24),
	VECTOR(CREATE, create_link, 4, 16, 24, 28),
	VECTOR(CREATE, create_blk, 12, 20, 24),
	VECTOR(CREATE, create_chr, 12, 20, 24),
	VECTOR(CREATE, create_fifo, 4, 12, 16),
	VECTOR(CREATE, create_sock, 4, 12, 16),
	VECTOR(CREATE, create_badtype, 4, 12, 16),
	PLAIN(ACCESS, access_args),
	VECTOR(GETATTR, getattr, 0),
	VECTOR(GETATTR, getattr_none, 0),
	VECTOR(GETATTR, getattr_high, 0),
	VECTOR(GETATTR, getattr_zeros, 0),
	VECTOR(SETATTR, setattr_all, 16, 28, 44, 52),
	VECTOR(SETATTR, setattr_none, 16, 20),
	VECTOR(SETATTR, setattr_acl, 16, 24),
	VECTOR(VERIFY, verify_size, 0, 8),
	VECTOR(NVERIFY, nverify_none, 0, 4),
	VECTOR(READDIR, readdir, 24),
};

const struct vectors name_vectors = { vectors, ARRAY_SIZE(vectors) };
