// SPDX-License-Identifier: GPL-2.0
/* COMPOUND and its operations (RFC 8881 §16, §18), broken. */
#include "badinput.h"

#include <stdio.h>
#include <string.h>

#define LIE 0xfffffff0u

/* How a server may call bytes that do not decode: in the compound, or for the whole call. */
#define GARBLED S_BADXDR, ACCEPT - RPC4_GARBAGE_ARGS

/* One test body with a session of its own around it. */
static int with_session(struct ctx *t, int (*body)(struct peer *))
{
	struct peer p = { .t = t };
	int bad = peer_session(t, &p) || body(&p);

	peer_end(&p);
	return bad;
}

static int zero_ops_body(struct peer *p)
{
	struct nfs41_req q;

	peer_begin_bare(p, &q);
	return expect(p, &q, "no operation", LIST(S_OK));
}

static int zero_ops(struct ctx *t)
{
	return with_session(t, zero_ops_body);
}

static int bad_minor_body(struct peer *p)
{
	static const uint32_t minors[] = { 3, 7, 0x7fffffff, 0xffffffff };
	struct nfs41_req q;
	int bad = 0;

	for (size_t i = 0; i < 4 && !bad; i++) {
		peer_begin(p, &q);
		rpc4_poke_u32(&q.out, q.minor_at, minors[i]);
		bad = expect(p, &q, "minor version", LIST(S_MINOR_VERS_MISMATCH));
	}
	return bad;
}

static int bad_minor(struct ctx *t)
{
	return with_session(t, bad_minor_body);
}

static int too_many_ops_body(struct peer *p)
{
	struct nfs41_req q;

	peer_begin(p, &q);
	for (uint32_t i = 0; i < p->ses.max_ops + 200; i++)
		nfs41_op(&q, OP_PUTROOTFH);
	return expect(p, &q, "too many operations", LIST(S_TOO_MANY_OPS, S_RESOURCE));
}

static int too_many_ops(struct ctx *t)
{
	return with_session(t, too_many_ops_body);
}

/* The count says more operations than there are bytes for. */
static int op_count_lies_body(struct peer *p)
{
	static const uint32_t counts[] = { 3, 4, 1000, 0x40000000, 0x7fffffff, LIE, 0xffffffff };
	struct nfs41_req q;
	int bad = 0;

	for (size_t i = 0; i < 7 && !bad; i++) {
		peer_begin(p, &q);
		rpc4_poke_u32(&q.out, q.count_at, counts[i]);
		bad = expect(p, &q, "operations that are not there",
			     LIST(GARBLED, S_TOO_MANY_OPS, S_RESOURCE, S_OP_ILLEGAL));
	}
	return bad;
}

static int op_count_lies(struct ctx *t)
{
	return with_session(t, op_count_lies_body);
}

static int op_illegal_body(struct peer *p)
{
	static const uint32_t ops[] = { 0, 1, 2, 76, 255, 10043, 10044, 10045, 0x80000000, 0xffffffff };
	struct nfs41_req q;
	struct nfs41_res res;
	int bad = 0;

	for (size_t i = 0; i < 10 && !bad; i++) {
		peer_begin(p, &q);
		nfs41_op(&q, ops[i]);
		nfs41_send(&q, &p->conn);
		nfs41_free(&q);
		if (answer(p, &res) != S_OP_ILLEGAL || !nfs41_until(&res, OP_ILLEGAL))
			bad = fail(p->t, "operation %u: not OP_ILLEGAL", ops[i]);
	}
	return bad;
}

static int op_illegal(struct ctx *t)
{
	return with_session(t, op_illegal_body);
}

/* Operations of 4.0 that 4.1 forbids, with well-formed arguments. */
static int op_notsupp_body(struct peer *p)
{
	struct nfs41_req q;

	peer_begin(p, &q);
	nfs41_op(&q, OP_RENEW);
	rpc4_put_u64(&q.out, 1);
	return expect(p, &q, "RENEW in 4.1", p->t->lenient ? LIST(NFS_ERR) : LIST(S_NOTSUPP));
}

static int op_notsupp(struct ctx *t)
{
	return with_session(t, op_notsupp_body);
}

/* Nothing that a client can see comes of it, and it is no error: Linux symlinks have no mode. */
static int symlink_mode_body(struct peer *p)
{
	struct nfs41_req q;
	int bad;

	nfs41_remove(&p->ses, "badinput.link");
	peer_begin(p, &q);
	nfs41_op(&q, OP_CREATE);
	rpc4_put_u32(&q.out, 5);	/* NF4LNK */
	rpc4_put_string(&q.out, "nowhere");
	rpc4_put_string(&q.out, "badinput.link");
	rpc4_put_u32(&q.out, 0);	/* no attributes */
	rpc4_put_u32(&q.out, 0);
	nfs41_op(&q, OP_SETATTR);
	for (int i = 0; i < 4; i++)
		rpc4_put_u32(&q.out, 0);	/* the anonymous stateid */
	rpc4_put_u32(&q.out, 2);
	rpc4_put_u32(&q.out, 0);
	rpc4_put_u32(&q.out, 2);	/* mode */
	rpc4_put_u32(&q.out, 4);
	rpc4_put_u32(&q.out, 0700);
	bad = expect(p, &q, "SETATTR of a symlink's mode", LIST(S_OK));
	nfs41_remove(&p->ses, "badinput.link");
	return bad;
}

static int symlink_mode(struct ctx *t)
{
	return with_session(t, symlink_mode_body);
}

static int tag_body(struct peer *p)
{
	static char huge[100000];
	static const uint32_t lies[] = { 1000, 0x7ffffffc, LIE, 0xffffffff };
	struct rpc4_cred sys = { .flavor = 1 };
	struct nfs41_req q;
	int bad = 0;

	memset(huge, 'x', sizeof(huge) - 1);
	nfs41_begin(&q, &p->conn, &sys, huge);
	bad = expect(p, &q, "a tag of 100 KB", LIST(NFS_ERR, S_OK, RPC_ERR, CLOSE));
	for (size_t i = 0; i < 4 && !bad; i++) {
		if (peer_connect(p->t, p))
			return 1;
		nfs41_begin(&q, &p->conn, &sys, "");
		rpc4_poke_u32(&q.out, q.minor_at - 4, lies[i]);
		bad = expect(p, &q, "a lying tag", LIST(GARBLED, RPC_ERR, CLOSE));
	}
	if (!bad && !peer_connect(p->t, p)) {
		nfs41_begin(&q, &p->conn, &sys, "\xff\xfe\x80");
		bad = expect(p, &q, "a tag that is no UTF-8", LIST(S_OK, S_INVAL));
	}
	return bad;
}

static int tag(struct ctx *t)
{
	return with_session(t, tag_body);
}

static int bitmap_body(struct peer *p)
{
	static const uint32_t counts[] = { 3, 9, 1000, 0x10000000, 0x40000000, 0xffffffff };
	struct nfs41_req q;
	int bad = 0;

	for (size_t i = 0; i < 6 && !bad; i++) {
		peer_begin(p, &q);
		nfs41_op(&q, OP_GETATTR);
		rpc4_put_u32(&q.out, counts[i]);
		rpc4_put_u32(&q.out, 8);
		bad = expect(p, &q, "a lying bitmap", LIST(GARBLED));
	}
	for (uint32_t words = 4; words <= 64 && !bad; words *= 4) {
		peer_begin(p, &q);
		nfs41_op(&q, OP_GETATTR);
		rpc4_put_u32(&q.out, words);
		for (uint32_t w = 0; w < words; w++)
			rpc4_put_u32(&q.out, 0xffffffff);
		bad = expect(p, &q, "a bitmap of all bits", LIST(S_OK, S_INVAL, S_BADXDR));
	}
	return bad;
}

static int bitmap(struct ctx *t)
{
	return with_session(t, bitmap_body);
}

/* CREATE of a directory whose attributes' bytes are not what the bitmap says. */
static int try_attrs(struct peer *p, uint32_t word0, uint32_t word1, uint32_t say, uint32_t bytes, const int *allowed)
{
	struct nfs41_req q;

	peer_begin(p, &q);
	nfs41_op(&q, OP_CREATE);
	rpc4_put_u32(&q.out, 2);
	rpc4_put_string(&q.out, "badinput.attrs");
	rpc4_put_u32(&q.out, 2);
	rpc4_put_u32(&q.out, word0);
	rpc4_put_u32(&q.out, word1);
	rpc4_put_u32(&q.out, say);
	for (uint32_t i = 0; i < bytes; i += 4)
		rpc4_put_u32(&q.out, 0755);
	return expect(p, &q, "CREATE with bad attributes", allowed);
}

static int attributes_body(struct peer *p)
{
	const int *bad_xdr = LIST(GARBLED, S_INVAL);
	int bad = try_attrs(p, 0, 2, 0, 0, bad_xdr) || try_attrs(p, 0, 2, 8, 8, bad_xdr) ||
		  try_attrs(p, 0, 2, 1000, 4, bad_xdr) || try_attrs(p, 0, 2, LIE, 4, bad_xdr) ||
		  try_attrs(p, 0, 0, 64, 64, bad_xdr) ||
		  /* owner: a string longer than the rest */
		  try_attrs(p, 0, 0x10, 4, 4, bad_xdr) ||
		  /* time_access_set: an unknown way to set it */
		  try_attrs(p, 0, 0x10000, 4, 4, bad_xdr) ||
		  /* type is read-only */
		  try_attrs(p, 2, 0, 4, 4, LIST(S_INVAL, S_ATTRNOTSUPP, S_BADXDR)) ||
		  /* a bit that means nothing */
		  try_attrs(p, 0, 0x80000000, 4, 4, LIST(S_ATTRNOTSUPP, S_INVAL, S_BADXDR));

	if (!bad && nfs41_remove(&p->ses, "badinput.attrs") != S_NOENT)
		bad = fail(p->t, "a failed CREATE left something behind");
	return bad;
}

static int attributes(struct ctx *t)
{
	return with_session(t, attributes_body);
}

static void put_readdir(struct nfs41_req *q, uint64_t cookie, uint32_t dircount, uint32_t maxcount)
{
	nfs41_op(q, OP_READDIR);
	rpc4_put_u64(&q->out, cookie);
	rpc4_put_u64(&q->out, 0);
	rpc4_put_u32(&q->out, dircount);
	rpc4_put_u32(&q->out, maxcount);
	rpc4_put_u32(&q->out, 1);
	rpc4_put_u32(&q->out, 0x00100018);	/* change, size, fileid */
}

static int readdir_body(struct peer *p)
{
	static const struct {
		uint64_t cookie;
		uint32_t dircount, maxcount;
		int allowed[6];
	} cases[] = {
		{ 0, 0, 0, { S_TOOSMALL, END } },
		{ 0, 0, 8, { S_TOOSMALL, END } },
		{ 0, 0xffffffff, 0xffffffff, { S_OK, S_REP_TOO_BIG, S_INVAL, END } },
		{ 0, 0xffffffff, 4096, { S_OK, END } },
		{ 0, 0, 4096, { S_OK, S_TOOSMALL, END } },
		{ 1, 4096, 4096, { S_BAD_COOKIE, S_OK, END } },
		{ 2, 4096, 4096, { S_BAD_COOKIE, S_OK, END } },
		{ 0x7fffffffffffffff, 4096, 4096, { S_OK, S_BAD_COOKIE, S_INVAL, END } },
		{ 0xffffffffffffffff, 4096, 4096, { S_OK, S_BAD_COOKIE, S_INVAL, END } },
	};
	struct nfs41_req q;
	int bad = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases) && !bad; i++) {
		char what[64];

		snprintf(what, sizeof(what), "READDIR cookie %llx max %x", (unsigned long long)cases[i].cookie,
			 cases[i].maxcount);
		peer_begin(p, &q);
		put_readdir(&q, cases[i].cookie, cases[i].dircount, cases[i].maxcount);
		bad = expect(p, &q, what, cases[i].allowed);
	}
	return bad;
}

static int readdir_silly(struct ctx *t)
{
	return with_session(t, readdir_body);
}

struct open_file {
	struct nfs41_fh fh;
	struct nfs41_stateid id;
};

static int open_it(struct peer *p, struct open_file *f)
{
	int r = nfs41_open(&p->ses, "badinput.file", &f->fh, &f->id);

	return r ? fail(p->t, "cannot open a file: %d", r) : 0;
}

static void close_it(struct peer *p, const struct open_file *f)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 0, true);
	nfs41_put_putfh(&q, &f->fh);
	nfs41_put_close(&q, &f->id);
	nfs41_call(&q, &p->conn, &res);
	nfs41_remove(&p->ses, "badinput.file");
}

static int file_size(struct peer *p, const struct open_file *f, uint64_t *ret)
{
	struct nfs41_req q;
	struct nfs41_res res;
	uint32_t len;

	peer_begin(p, &q);
	nfs41_put_putfh(&q, &f->fh);
	nfs41_put_getattr(&q, 0x10, 0);
	if (nfs41_call(&q, &p->conn, &res) || res.status || !nfs41_until(&res, OP_GETATTR))
		return fail(p->t, "GETATTR of the test file");
	len = rpc4_get_u32(&res.in);
	rpc4_get_fixed(&res.in, (size_t)len * 4);
	rpc4_get_u32(&res.in);
	*ret = rpc4_get_u64(&res.in);
	return 0;
}

/* WRITE whose length is more than the record holds. */
static int write_lies_body(struct peer *p)
{
	static const uint32_t lengths[] = { 17, 1000, 1u << 20, 0x7fffffff, LIE, 0xffffffff };
	struct open_file f;
	struct nfs41_req q;
	uint64_t size = 0;
	int bad = open_it(p, &f);

	for (size_t i = 0; i < 6 && !bad; i++) {
		peer_begin(p, &q);
		nfs41_put_putfh(&q, &f.fh);
		nfs41_put_write(&q, &f.id, 0, "sixteen bytes...", 16, 2);
		rpc4_poke_u32(&q.out, q.out.len - 20, lengths[i]);
		bad = expect(p, &q, "a lying WRITE", LIST(GARBLED, CLOSE)) || peer_session(p->t, p);
	}
	if (!bad && !file_size(p, &f, &size) && size)
		bad = fail(p->t, "a lying WRITE wrote %llu bytes", (unsigned long long)size);
	close_it(p, &f);
	return bad;
}

static int write_lies(struct ctx *t)
{
	return with_session(t, write_lies_body);
}

static int io_absurd_body(struct peer *p)
{
	static const uint64_t offsets[] = { 0xffffffffffffffff, 0x7fffffffffffffff, 0x8000000000000000 };
	struct open_file f;
	struct nfs41_req q;
	int bad = open_it(p, &f);

	for (size_t i = 0; i < 3 && !bad; i++) {
		peer_begin(p, &q);
		nfs41_put_putfh(&q, &f.fh);
		nfs41_put_write(&q, &f.id, offsets[i], "abcd", 4, 2);
		bad = expect(p, &q, "WRITE beyond any file", LIST(NFS_ERR));
		if (bad)
			break;
		peer_begin(p, &q);
		nfs41_put_putfh(&q, &f.fh);
		nfs41_put_read(&q, &f.id, offsets[i], 0xffffffff);
		bad = expect(p, &q, "READ beyond any file", LIST(S_OK, S_INVAL));
	}
	if (!bad) {
		peer_begin(p, &q);
		nfs41_put_putfh(&q, &f.fh);
		nfs41_put_read(&q, &f.id, 0, 0xffffffff);
		bad = expect(p, &q, "READ of 4 GiB", LIST(S_OK, S_INVAL, S_REP_TOO_BIG));
	}
	if (!bad) {
		peer_begin(p, &q);
		nfs41_put_putfh(&q, &f.fh);
		nfs41_put_write(&q, &f.id, 0, "abcd", 4, 3);
		bad = expect(p, &q, "WRITE with an unknown stability", LIST(GARBLED, S_INVAL));
	}
	close_it(p, &f);
	return bad;
}

static int io_absurd(struct ctx *t)
{
	return with_session(t, io_absurd_body);
}

/* READ of @len bytes of the test file, followed by another operation: both must decode, and nothing may be left. */
static int try_read(struct peer *p, const struct open_file *f, const uint8_t *data, uint64_t off, uint32_t len)
{
	struct nfs41_req q;
	struct nfs41_res res;
	const uint8_t *got;
	uint32_t n = 0;
	int r;

	peer_begin(p, &q);
	nfs41_put_putfh(&q, &f->fh);
	nfs41_put_read(&q, &f->id, off, len);
	nfs41_op(&q, OP_GETFH);
	r = nfs41_call(&q, &p->conn, &res);
	if (r || res.status || !nfs41_until(&res, OP_READ))
		return fail(p->t, "READ of %u at %llu: %d, status %u", len, (unsigned long long)off, r, res.status);
	rpc4_get_u32(&res.in);
	got = rpc4_get_opaque(&res.in, &n);
	if (!got || n != len || memcmp(got, data + off, len))
		return fail(p->t, "READ of %u at %llu gave %u bytes or the wrong ones", len, (unsigned long long)off, n);
	if (!nfs41_next(&res) || res.op != OP_GETFH || res.op_status)
		return fail(p->t, "what follows a READ of %u at %llu is garbled", len, (unsigned long long)off);
	rpc4_get_opaque(&res.in, &n);
	if (res.in.bad || res.in.p != res.in.end)
		return fail(p->t, "bytes are left behind a READ of %u", len);
	return 0;
}

/* Lengths and offsets that are no multiples of anything, small enough to be copied and large enough to be lent. */
static int read_odd_body(struct peer *p)
{
	static const uint32_t lengths[] = { 1, 2, 3, 5, 4095, 4097, 16383, 16384, 16385, 16386, 16387, 32375, 65537, 199999 };
	static uint8_t data[200004];
	struct open_file f;
	struct nfs41_req q;
	int bad = open_it(p, &f);

	if (bad)
		return bad;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)rpc4_random(&p->t->rng);
	peer_begin(p, &q);
	nfs41_put_putfh(&q, &f.fh);
	nfs41_put_write(&q, &f.id, 0, data, sizeof(data), 2);
	bad = expect(p, &q, "WRITE of the test data", LIST(S_OK));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths) && !bad; i++)
		for (uint64_t off = 0; off < 4 && !bad; off++)
			bad = try_read(p, &f, data, off, lengths[i]);
	close_it(p, &f);
	return bad;
}

static int read_odd(struct ctx *t)
{
	return with_session(t, read_odd_body);
}

/* LOCK and LOCKT with ranges that are none; byte for byte as RFC 8881 §18.10. */
static int try_lockt(struct peer *p, const struct open_file *f, uint32_t type, uint64_t off, uint64_t len,
		     const int *allowed)
{
	struct nfs41_req q;
	char what[80];

	peer_begin(p, &q);
	nfs41_put_putfh(&q, &f->fh);
	nfs41_op(&q, OP_LOCKT);
	rpc4_put_u32(&q.out, type);
	rpc4_put_u64(&q.out, off);
	rpc4_put_u64(&q.out, len);
	rpc4_put_u64(&q.out, p->ses.clientid);
	rpc4_put_string(&q.out, "lock owner");
	snprintf(what, sizeof(what), "LOCKT type %u at %llx, %llx bytes", type, (unsigned long long)off,
		 (unsigned long long)len);
	return expect(p, &q, what, allowed);
}

static int lock_absurd_body(struct peer *p)
{
	const int *no = LIST(S_INVAL, 10042 /* BAD_RANGE */);
	struct open_file f;
	int bad = open_it(p, &f) || try_lockt(p, &f, 2, 0, 0, no) || try_lockt(p, &f, 2, 10, 0xfffffffffffffff6, no) ||
		  try_lockt(p, &f, 2, 0xffffffffffffffff, 2, no) ||
		  try_lockt(p, &f, 2, 0xffffffffffffffff, 0xffffffffffffffff, LIST(S_OK, S_INVAL, 10042)) ||
		  try_lockt(p, &f, 9, 0, 1, LIST(GARBLED, S_INVAL)) || try_lockt(p, &f, 2, 0, 1, LIST(S_OK));

	close_it(p, &f);
	return bad;
}

static int lock_absurd(struct ctx *t)
{
	return with_session(t, lock_absurd_body);
}

static int try_name(struct peer *p, const void *name, size_t len, const char *what, const int *allowed)
{
	struct nfs41_req q;
	int bad;

	peer_begin(p, &q);
	nfs41_op(&q, OP_LOOKUP);
	rpc4_put_opaque(&q.out, name, len);
	bad = expect(p, &q, what, allowed);
	if (bad)
		return bad;
	peer_begin(p, &q);
	nfs41_op(&q, OP_CREATE);
	rpc4_put_u32(&q.out, 2);
	rpc4_put_opaque(&q.out, name, len);
	rpc4_put_u64(&q.out, 0);	/* no attributes */
	bad = expect(p, &q, what, allowed);
	if (bad)
		return bad;
	peer_begin(p, &q);
	nfs41_op(&q, OP_REMOVE);
	rpc4_put_opaque(&q.out, name, len);
	return expect(p, &q, what, allowed);
}

static int names_body(struct peer *p)
{
	const int *nul = LIST(S_BADCHAR, S_BADNAME, S_INVAL, S_NOENT, p->t->lenient ? S_ACCESS : END);
	static char huge[65536];
	struct nfs41_req q;

	memset(huge, 'n', sizeof(huge));
	if (try_name(p, "", 0, "an empty name", LIST(S_INVAL)) ||
	    try_name(p, huge, 256, "a name of 256", LIST(S_NAMETOOLONG)) ||
	    try_name(p, huge, 1025, "a name of 1025", LIST(S_NAMETOOLONG, S_BADXDR)) ||
	    try_name(p, huge, sizeof(huge), "a name of 64 KB", LIST(S_NAMETOOLONG, S_BADXDR)) ||
	    try_name(p, "a/b", 3, "a slash", LIST(S_BADCHAR, S_BADNAME, S_INVAL, S_NOENT)) ||
	    try_name(p, "/", 1, "only a slash", LIST(S_BADCHAR, S_BADNAME, S_INVAL, S_NOENT)) ||
	    try_name(p, "a\0b", 3, "a NUL", nul) ||
	    try_name(p, ".", 1, ".", LIST(S_BADNAME, S_INVAL, S_NOENT)) ||
	    try_name(p, "..", 2, "..", LIST(S_BADNAME, S_INVAL, S_NOENT)))
		return 1;
	peer_begin(p, &q);
	nfs41_op(&q, OP_LOOKUP);
	rpc4_put_u32(&q.out, LIE);
	rpc4_put_raw(&q.out, "abcd", 4);
	return expect(p, &q, "a lying name", LIST(GARBLED, S_NAMETOOLONG));
}

static int names(struct ctx *t)
{
	return with_session(t, names_body);
}

static int try_fh(struct peer *p, const struct nfs41_fh *fh, const char *what, const int *allowed)
{
	struct nfs41_req q;

	peer_begin(p, &q);
	nfs41_put_putfh(&q, fh);
	nfs41_put_getattr(&q, 0x10, 0);
	return expect(p, &q, what, allowed);
}

/* Handles with one bit changed, cut, made up: none may lead anywhere. */
static int handles_body(struct peer *p)
{
	/* NOFILEHANDLE: an empty one */
	const int *no = LIST(S_BADHANDLE, S_STALE, S_INVAL, S_BADXDR, S_NOFILEHANDLE);
	const int *maybe = LIST(S_NOFILEHANDLE, S_BADHANDLE, S_STALE, S_INVAL, S_BADXDR, S_OK, S_ACCESS, S_PERM,
				S_NOENT, S_IO);
	struct nfs41_fh good, fh;
	struct nfs41_req q;
	char what[64];
	int bad = nfs41_getfh(&p->ses, NULL, &good) ? fail(p->t, "GETFH") : 0;

	for (uint32_t bit = 0; bit < good.len * 8 && !bad; bit++) {
		fh = good;
		fh.data[bit / 8] ^= 1u << bit % 8;
		snprintf(what, sizeof(what), "a handle with bit %u of %u flipped", bit, good.len * 8);
		bad = try_fh(p, &fh, what, p->t->lenient ? maybe : no);	/* nfsd's handles bear no MAC */
	}
	for (uint32_t len = 0; len < good.len && !bad; len++) {
		fh = good;
		fh.len = len;
		snprintf(what, sizeof(what), "a handle cut to %u bytes", len);
		bad = try_fh(p, &fh, what, p->t->lenient ? maybe : no);
	}
	for (unsigned int i = 0; i < p->t->rounds && !bad; i++) {
		fh.len = (uint32_t)(rpc4_random(&p->t->rng) % 129);
		for (uint32_t b = 0; b < fh.len; b++)
			fh.data[b] = b < i % 8 ? good.data[b] : (uint8_t)rpc4_random(&p->t->rng);
		bad = try_fh(p, &fh, "a random handle", p->t->lenient ? maybe : no);
	}
	if (bad)
		return bad;
	peer_begin(p, &q);
	nfs41_op(&q, OP_PUTFH);
	rpc4_put_u32(&q.out, 132);
	for (int i = 0; i < 33; i++)
		rpc4_put_u32(&q.out, 7);
	return expect(p, &q, "a handle of 132 bytes", LIST(GARBLED, S_BADHANDLE));
}

static int handles(struct ctx *t)
{
	return with_session(t, handles_body);
}

static int stateids_body(struct peer *p)
{
	struct nfs41_stateid id = { 1, { 0 } };
	struct open_file f;
	struct nfs41_req q;
	int bad = open_it(p, &f);

	for (unsigned int i = 0; i < p->t->rounds / 4 && !bad; i++) {
		id = f.id;
		if (i % 2)
			id.other[rpc4_random(&p->t->rng) % 12] ^= 1 + rpc4_random(&p->t->rng) % 255;
		else
			for (int b = 0; b < 12; b++)
				id.other[b] = (uint8_t)rpc4_random(&p->t->rng);
		peer_begin(p, &q);
		nfs41_put_putfh(&q, &f.fh);
		nfs41_put_read(&q, &id, 0, 10);
		bad = expect(p, &q, "READ by a forged stateid",
			     LIST(S_BAD_STATEID, 10023 /* STALE_STATEID */, 10011 /* EXPIRED */));
	}
	if (!bad) {
		id = f.id;
		id.seq = 77;
		peer_begin(p, &q);
		nfs41_put_putfh(&q, &f.fh);
		nfs41_put_close(&q, &id);
		bad = expect(p, &q, "CLOSE by a stateid of the future", LIST(S_BAD_STATEID));
	}
	close_it(p, &f);
	return bad;
}

static int stateids(struct ctx *t)
{
	return with_session(t, stateids_body);
}

static int counts_body(struct peer *p)
{
	static const uint32_t counts[] = { 1000, 0x10000000, 0x10000001, LIE, 0xffffffff };
	struct nfs41_req q;
	int bad = 0;

	for (size_t i = 0; i < 5 && !bad; i++) {
		peer_begin(p, &q);
		nfs41_op(&q, OP_TEST_STATEID);
		rpc4_put_u32(&q.out, counts[i]);
		rpc4_put_u64(&q.out, 0);
		rpc4_put_u64(&q.out, 0);
		bad = expect(p, &q, "TEST_STATEID of many", LIST(GARBLED, S_RESOURCE));
	}
	return bad;
}

static int counts(struct ctx *t)
{
	return with_session(t, counts_body);
}

/* A directory of our own, so that a mutated compound that still makes sense harms nothing else. */
static void put_mutable(struct peer *p, struct nfs41_req *q, unsigned int which)
{
	struct nfs41_stateid any = { 0, { 0 } };

	peer_begin(p, q);
	nfs41_put_lookup(q, "badinput.mutate");
	switch (which % 6) {
	case 0:
		nfs41_put_open(q, &p->ses, "file", true);
		nfs41_op(q, OP_GETFH);
		break;
	case 1:
		nfs41_put_mkdir(q, "dir");
		nfs41_put_getattr(q, 0x0010011a, 0x00b0a23a);
		break;
	case 2:
		nfs41_put_remove(q, "dir");
		break;
	case 3:
		put_readdir(q, 0, 4096, 8192);
		break;
	case 4:
		nfs41_put_lookup(q, "file");
		nfs41_put_write(q, &any, 0, "some bytes to write", 20, 2);
		break;
	default:
		nfs41_put_lookup(q, "file");
		nfs41_put_read(q, &any, 0, 4096);
		nfs41_put_getattr(q, 0xffffffff, 0xffffffff);
	}
}

/* Good compounds with random words overwritten behind their SEQUENCE: some answer must come, or an end. */
static int mutated_body(struct peer *p)
{
	static const uint32_t words[] = { 0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0x10000, 1u << 20, 3, 4, 255 };
	struct nfs41_req q;
	struct nfs41_res res;
	int bad = 0;

	peer_begin(p, &q);
	nfs41_put_mkdir(&q, "badinput.mutate");
	nfs41_call(&q, &p->conn, &res);
	for (unsigned int i = 0; i < p->t->rounds * 3 && !bad; i++) {
		size_t from, at;

		bad = peer_session(p->t, p);
		if (bad)
			break;
		put_mutable(p, &q, i);
		from = q.count_at + 4 + 36 + 4 + 4;	/* behind SEQUENCE and PUTROOTFH */
		for (uint64_t n = 1 + rpc4_random(&p->t->rng) % 3; n; n--) {
			uint64_t v = rpc4_random(&p->t->rng);

			at = from + (v >> 8) % ((q.out.len - from) / 4) * 4;
			rpc4_poke_u32(&q.out, at, v & 1 ? words[v % 10] : (uint32_t)(v >> 32));
		}
		bad = expect(p, &q, "a mutated compound", LIST(S_OK, NFS_ERR, RPC_ERR, CLOSE));
	}
	return bad;
}

static int mutated(struct ctx *t)
{
	return with_session(t, mutated_body);
}

const struct test bad_nfs_tests[] = {
	{ "zero-ops", NULL, zero_ops },
	{ "bad-minor", NULL, bad_minor },
	{ "too-many-ops", NULL, too_many_ops },
	{ "op-count-lies", NULL, op_count_lies },
	{ "op-illegal", "OpIllegal", op_illegal },
	{ "op-notsupp", NULL, op_notsupp },
	{ "symlink-mode", NULL, symlink_mode },
	{ "tag", NULL, tag },
	{ "bitmap", "BadXdr", bitmap },
	{ "attributes", "BadXdr", attributes },
	{ "readdir-silly", NULL, readdir_silly },
	{ "write-lies", "BadXdr", write_lies },
	{ "read-odd", NULL, read_odd },
	{ "io-absurd", NULL, io_absurd },
	{ "lock-absurd", NULL, lock_absurd },
	{ "names", NULL, names },
	{ "handles", "BadHandle", handles },
	{ "stateids", NULL, stateids },
	{ "counts", "BadXdr", counts },
	{ "mutated", NULL, mutated },
	{ 0 },
};
