// SPDX-License-Identifier: GPL-2.0
/* Delegations, with a client whose back channel answers when the test says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfs41_cb.h"
#include "rules.h"

#define BACK_CHAN	2u	/* CREATE_SESSION4_FLAG_CONN_BACK_CHAN */
#define WANT_READ	0x100u	/* OPEN4_SHARE_ACCESS_WANT_READ_DELEG */
#define DELEGATE_READ	1u

/* A session with a back channel on the same connection, which takes the place of the one that it had. */
static int with_back_channel(struct peer *p)
{
	struct nfs41_req q;
	struct nfs41_res res;
	const uint8_t *id;
	size_t flags;
	int r;

	nfs41_begin(&q, &p->conn, &p->ses.cred, "");
	flags = q.out.len + 16;		/* behind the op, the client id, the sequence */
	nfs41_put_create_session(&q, p->ses.clientid, p->ses.cs_seq, 8);
	rpc4_poke_u32(&q.out, flags, BACK_CHAN);
	r = ask(p, &q, &res, OP_CREATE_SESSION);
	if (r)
		return said("CREATE_SESSION", r, S_OK);
	p->ses.cs_seq++;
	id = rpc4_get_fixed(&res.in, 16);
	if (id)
		memcpy(p->ses.id, id, 16);
	memset(p->ses.seq, 0, sizeof(p->ses.seq));
	return said("the session's id", id ? 0 : -1, 0);
}

/* Sends an OPEN for reading that wants a delegation. */
static int send_open(struct peer *p, const char *name)
{
	struct nfs41_open_args args = { .owner = "a", .name = name, .access = 1, .create = true };
	struct nfs41_req q;
	size_t access;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_op(&q, OP_PUTROOTFH);
	access = q.out.len + 8;		/* behind the op, the seqid */
	nfs41_put_open_args(&q, &args);
	rpc4_poke_u32(&q.out, access, 1 | WANT_READ);
	r = nfs41_send(&q, &p->conn);
	nfs41_free(&q);
	return said("sending OPEN", r, 0);
}

/* The next call of the server, answered: what it is. */
static int answer(struct peer *p, struct rpc4_in *in, struct nfs41_cb *ret)
{
	struct rpc4_out out = { 0 };
	int r = nfs41_callback(in, &out, ret);

	r = r ? r : rpc4_send(&p->conn, &out);
	rpc4_out_free(&out);
	return said("answering a callback", r, 0);
}

static bool is_call(const struct rpc4_in *in)
{
	return in->end - in->p >= 8 && in->p[7] == RPC4_CALL;
}

static int get_open(struct rpc4_in *in, uint32_t *ret_type, struct nfs41_stateid *ret_id)
{
	struct nfs41_res res = { .in = *in };
	struct nfs41_stateid open;
	uint32_t len;
	int r = rpc4_get_reply(&res.in, &res.rpc);

	res.status = rpc4_get_u32(&res.in);
	rpc4_get_opaque(&res.in, &len);
	res.nres = rpc4_get_u32(&res.in);
	r = r ? r : said("OPEN", (int)res.status, S_OK);
	if (r || !nfs41_until(&res, OP_OPEN))
		return said("the answer to OPEN", -1, 0);
	nfs41_get_stateid(&res.in, &open);
	rpc4_get_fixed(&res.in, 24);	/* change_info4, rflags */
	rpc4_get_fixed(&res.in, (size_t)rpc4_get_u32(&res.in) * 4);
	*ret_type = rpc4_get_u32(&res.in);
	nfs41_get_stateid(&res.in, ret_id);
	return said("the answer to OPEN", res.in.bad, 0);
}

static int next(struct peer *p, struct rpc4_in *in)
{
	return said("the next record", rpc4_recv(&p->conn, in), 0);
}

/* The answer to OPEN and the recall, in whatever order. */
static int given_and_recalled(struct peer *p, struct nfs41_stateid *given, struct nfs41_cb *recall)
{
	struct rpc4_in in;
	uint32_t type = 0;
	int r = 0;

	for (int n = 0; n < 2 && !r; n++) {
		r = next(p, &in);
		if (!r && is_call(&in))
			r = answer(p, &in, recall);
		else if (!r)
			r = get_open(&in, &type, given);
	}
	return r || said("a delegation", (int)type, DELEGATE_READ);
}

/*
 * An OPEN waits for the first call on the back channel, and while it waits the grant of its connection is narrowed
 * (RULES_COMMAND does it when it reads RULES_INPUT): what delegations there were is recalled then, so the one that the
 * OPEN brings must be, too.
 */
static int narrowed(struct pair *t)
{
	const char *command = getenv("RULES_COMMAND"), *input = getenv("RULES_INPUT");
	struct nfs41_cb probe, recall = { 0 };
	struct nfs41_stateid id = { 0 };
	struct rpc4_in in;
	FILE *pipe;
	int r;

	if (!command || !input)
		return said("RULES_COMMAND and RULES_INPUT", 0, 1);
	pipe = popen(command, "w");
	if (!pipe)
		return said("popen", 0, 1);
	r = with_back_channel(&t->a) || send_open(&t->a, "rules-narrowed") || next(&t->a, &in) ||
	    said("a call", is_call(&in), true);
	fputs(input, pipe);
	r = said("the command", pclose(pipe), 0) || r || answer(&t->a, &in, &probe) ||
	    given_and_recalled(&t->a, &id, &recall);
	return r || said("a recall", recall.recalled, true) ||
	       said("of that delegation", memcmp(recall.id.other, id.other, sizeof(id.other)), 0);
}

const struct rules_test rules_deleg_tests[] = {
	{ "@narrowed", narrowed },
	{ NULL, NULL },
};
