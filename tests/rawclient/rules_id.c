// SPDX-License-Identifier: GPL-2.0
#include "rules_id.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct cs usual = { .fore = { 0, 65536, 65536, 4096, 16, 8 }, .back = { 0, 4096, 4096, 0, 2, 2 } };

struct id new_id(const char *name)
{
	struct id id = { .verifier = 1 };

	snprintf(id.owner, sizeof(id.owner), "rules %s %d %llu", name, getpid(), (unsigned long long)rpc4_now_ns());
	return id;
}

static void get_text(struct rpc4_in *in, char *text, size_t size)
{
	uint32_t len = 0;
	const uint8_t *bytes = rpc4_get_opaque(in, &len);

	snprintf(text, size, "%.*s", bytes ? (int)len : 0, bytes ? (const char *)bytes : "");
}

int exchange(struct peer *p, struct id *id)
{
	struct rpc4_cred cred = { .flavor = 1, .uid = id->uid };
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin(&q, &p->conn, &cred, "");
	nfs41_put_exchange_id(&q, id->owner, id->verifier, id->flags);
	r = ask(p, &q, &res, OP_EXCHANGE_ID);
	if (r)
		return r;
	id->clientid = rpc4_get_u64(&res.in);
	id->seq = rpc4_get_u32(&res.in);
	id->ret_flags = rpc4_get_u32(&res.in);
	rpc4_get_u32(&res.in);		/* SP4_NONE */
	rpc4_get_u64(&res.in);		/* so_minor_id */
	get_text(&res.in, id->major, sizeof(id->major));
	get_text(&res.in, id->scope, sizeof(id->scope));
	return res.in.bad ? -1 : 0;
}

static void put_chan(struct rpc4_out *o, const struct chan *c)
{
	rpc4_put_u32(o, c->pad);
	rpc4_put_u32(o, c->rqst);
	rpc4_put_u32(o, c->resp);
	rpc4_put_u32(o, c->cached);
	rpc4_put_u32(o, c->ops);
	rpc4_put_u32(o, c->reqs);
	rpc4_put_u32(o, 0);
}

static void get_chan(struct rpc4_in *in, struct chan *c)
{
	c->pad = rpc4_get_u32(in);
	c->rqst = rpc4_get_u32(in);
	c->resp = rpc4_get_u32(in);
	c->cached = rpc4_get_u32(in);
	c->ops = rpc4_get_u32(in);
	c->reqs = rpc4_get_u32(in);
	rpc4_get_u32(in);
}

int create(struct peer *p, const struct id *id, uint32_t seq, const struct cs *args, struct nfs41_session *s,
		  struct cs *got)
{
	struct rpc4_cred cred = { .flavor = 1, .uid = id->uid };
	struct nfs41_res res;
	struct nfs41_req q;
	const uint8_t *sid;
	int r;

	nfs41_begin(&q, &p->conn, &cred, "");
	nfs41_op(&q, OP_CREATE_SESSION);
	rpc4_put_u64(&q.out, id->clientid);
	rpc4_put_u32(&q.out, seq);
	rpc4_put_u32(&q.out, args->flags);
	put_chan(&q.out, &args->fore);
	put_chan(&q.out, &args->back);
	rpc4_put_u32(&q.out, CB_PROGRAM);
	rpc4_put_u32(&q.out, 1);	/* AUTH_NONE */
	rpc4_put_u32(&q.out, 0);
	r = ask(p, &q, &res, OP_CREATE_SESSION);
	if (r)
		return r;
	memset(s, 0, sizeof(*s));
	s->conn = &p->conn;
	s->cred = cred;
	s->clientid = id->clientid;
	sid = rpc4_get_fixed(&res.in, 16);
	if (sid)
		memcpy(s->id, sid, 16);
	if (rpc4_get_u32(&res.in) != seq)
		return said("csr_sequence", -1, 0);
	got->flags = rpc4_get_u32(&res.in);
	get_chan(&res.in, &got->fore);
	get_chan(&res.in, &got->back);
	s->slots = got->fore.reqs;
	return res.in.bad ? -1 : 0;
}

int destroy_session(struct peer *p, const struct nfs41_session *s)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin(&q, &p->conn, &s->cred, "");
	nfs41_op(&q, OP_DESTROY_SESSION);
	rpc4_put_raw(&q.out, s->id, 16);
	return ask(p, &q, &res, 0);
}

int destroy_clientid(struct peer *p, uint64_t clientid)
{
	struct rpc4_cred cred = { .flavor = 1 };
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin(&q, &p->conn, &cred, "");
	nfs41_op(&q, OP_DESTROY_CLIENTID);
	rpc4_put_u64(&q.out, clientid);
	return ask(p, &q, &res, 0);
}
