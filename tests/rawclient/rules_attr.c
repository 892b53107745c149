// SPDX-License-Identifier: GPL-2.0
/* Attributes: RFC 8881 §5, §6.2.5, §18.7, §18.15, §18.16, §18.30, §18.31. */
#include "rules.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALS_MAX 512

enum { CHANGE = 3, SIZE = 4, RDATTR_ERROR = 11, ACL = 12, MODE = 33, OWNER = 36, ACCESS_SET = 48,
       MODIFY_SET = 54, MODE_SET_MASKED = 74, EXCLCREAT = 75, CHARSET_CAP = 76, CHANGE_ATTR_TYPE = 79, BEYOND = 130 };

/* fattr4: a bitmap of up to five words, and the values. */
struct fattr {
	uint32_t w[5];
	uint32_t len;
	uint8_t vals[VALS_MAX];
};

static struct fattr attr(uint32_t bit)
{
	struct fattr f = { .len = 0 };

	f.w[bit / 32] = 1u << bit % 32;
	return f;
}

static void add_u32(struct fattr *f, uint32_t bit, uint32_t v)
{
	f->w[bit / 32] |= 1u << bit % 32;
	for (int i = 0; i < 4; i++)
		f->vals[f->len++] = (uint8_t)(v >> (24 - 8 * i));
}

static void add_u64(struct fattr *f, uint32_t bit, uint64_t v)
{
	add_u32(f, bit, (uint32_t)(v >> 32));
	add_u32(f, bit, (uint32_t)v);
}

static bool has(const struct fattr *f, uint32_t bit)
{
	return f->w[bit / 32] >> bit % 32 & 1;
}

static uint64_t number(const struct fattr *f)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < f->len && i < 8; i++)
		v = v << 8 | f->vals[i];
	return v;
}

static void put_bitmap(struct rpc4_out *o, const struct fattr *f)
{
	rpc4_put_u32(o, 5);
	for (int i = 0; i < 5; i++)
		rpc4_put_u32(o, f->w[i]);
}

static void put_fattr(struct rpc4_out *o, const struct fattr *f)
{
	put_bitmap(o, f);
	rpc4_put_opaque(o, f->vals, f->len);
}

static void get_bitmap(struct rpc4_in *in, struct fattr *f)
{
	uint32_t n = rpc4_get_u32(in), word;

	memset(f->w, 0, sizeof(f->w));
	for (uint32_t i = 0; i < n && i < 8; i++) {
		word = rpc4_get_u32(in);
		if (i < 5)
			f->w[i] = word;
	}
}

/* A request on @fh; the caller adds the operation. */
static void begin(struct nfs41_req *q, struct peer *p, const struct nfs41_fh *fh)
{
	nfs41_begin_seq(q, &p->ses, 1, true);
	nfs41_put_putfh(q, fh);
}

static int getattr(struct peer *p, const struct nfs41_fh *fh, struct fattr *f)
{
	struct nfs41_req q;
	struct nfs41_res res;
	const uint8_t *vals;
	int r;

	begin(&q, p, fh);
	nfs41_op(&q, OP_GETATTR);
	put_bitmap(&q.out, f);
	r = ask(p, &q, &res, OP_GETATTR);
	if (r)
		return r;
	get_bitmap(&res.in, f);
	vals = rpc4_get_opaque(&res.in, &f->len);
	if (!vals || f->len > VALS_MAX)
		return -1;
	memcpy(f->vals, vals, f->len);
	return 0;
}

static int verify(struct peer *p, const struct nfs41_fh *fh, uint32_t op, const struct fattr *f)
{
	struct nfs41_req q;
	struct nfs41_res res;

	begin(&q, p, fh);
	nfs41_op(&q, op);
	put_fattr(&q.out, f);
	return ask(p, &q, &res, 0);
}

/* *@ret_set: attrsset, which is there whatever the status is. */
static int setattr(struct peer *p, const struct nfs41_fh *fh, const struct nfs41_stateid *id, const struct fattr *f,
		   struct fattr *ret_set)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	begin(&q, p, fh);
	nfs41_op(&q, OP_SETATTR);
	nfs41_put_stateid(&q, id);
	put_fattr(&q.out, f);
	r = nfs41_call(&q, &p->conn, &res);
	if (r || !nfs41_until(&res, OP_SETATTR))
		return r ? r : -1;
	get_bitmap(&res.in, ret_set);
	return res.in.bad ? -1 : (int)res.status;
}

static const struct nfs41_stateid anonymous;

static int sets(struct peer *p, const struct nfs41_fh *fh, const char *what, const struct fattr *f, int wanted)
{
	struct fattr set = { .len = 0 };

	if (said(what, setattr(p, fh, &anonymous, f, &set), wanted))
		return 1;
	if (!wanted && memcmp(set.w, f->w, sizeof(set.w)))
		return said("attrsset says what was set", 0, 1);
	for (int i = 0; wanted && i < 5; i++)
		if (set.w[i])
			return said("attrsset of what was refused", (int)set.w[i], 0);
	return 0;
}

/* --- what there is: §5.6, §5.7, as far as a POSIX file system can say --- */

static int supported(struct peer *p, const struct nfs41_fh *fh, struct fattr *ret)
{
	static const uint32_t wanted[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30, 31, 33, 34, 35,
		36, 37, 41, 42, 43, 44, 45, 47, 48, 50, 51, 52, 53, 54, 55, 74, 75, 76,
	};
	struct fattr f = attr(0);

	if (said("GETATTR", getattr(p, fh, &f), S_OK))
		return 1;
	memset(ret, 0, sizeof(*ret));
	for (uint32_t i = 0; i < number(&f) >> 32 && i < 5; i++)
		memcpy(&ret->w[i], f.vals + 4 + 4 * i, 4);
	for (int i = 0; i < 5; i++)
		ret->w[i] = __builtin_bswap32(ret->w[i]);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (!has(ret, wanted[i])) {
			printf("  attribute %u is not supported\n", wanted[i]);
			return 1;
		}
	}
	/* That one is of NFSv4.2 (RFC 7862 §12.2.3); minor version 1 cannot be extended (RFC 8178 §8) */
	return said("change_attr_type", has(ret, CHANGE_ATTR_TYPE), 0);
}

static int charset_cap(struct peer *p, const struct nfs41_fh *fh)
{
	struct fattr f = attr(CHARSET_CAP);

	return said("GETATTR", getattr(p, fh, &f), S_OK) || said("names need not be UTF-8", (int)number(&f), 1);
}

/* --- VERIFY and NVERIFY --- */

static int readdir(struct peer *p, const struct fattr *want)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_op(&q, OP_READDIR);
	rpc4_put_u64(&q.out, 0);	/* cookie, its verifier */
	rpc4_put_u64(&q.out, 0);
	rpc4_put_u32(&q.out, 4096);
	rpc4_put_u32(&q.out, 8192);
	put_bitmap(&q.out, want);
	return ask(p, &q, &res, 0);
}

static int verify_one(struct peer *p, const struct nfs41_fh *fh, uint32_t bit)
{
	struct fattr f = attr(bit), other;

	if (said("READDIR", readdir(p, &f), S_OK) || said("GETATTR", getattr(p, fh, &f), S_OK) ||
	    said("its bit", has(&f, bit), 1) || said("VERIFY", verify(p, fh, OP_VERIFY, &f), S_OK) ||
	    said("NVERIFY", verify(p, fh, OP_NVERIFY, &f), S_SAME))
		return 1;
	other = f;
	other.vals[bit == OWNER || bit == OWNER + 1 ? 4 : f.len - 1] ^= 1;
	return said("VERIFY of another", verify(p, fh, OP_VERIFY, &other), S_NOT_SAME) ||
	       said("NVERIFY of another", verify(p, fh, OP_NVERIFY, &other), S_OK);
}

static int write_only(struct peer *p, const struct nfs41_fh *fh, uint32_t bit)
{
	struct fattr f = attr(bit), got = f;

	add_u64(&f, bit, 0);
	return said("GETATTR", getattr(p, fh, &got), S_INVAL) || said("READDIR", readdir(p, &f), S_INVAL) ||
	       said("VERIFY", verify(p, fh, OP_VERIFY, &f), S_INVAL) || said("NVERIFY", verify(p, fh, OP_NVERIFY, &f), S_INVAL);
}

static int unsupported(struct peer *p, const struct nfs41_fh *fh, uint32_t bit)
{
	struct fattr f = attr(bit), got = f;

	add_u32(&f, bit, 0);
	return said("GETATTR", getattr(p, fh, &got), S_OK) || said("its bit", has(&got, bit), 0) ||
	       said("VERIFY", verify(p, fh, OP_VERIFY, &f), S_ATTRNOTSUPP) ||
	       said("NVERIFY", verify(p, fh, OP_NVERIFY, &f), S_ATTRNOTSUPP) ||
	       sets(p, fh, "SETATTR", &f, S_ATTRNOTSUPP);
}

static bool settable(uint32_t bit)
{
	return bit == SIZE || bit == MODE || bit == OWNER || bit == OWNER + 1;
}

static int read_only(struct peer *p, const struct nfs41_fh *fh, uint32_t bit)
{
	struct fattr f = attr(bit);

	return said("GETATTR", getattr(p, fh, &f), S_OK) || sets(p, fh, "SETATTR", &f, S_INVAL);
}

static int each(struct peer *p, const struct nfs41_fh *fh, const struct fattr *all, uint32_t bit)
{
	if (!has(all, bit))
		return unsupported(p, fh, bit);
	if (bit == ACCESS_SET || bit == MODIFY_SET || bit == MODE_SET_MASKED)
		return write_only(p, fh, bit);
	if (bit == RDATTR_ERROR)	/* only in READDIR it is a value (§5.8.1.12) */
		return said("VERIFY of rdattr_error", verify(p, fh, OP_VERIFY, &(struct fattr){ { 1u << bit }, 4, { 0 } }),
			    S_INVAL);
	return verify_one(p, fh, bit) || (!settable(bit) && read_only(p, fh, bit));
}

static int attributes(struct pair *t)
{
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	struct fattr all;

	if (said("OPEN", nfs41_open(&t->a.ses, "rules-attr", &fh, &id), S_OK) || supported(&t->a, &fh, &all) ||
	    charset_cap(&t->a, &fh))
		return 1;
	for (uint32_t bit = 0; bit <= BEYOND; bit++) {
		if (each(&t->a, &fh, &all, bit)) {
			printf("  attribute %u\n", bit);
			return 1;
		}
	}
	return 0;
}

/* --- SETATTR --- */

static int mode_is(struct peer *p, const struct nfs41_fh *fh, const char *what, int wanted)
{
	struct fattr f = attr(MODE);

	return said("GETATTR", getattr(p, fh, &f), S_OK) || said(what, (int)number(&f), wanted);
}

/* §6.2.5 */
static int mode_set_masked(struct peer *p, const struct nfs41_fh *fh)
{
	struct fattr mode = { .len = 0 }, masked = mode, bad = mode, both = mode;

	add_u32(&mode, MODE, 0640);
	add_u64(&masked, MODE_SET_MASKED, 04007ull << 32 | 04607);
	add_u64(&bad, MODE_SET_MASKED, 010000ull << 32);
	add_u32(&both, MODE, 0600);
	add_u64(&both, MODE_SET_MASKED, 0);
	return sets(p, fh, "mode", &mode, S_OK) || sets(p, fh, "mode_set_masked", &masked, S_OK) ||
	       mode_is(p, fh, "the bits of the mask are set or reset", 04047) ||
	       sets(p, fh, "a bit that no mode has", &bad, S_INVAL) || sets(p, fh, "both", &both, S_INVAL);
}

static int setattr_errors(struct peer *p, const struct nfs41_fh *fh, const struct nfs41_fh *dir)
{
	struct fattr mode = { .len = 0 }, size = mode, huge = mode, owner = mode, time = mode;

	add_u32(&mode, MODE, 0100644);
	add_u64(&size, SIZE, 5);
	add_u64(&huge, SIZE, 1ull << 63);
	add_u32(&owner, OWNER, 4);
	add_u32(&owner, OWNER, 0x726f6f74);	/* "root": names mean nothing here */
	add_u32(&time, MODIFY_SET, 1);
	add_u64(&time, MODIFY_SET, 1);
	add_u32(&time, MODIFY_SET, 1000000000);
	return sets(p, fh, "mode with a type", &mode, S_INVAL) || sets(p, fh, "size", &size, S_OK) ||
	       sets(p, fh, "size that no file has", &huge, S_FBIG) || sets(p, dir, "size of a directory", &size, S_ISDIR) ||
	       sets(p, fh, "owner", &owner, S_BADOWNER) || sets(p, fh, "nanoseconds", &time, S_INVAL);
}

/* Who may write but is not the owner: attrsset tells truly what of both was done (§18.30.3) */
static int half_allowed(struct pair *t, const struct nfs41_fh *fh)
{
	struct fattr open = { .len = 0 }, both = open, size = attr(SIZE), set;
	int r;

	add_u32(&open, MODE, 0666);
	add_u64(&both, SIZE, 3);
	add_u32(&both, MODE, 0600);
	if (sets(&t->a, fh, "mode", &open, S_OK))
		return 1;
	t->b.ses.cred.uid = 1000;
	r = said("SETATTR", setattr(&t->b, fh, &anonymous, &both, &set), S_PERM) || mode_is(&t->a, fh, "mode", 0666) ||
	    said("GETATTR", getattr(&t->a, fh, &size), S_OK) || said("mode in attrsset", has(&set, MODE), 0) ||
	    said("size in attrsset", has(&set, SIZE), number(&size) == 3);
	t->b.ses.cred.uid = 0;
	return r;
}

static int set_attributes(struct pair *t)
{
	struct nfs41_fh fh, dir;
	struct nfs41_stateid id;

	return said("OPEN", nfs41_open(&t->a.ses, "rules-set", &fh, &id), S_OK) ||
	       said("GETFH", nfs41_getfh(&t->a.ses, NULL, &dir), S_OK) || mode_set_masked(&t->a, &fh) ||
	       setattr_errors(&t->a, &fh, &dir) || half_allowed(t, &fh);
}

static int write_byte(struct peer *p, const struct nfs41_fh *fh, const struct nfs41_stateid *id, uint32_t stable)
{
	struct nfs41_req q;
	struct nfs41_res res;

	begin(&q, p, fh);
	nfs41_put_write(&q, id, 0, "x", 1, stable);
	return said("WRITE", ask(p, &q, &res, 0), S_OK);
}

/* The change attribute goes up with each change, whoever looks (§5.8.1.4) */
static int change_goes_up(struct pair *t)
{
	struct fattr f = attr(CHANGE), mode = { .len = 0 };
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	uint64_t last = 0;

	if (said("OPEN", nfs41_open(&t->a.ses, "rules-change", &fh, &id), S_OK))
		return 1;
	add_u32(&mode, MODE, 0644);
	for (int i = 0; i < 300; i++) {
		if (i % 2 ? sets(&t->a, &fh, "SETATTR", &mode, S_OK) : write_byte(&t->a, &fh, &id, (uint32_t)i % 3))
			return 1;
		f = attr(CHANGE);
		if (said("GETATTR", getattr(i % 3 ? &t->a : &t->b, &fh, &f), S_OK))
			return 1;
		if (number(&f) <= last)
			return said("the change attribute went up", 0, 1);
		last = number(&f);
	}
	return 0;
}

/* --- exclusive creates: §18.16.3 --- */

struct excl {
	uint64_t verifier;
	uint32_t how;		/* 2 EXCLUSIVE4, 3 EXCLUSIVE4_1 */
	struct fattr attrs;	/* of the latter */
};

static int open_excl(struct peer *p, const char *name, const struct excl *e, struct nfs41_fh *fh)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_op(&q, OP_OPEN);
	rpc4_put_u32(&q.out, 0);
	rpc4_put_u32(&q.out, 3 | 0x400);
	rpc4_put_u32(&q.out, 0);
	rpc4_put_u64(&q.out, 0);
	rpc4_put_string(&q.out, "exclusive");
	rpc4_put_u32(&q.out, 1);	/* OPEN4_CREATE */
	rpc4_put_u32(&q.out, e->how);
	rpc4_put_u64(&q.out, e->verifier);
	if (e->how == 3)
		put_fattr(&q.out, &e->attrs);
	rpc4_put_u32(&q.out, 0);	/* CLAIM_NULL */
	rpc4_put_string(&q.out, name);
	r = ask(p, &q, &res, 0);
	return r ? r : nfs41_getfh(&p->ses, name, fh);
}

static int exclusive_how(struct pair *t, uint32_t how)
{
	struct excl e = { 0x0123456789abcdefull, how, { .len = 0 } }, other = e;
	struct nfs41_fh fh, again;
	char name[32];

	snprintf(name, sizeof(name), "rules-excl-%u", how);
	nfs41_remove(&t->a.ses, name);
	add_u32(&e.attrs, MODE, 0604);
	other.verifier++;
	if (said("OPEN", open_excl(&t->a, name, &e, &fh), S_OK) ||
	    said("its retry", open_excl(&t->a, name, &e, &again), S_OK) ||
	    said("the same file", fh.len == again.len && !memcmp(fh.data, again.data, fh.len), 1) ||
	    said("another verifier", open_excl(&t->b, name, &other, &again), S_EXIST) ||
	    mode_is(&t->a, &fh, "mode", how == 3 ? 0604 : 0))
		return 1;
	return said("REMOVE", nfs41_remove(&t->a.ses, name), S_OK) ||
	       said("OPEN of a new one", open_excl(&t->b, name, &other, &again), S_OK);
}

/* What suppattr_exclcreat leaves out is not set: the verifier lies there */
static int exclusive_attrs(struct peer *p)
{
	struct excl time = { 7, 3, { .len = 0 } }, masked = time, unknown = time;
	struct nfs41_fh fh;

	add_u32(&time.attrs, MODIFY_SET, 0);
	add_u64(&masked.attrs, MODE_SET_MASKED, 0);
	add_u32(&unknown.attrs, ACL, 0);
	nfs41_remove(&p->ses, "rules-excl");
	return said("time_modify_set", open_excl(p, "rules-excl", &time, &fh), S_INVAL) ||
	       said("mode_set_masked", open_excl(p, "rules-excl", &masked, &fh), S_INVAL) ||
	       said("acl", open_excl(p, "rules-excl", &unknown, &fh), S_ATTRNOTSUPP) ||
	       said("nothing was made", nfs41_getfh(&p->ses, "rules-excl", &fh), S_NOENT);
}

/* The verifier lies in the times, which all may see: who guesses it makes nobody else's file longer */
static int exclusive_of_another(struct pair *t)
{
	struct excl e = { 0x0123456789abcdefull, 3, { .len = 0 } };
	struct fattr open = { .len = 0 }, size = attr(SIZE);
	struct nfs41_fh fh, root;

	nfs41_remove(&t->a.ses, "rules-excl-own");
	add_u32(&open, MODE, 01777);
	if (said("the root's handle", nfs41_getfh(&t->a.ses, NULL, &root), S_OK) ||
	    sets(&t->a, &root, "a root that is open to all", &open, S_OK) ||
	    said("OPEN", open_excl(&t->a, "rules-excl-own", &e, &fh), S_OK))
		return 1;
	add_u64(&e.attrs, SIZE, 1ull << 40);
	t->b.ses.cred.uid = 1000;
	if (said("as another", open_excl(&t->b, "rules-excl-own", &e, &fh), S_EXIST) ||
	    said("GETATTR", getattr(&t->a, &fh, &size), S_OK))
		return 1;
	return said("its size", (int)number(&size), 0) || said("REMOVE", nfs41_remove(&t->a.ses, "rules-excl-own"), S_OK);
}

static int exclusive(struct pair *t)
{
	return exclusive_how(t, 2) || exclusive_how(t, 3) || exclusive_attrs(&t->a) || exclusive_of_another(t);
}

const struct rules_test rules_attr_tests[] = {
	{ "attributes", attributes },
	{ "set-attributes", set_attributes },
	{ "change-goes-up", change_goes_up },
	{ "exclusive-create", exclusive },
	{ NULL, NULL },
};
