// SPDX-License-Identifier: GPL-2.0
/*
 * READDIR (RFC 8881 §18.23). Entries are written as the directory is read, each with its attributes. When an entry does
 * not fit any more its bytes are taken back, so the reply is always a whole number of entries.
 */
#include "../files/dir.h"
#include "../files/name.h"
#include "op_attr.h"
#include "ops.h"
#include "status.h"

#define READDIR_HEAD	KEFS_VERIFIER_SIZE
#define READDIR_TAIL	8		/* end of list, eof */
#define ENTRY_HEAD	(4 + 8 + 4)	/* follows, cookie, name length */
#define BUFFER_MIN	4096

static const u8 verifier[KEFS_VERIFIER_SIZE];	/* cookies last: see kefs_dir_read() */

struct readdir {
	struct kefs_compound *c;
	struct dentry *dir;
	const struct kefs_bitmap *want;
	bool attrs_needed;		/* the entry itself must be looked up */
	size_t max, used;		/* bytes of the result: allowed, written */
	size_t dircount, names;		/* likewise of cookies and names, a hint */
	bool any, toosmall;
};

/* fattr4 with rdattr_error alone, or with nothing when the client did not ask for it. */
static int put_error(struct readdir *rd, int err)
{
	struct kefs_bitmap only = { .w = { 0 } };
	struct kefs_fattr fa = { .rdattr_error = kefs_status(err) };

	if (!kefs_bitmap_test(rd->want, FATTR4_RDATTR_ERROR))
		return err;
	kefs_bitmap_set(&only, FATTR4_RDATTR_ERROR);
	kefs_fattr_encode(&rd->c->call.out, &only, &fa);
	return 0;
}

static int put_attrs(struct readdir *rd, const struct kefs_dir_entry *entry)
{
	struct kefs_fattr fa;
	struct dentry *dentry;
	struct kefs_fh fh;
	int err;

	if (!rd->attrs_needed) {
		fa.rdattr_error = NFS4_OK;
		fa.mounted_on_fileid = entry->ino;
		fa.fileid = entry->ino;
		kefs_fattr_encode(&rd->c->call.out, rd->want, &fa);
		return 0;
	}
	dentry = kefs_name_lookup_entry(rd->dir, entry->name, entry->len);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry) == -ENOENT ? -ENOENT : put_error(rd, PTR_ERR(dentry));
	err = kefs_attr_fill(rd->c, dentry, rd->want, &fa, &fh);
	dput(dentry);
	if (err)
		return put_error(rd, err);
	kefs_fattr_encode(&rd->c->call.out, rd->want, &fa);
	return 0;
}

static int emit(void *arg, const struct kefs_dir_entry *entry)
{
	struct readdir *rd = arg;
	struct kefs_xdr_out *out = &rd->c->call.out;
	size_t bound = ENTRY_HEAD + KEFS_XDR_PAD(entry->len) + kefs_fattr_size(rd->want);
	size_t start = kefs_xdr_used(out);
	int err;

	if (rd->any && rd->names + 8 + entry->len > rd->dircount)
		return 1;
	if (kefs_xdr_room(out) < bound + READDIR_TAIL) {
		err = kefs_compound_grow(rd->c, max_t(size_t, bound + READDIR_TAIL, kefs_xdr_used(out)));
		if (err == -KEFS_ERR_REP_TOO_BIG)
			err = kefs_compound_grow(rd->c, bound + READDIR_TAIL);
		if (err)
			return rd->any ? 1 : err;
	}
	kefs_xdr_put_u32(out, 1);
	kefs_xdr_put_u64(out, entry->cookie);
	kefs_xdr_put_opaque(out, entry->name, entry->len);
	err = put_attrs(rd, entry);
	if (err) {
		out->p = out->start + start;
		return err == -ENOENT ? 0 : err;	/* gone since it was read */
	}
	if (rd->used + (kefs_xdr_used(out) - start) + READDIR_TAIL > rd->max) {
		out->p = out->start + start;
		rd->toosmall = !rd->any;
		return 1;
	}
	rd->used += kefs_xdr_used(out) - start;
	rd->names += 8 + entry->len;
	rd->any = true;
	return 0;
}

/* What an entry's inode number and name can answer: no look-up. */
static bool needs_lookup(const struct kefs_bitmap *want)
{
	struct kefs_bitmap rest = *want;

	rest.w[0] &= kefs_fattr_supported.w[0] & ~(1u << FATTR4_RDATTR_ERROR | 1u << FATTR4_FILEID);
	rest.w[1] &= kefs_fattr_supported.w[1] & ~(1u << (FATTR4_MOUNTED_ON_FILEID - 32));
	rest.w[2] = 0;
	return kefs_fattr_needs(&rest);
}

/* RFC 8881 §18.23.3. */
static int check_args(const struct args_readdir *a, size_t max)
{
	if (a->cookie == 1 || a->cookie == 2)
		return -KEFS_ERR_BAD_COOKIE;
	if (a->cookie && memcmp(a->verifier, verifier, sizeof(verifier)))
		return -KEFS_ERR_NOT_SAME;
	if (kefs_fattr_write_only(&a->want))
		return -EINVAL;
	return max < READDIR_HEAD + READDIR_TAIL ? -KEFS_ERR_TOOSMALL : 0;
}

static int put_entries(struct readdir *rd, u64 cookie)
{
	struct kefs_compound *c = rd->c;
	bool eof = false;
	int err;

	err = kefs_compound_grow(c, BUFFER_MIN);
	if (err)
		return err;
	kefs_xdr_put_fixed(&c->call.out, verifier, sizeof(verifier));
	rd->used = READDIR_HEAD;
	err = kefs_dir_read(c->env.grant, rd->dir, cookie, emit, rd, &eof);
	if (err && !rd->any)
		return err;
	if (rd->toosmall)
		return -KEFS_ERR_TOOSMALL;
	kefs_xdr_put_u32(&c->call.out, 0);
	kefs_xdr_put_u32(&c->call.out, eof && !err);
	return 0;
}

int kefs_run_readdir(struct kefs_compound *c)
{
	const struct args_readdir *a = &c->args.readdir;
	struct readdir rd = {
		.c = c, .want = &a->want, .attrs_needed = needs_lookup(&a->want),
		.dircount = a->dircount ?: SIZE_MAX,
		.max = min3((size_t)a->maxcount, kefs_compound_room(c), (size_t)KEFS_REPLY_LINEAR_MAX / 2),
	};
	int err = check_args(a, rd.max);

	if (err)
		return err;
	rd.dir = kefs_compound_dentry(c, &c->cur);
	if (IS_ERR(rd.dir))
		return PTR_ERR(rd.dir);
	return d_is_dir(rd.dir) ? put_entries(&rd, a->cookie) : -ENOTDIR;
}
