// SPDX-License-Identifier: GPL-2.0
#include "nfs41.h"

#include <errno.h>
#include <string.h>

void nfs41_begin(struct nfs41_req *q, struct rpc4_conn *c, const struct rpc4_cred *cred, const char *tag)
{
	memset(q, 0, sizeof(*q));
	q->xid = rpc4_next_xid(c);
	rpc4_put_call(&q->out, q->xid, 100003, 4, 1, cred);
	rpc4_put_string(&q->out, tag);
	q->minor_at = q->out.len;
	rpc4_put_u32(&q->out, 1);
	q->count_at = q->out.len;
	rpc4_put_u32(&q->out, 0);
}

void nfs41_op(struct nfs41_req *q, uint32_t op)
{
	rpc4_put_u32(&q->out, op);
	rpc4_poke_u32(&q->out, q->count_at, ++q->nops);
}

void nfs41_put_sequence(struct nfs41_req *q, const struct nfs41_session *s, uint32_t slot, uint32_t seq, bool cache)
{
	nfs41_op(q, OP_SEQUENCE);
	rpc4_put_raw(&q->out, s->id, 16);
	rpc4_put_u32(&q->out, seq);
	rpc4_put_u32(&q->out, slot);
	rpc4_put_u32(&q->out, s->slots - 1);
	rpc4_put_u32(&q->out, cache);
}

void nfs41_begin_seq(struct nfs41_req *q, struct nfs41_session *s, uint32_t slot, bool cachethis)
{
	nfs41_begin(q, s->conn, &s->cred, "");
	nfs41_put_sequence(q, s, slot, ++s->seq[slot], cachethis);
}

void nfs41_put_getattr(struct nfs41_req *q, uint32_t word0, uint32_t word1)
{
	nfs41_op(q, OP_GETATTR);
	rpc4_put_u32(&q->out, 2);
	rpc4_put_u32(&q->out, word0);
	rpc4_put_u32(&q->out, word1);
}

void nfs41_put_lookup(struct nfs41_req *q, const char *name)
{
	nfs41_op(q, OP_LOOKUP);
	rpc4_put_string(&q->out, name);
}

void nfs41_put_putfh(struct nfs41_req *q, const struct nfs41_fh *fh)
{
	nfs41_op(q, OP_PUTFH);
	rpc4_put_opaque(&q->out, fh->data, fh->len);
}

void nfs41_put_stateid(struct nfs41_req *q, const struct nfs41_stateid *id)
{
	rpc4_put_u32(&q->out, id->seq);
	rpc4_put_raw(&q->out, id->other, 12);
}

void nfs41_put_remove(struct nfs41_req *q, const char *name)
{
	nfs41_op(q, OP_REMOVE);
	rpc4_put_string(&q->out, name);
}

/* A fattr4 that sets nothing but the mode. */
static void put_mode(struct rpc4_out *o, uint32_t mode)
{
	rpc4_put_u32(o, 2);
	rpc4_put_u32(o, 0);
	rpc4_put_u32(o, 1u << 1);
	rpc4_put_u32(o, 4);
	rpc4_put_u32(o, mode);
}

static void put_size_0(struct rpc4_out *o)
{
	rpc4_put_u32(o, 1);
	rpc4_put_u32(o, 1u << 4);
	rpc4_put_u32(o, 8);
	rpc4_put_u64(o, 0);
}

void nfs41_put_mkdir(struct nfs41_req *q, const char *name)
{
	nfs41_op(q, OP_CREATE);
	rpc4_put_u32(&q->out, 2);	/* NF4DIR */
	rpc4_put_string(&q->out, name);
	put_mode(&q->out, 0755);
}

void nfs41_put_open_args(struct nfs41_req *q, const struct nfs41_open_args *args)
{
	nfs41_op(q, OP_OPEN);
	rpc4_put_u32(&q->out, 0);	/* seqid, unused in 4.1 */
	rpc4_put_u32(&q->out, args->access | 0x400);	/* want no delegation */
	rpc4_put_u32(&q->out, args->deny);
	rpc4_put_u64(&q->out, 0);	/* client id, unused in 4.1 */
	rpc4_put_string(&q->out, args->owner);
	rpc4_put_u32(&q->out, args->create);
	if (args->create) {
		rpc4_put_u32(&q->out, 0);	/* UNCHECKED4 */
		if (args->truncate)
			put_size_0(&q->out);
		else
			put_mode(&q->out, 0644);
	}
	rpc4_put_u32(&q->out, 0);	/* CLAIM_NULL */
	rpc4_put_string(&q->out, args->name);
}

void nfs41_put_open(struct nfs41_req *q, const struct nfs41_session *s, const char *name, bool create)
{
	const struct nfs41_open_args args = { .owner = "owner", .name = name, .access = 3, .create = create };

	(void)s;
	nfs41_put_open_args(q, &args);
}

void nfs41_put_lock(struct nfs41_req *q, const struct nfs41_stateid *id, const char *owner, uint32_t type, uint64_t off,
		    uint64_t len)
{
	nfs41_op(q, OP_LOCK);
	rpc4_put_u32(&q->out, type);
	rpc4_put_u32(&q->out, 0);	/* no reclaim */
	rpc4_put_u64(&q->out, off);
	rpc4_put_u64(&q->out, len);
	rpc4_put_u32(&q->out, owner != NULL);
	if (owner)
		rpc4_put_u32(&q->out, 0);
	nfs41_put_stateid(q, id);
	rpc4_put_u32(&q->out, 0);
	if (owner) {
		rpc4_put_u64(&q->out, 0);
		rpc4_put_string(&q->out, owner);
	}
}

void nfs41_put_locku(struct nfs41_req *q, const struct nfs41_stateid *id, uint64_t off, uint64_t len)
{
	nfs41_op(q, OP_LOCKU);
	rpc4_put_u32(&q->out, 1);
	rpc4_put_u32(&q->out, 0);
	nfs41_put_stateid(q, id);
	rpc4_put_u64(&q->out, off);
	rpc4_put_u64(&q->out, len);
}

void nfs41_put_close(struct nfs41_req *q, const struct nfs41_stateid *id)
{
	nfs41_op(q, OP_CLOSE);
	rpc4_put_u32(&q->out, 0);
	nfs41_put_stateid(q, id);
}

void nfs41_put_write(struct nfs41_req *q, const struct nfs41_stateid *id, uint64_t off, const void *data, uint32_t len,
		     uint32_t stable)
{
	nfs41_op(q, OP_WRITE);
	nfs41_put_stateid(q, id);
	rpc4_put_u64(&q->out, off);
	rpc4_put_u32(&q->out, stable);
	rpc4_put_opaque(&q->out, data, len);
}

void nfs41_put_read(struct nfs41_req *q, const struct nfs41_stateid *id, uint64_t off, uint32_t len)
{
	nfs41_op(q, OP_READ);
	nfs41_put_stateid(q, id);
	rpc4_put_u64(&q->out, off);
	rpc4_put_u32(&q->out, len);
}

void nfs41_put_exchange_id(struct nfs41_req *q, const char *owner, uint64_t verifier, uint32_t flags)
{
	nfs41_op(q, OP_EXCHANGE_ID);
	rpc4_put_u64(&q->out, verifier);
	rpc4_put_string(&q->out, owner);
	rpc4_put_u32(&q->out, flags);
	rpc4_put_u32(&q->out, 0);	/* SP4_NONE */
	rpc4_put_u32(&q->out, 0);	/* no implementation id */
}

void nfs41_put_create_session(struct nfs41_req *q, uint64_t clientid, uint32_t seq, uint32_t slots)
{
	const uint32_t fore[] = { 0, 1049620, 1049480, 4096, 16, slots, 0 };
	const uint32_t back[] = { 0, 4096, 4096, 0, 2, 1, 0 };

	nfs41_op(q, OP_CREATE_SESSION);
	rpc4_put_u64(&q->out, clientid);
	rpc4_put_u32(&q->out, seq);
	rpc4_put_u32(&q->out, 0);	/* flags: no back channel */
	for (size_t i = 0; i < 7; i++)
		rpc4_put_u32(&q->out, fore[i]);
	for (size_t i = 0; i < 7; i++)
		rpc4_put_u32(&q->out, back[i]);
	rpc4_put_u32(&q->out, 0x40000000);
	rpc4_put_u32(&q->out, 1);	/* callbacks with AUTH_NONE */
	rpc4_put_u32(&q->out, 0);
}

void nfs41_free(struct nfs41_req *q)
{
	rpc4_out_free(&q->out);
}

int nfs41_send(struct nfs41_req *q, struct rpc4_conn *c)
{
	return rpc4_send(c, &q->out);
}

/* The server's calls to this client are not for who waits for a reply. */
static bool is_call(const struct rpc4_in *in)
{
	return in->end - in->p >= 8 && !memcmp(in->p + 4, "\0\0\0", 4);
}

int nfs41_recv(struct rpc4_conn *c, struct nfs41_res *res)
{
	uint32_t len;
	int r;

	memset(res, 0, sizeof(*res));
	do {
		r = rpc4_recv(c, &res->in);
	} while (!r && is_call(&res->in));
	if (!r && (res->in.end - res->in.p) % 4)
		r = -EBADMSG;	/* all of XDR comes in fours */
	if (!r)
		r = rpc4_get_reply(&res->in, &res->rpc);
	if (r)
		return r;
	if (res->rpc.denied || res->rpc.stat != RPC4_SUCCESS)
		return -EPROTO;
	res->status = rpc4_get_u32(&res->in);
	rpc4_get_opaque(&res->in, &len);
	res->nres = rpc4_get_u32(&res->in);
	return res->in.bad ? -EBADMSG : 0;
}

int nfs41_call(struct nfs41_req *q, struct rpc4_conn *c, struct nfs41_res *res)
{
	int r = nfs41_send(q, c);
	uint32_t xid = q->xid;

	nfs41_free(q);
	if (!r)
		r = nfs41_recv(c, res);
	if (!r && res->rpc.xid != xid)
		r = -EBADMSG;
	return r;
}

bool nfs41_next(struct nfs41_res *res)
{
	if (!res->nres)
		return false;
	res->nres--;
	res->op = rpc4_get_u32(&res->in);
	res->op_status = rpc4_get_u32(&res->in);
	return !res->in.bad;
}

/* Reads the body of the results that tests pass over. */
static void skip_body(struct nfs41_res *res)
{
	uint32_t len;

	if (res->op_status)
		return;
	switch (res->op) {
	case OP_SEQUENCE:
		rpc4_get_fixed(&res->in, 36);
		break;
	case OP_GETFH:
		rpc4_get_opaque(&res->in, &len);
		break;
	case OP_CLOSE:
	case OP_LOCK:
	case OP_LOCKU:
	case OP_OPEN_DOWNGRADE:
		rpc4_get_fixed(&res->in, 16);
		break;
	case OP_REMOVE:
		rpc4_get_fixed(&res->in, 20);
		break;
	case OP_GETATTR:
		len = rpc4_get_u32(&res->in);
		rpc4_get_fixed(&res->in, (size_t)len * 4);
		rpc4_get_opaque(&res->in, &len);
		break;
	default:
		break;	/* no body */
	}
}

bool nfs41_until(struct nfs41_res *res, uint32_t op)
{
	while (nfs41_next(res)) {
		if (res->op == op)
			return true;
		skip_body(res);
	}
	return false;
}

void nfs41_get_stateid(struct rpc4_in *in, struct nfs41_stateid *ret)
{
	const uint8_t *p;

	ret->seq = rpc4_get_u32(in);
	p = rpc4_get_fixed(in, 12);
	if (p)
		memcpy(ret->other, p, 12);
}

static int exchange_id(struct nfs41_session *s, const char *owner)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin(&q, s->conn, &s->cred, "");
	nfs41_put_exchange_id(&q, owner, rpc4_now_ns(), 0);
	r = nfs41_call(&q, s->conn, &res);
	if (r || res.status)
		return r ? r : (int)res.status;
	nfs41_next(&res);
	s->clientid = rpc4_get_u64(&res.in);
	s->cs_seq = rpc4_get_u32(&res.in);
	return res.in.bad ? -EBADMSG : 0;
}

static int create_session(struct nfs41_session *s, uint32_t slots)
{
	struct nfs41_req q;
	struct nfs41_res res;
	const uint8_t *id;
	int r;

	nfs41_begin(&q, s->conn, &s->cred, "");
	nfs41_put_create_session(&q, s->clientid, s->cs_seq, slots);
	r = nfs41_call(&q, s->conn, &res);
	if (r || res.status)
		return r ? r : (int)res.status;
	s->cs_seq++;
	nfs41_next(&res);
	id = rpc4_get_fixed(&res.in, 16);
	if (id)
		memcpy(s->id, id, 16);
	rpc4_get_fixed(&res.in, 12);	/* sequence, flags, header pad */
	s->max_rqst = rpc4_get_u32(&res.in);
	s->max_resp = rpc4_get_u32(&res.in);
	s->max_cached = rpc4_get_u32(&res.in);
	s->max_ops = rpc4_get_u32(&res.in);
	s->slots = rpc4_get_u32(&res.in);
	if (s->slots > NFS41_SLOTS)
		s->slots = NFS41_SLOTS;
	return res.in.bad || !s->slots ? -EBADMSG : 0;
}

int nfs41_start(struct nfs41_session *s, struct rpc4_conn *c, const char *owner, uint32_t slots)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	memset(s, 0, sizeof(*s));
	s->conn = c;
	s->cred.flavor = 1;
	r = exchange_id(s, owner);
	if (!r)
		r = create_session(s, slots);
	if (r)
		return r;
	nfs41_begin_seq(&q, s, 0, false);
	nfs41_op(&q, OP_RECLAIM_COMPLETE);
	rpc4_put_u32(&q.out, 0);
	r = nfs41_call(&q, c, &res);
	return r ? r : (int)res.status;
}

int nfs41_stop(struct nfs41_session *s)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin(&q, s->conn, &s->cred, "");
	nfs41_op(&q, OP_DESTROY_SESSION);
	rpc4_put_raw(&q.out, s->id, 16);
	r = nfs41_call(&q, s->conn, &res);
	if (r || res.status)
		return r ? r : (int)res.status;
	nfs41_begin(&q, s->conn, &s->cred, "");
	nfs41_op(&q, OP_DESTROY_CLIENTID);
	rpc4_put_u64(&q.out, s->clientid);
	r = nfs41_call(&q, s->conn, &res);
	return r ? r : (int)res.status;
}

int nfs41_ping(struct nfs41_session *s)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, s, 0, false);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_getattr(&q, 0x18, 0);		/* change, size */
	r = nfs41_call(&q, s->conn, &res);
	return r ? r : (int)res.status;
}

static int get_fh(struct nfs41_res *res, struct nfs41_fh *ret)
{
	const uint8_t *p = rpc4_get_opaque(&res->in, &ret->len);

	if (!p || ret->len > sizeof(ret->data))
		return -EBADMSG;
	memcpy(ret->data, p, ret->len);
	return 0;
}

int nfs41_getfh(struct nfs41_session *s, const char *name, struct nfs41_fh *ret)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, s, 0, false);
	nfs41_op(&q, OP_PUTROOTFH);
	if (name)
		nfs41_put_lookup(&q, name);
	nfs41_op(&q, OP_GETFH);
	r = nfs41_call(&q, s->conn, &res);
	if (r || res.status)
		return r ? r : (int)res.status;
	return nfs41_until(&res, OP_GETFH) ? get_fh(&res, ret) : -EBADMSG;
}

int nfs41_open(struct nfs41_session *s, const char *name, struct nfs41_fh *fh, struct nfs41_stateid *id)
{
	struct nfs41_req q;
	struct nfs41_res res;
	uint32_t words;
	int r;

	nfs41_begin_seq(&q, s, 0, true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_open(&q, s, name, true);
	nfs41_op(&q, OP_GETFH);
	r = nfs41_call(&q, s->conn, &res);
	if (r || res.status)
		return r ? r : (int)res.status;
	if (!nfs41_until(&res, OP_OPEN))
		return -EBADMSG;
	nfs41_get_stateid(&res.in, id);
	rpc4_get_fixed(&res.in, 20 + 4);	/* change_info, rflags */
	words = rpc4_get_u32(&res.in);
	rpc4_get_fixed(&res.in, (size_t)words * 4);
	switch (rpc4_get_u32(&res.in)) {	/* delegation: none was wanted */
	case 0:
		break;
	case 3:					/* NONE_EXT, with a reason */
		words = rpc4_get_u32(&res.in);
		if (words == 1 || words == 2)	/* contention, resource: a flag follows */
			rpc4_get_u32(&res.in);
		break;
	default:
		return -EBADMSG;
	}
	return nfs41_until(&res, OP_GETFH) ? get_fh(&res, fh) : -EBADMSG;
}

int nfs41_remove(struct nfs41_session *s, const char *name)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, s, 0, true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_remove(&q, name);
	r = nfs41_call(&q, s->conn, &res);
	return r ? r : (int)res.status;
}
