// SPDX-License-Identifier: GPL-2.0
/* Delegations, with a client whose back channel answers when the test says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfs41_cb.h"
#include "rules.h"

#define BACK_CHAN	2u	/* CREATE_SESSION4_FLAG_CONN_BACK_CHAN */
#define WANT_READ	0x100u	/* OPEN4_SHARE_ACCESS_WANT_READ_DELEG */
#define WANT_WRITE	0x200u	/* OPEN4_SHARE_ACCESS_WANT_WRITE_DELEG */

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

/* Sends an OPEN with that access, which may want a delegation. */
static int send_open(struct peer *p, const char *name, uint32_t wanted)
{
	struct nfs41_open_args args = { .owner = "a", .name = name, .access = 1, .create = true };
	struct nfs41_req q;
	size_t access;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_op(&q, OP_PUTROOTFH);
	access = q.out.len + 8;		/* behind the op, the seqid */
	nfs41_put_open_args(&q, &args);
	rpc4_poke_u32(&q.out, access, wanted);
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

static int next(struct peer *p, struct rpc4_in *in)
{
	return said("the next record", rpc4_recv(&p->conn, in), 0);
}

static int status_of_reply(struct rpc4_in *in)
{
	struct rpc4_reply reply;
	int r = rpc4_get_reply(in, &reply);

	return r ? r : (int)rpc4_get_u32(in);
}

/*
 * An OPEN waits for the first call on the back channel, and while it waits the grant of its connection is narrowed
 * (RULES_COMMAND does it when it reads RULES_INPUT). What it then gets is not what the old one allowed.
 */
static int narrowed(struct pair *t)
{
	const char *command = getenv("RULES_COMMAND"), *input = getenv("RULES_INPUT");
	const struct nfs41_open_args again = { .owner = "a", .name = "rules-narrowed", .access = 3 };
	struct nfs41_stateid id;
	struct nfs41_cb probe;
	struct rpc4_in in;
	FILE *pipe;
	int r;

	if (!command || !input)
		return said("RULES_COMMAND and RULES_INPUT", 0, 1);
	pipe = popen(command, "w");
	if (!pipe)
		return said("popen", 0, 1);
	r = with_back_channel(&t->a) || send_open(&t->a, "rules-narrowed", 1 | WANT_READ) || next(&t->a, &in) ||
	    said("a call", is_call(&in), true);
	fputs(input, pipe);
	r = said("the command", pclose(pipe), 0) || r || answer(&t->a, &in, &probe) || next(&t->a, &in);
	return r || said("OPEN", status_of_reply(&in), S_DELAY) ||
	       said("OPEN to write, again", open_file(&t->a, &again, &id), S_ROFS);
}

/* A file with a delegation of @p's, which it will not give back. */
static int delegated(struct peer *p, const char *name, uint32_t wanted)
{
	struct nfs41_cb probe;
	struct rpc4_in in;

	return with_back_channel(p) || send_open(p, name, wanted) || next(p, &in) || said("a call", is_call(&in), true) ||
	       answer(p, &in, &probe) || next(p, &in) || said("OPEN", status_of_reply(&in), S_OK);
}

/* The same WRITE of a megabyte again and again, all of which wait for the first one, as it does for the delegation. */
static void write_without_end(struct peer *p, const struct nfs41_fh *fh)
{
	static const struct nfs41_stateid anonymous;
	static uint8_t data[1 << 20];
	struct nfs41_req q;
	int n = 0;

	p->conn.timeout_ms = 2000;
	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_put_putfh(&q, fh);
	nfs41_put_write(&q, &anonymous, 0, data, sizeof(data), 0);
	while (n < 250 && !nfs41_send(&q, &p->conn))
		n++;
	nfs41_free(&q);
	printf("  %d MiB were sent\n", n);
}

/* Requests that wait keep their records: those of one client must not be all that the server has memory for. */
static int waiting_writes(struct pair *t)
{
	enum { MANY = 4 };
	struct peer writers[MANY] = { 0 }, other = { 0 };
	struct nfs41_fh fh;
	uint64_t start;
	int r = delegated(&t->a, "rules-waits", 1 | WANT_READ) ||
		said("its handle", nfs41_getfh(&t->b.ses, "rules-waits", &fh), S_OK);

	for (int i = 0; i < MANY && !r; i++) {
		char name[32];

		snprintf(name, sizeof(name), "rules writer %d", i);
		r = said("connecting", rpc4_connect(&writers[i].conn, &t->addr), 0) ||
		    said("a client", nfs41_start(&writers[i].ses, &writers[i].conn, name, 4), S_OK);
	}
	for (int i = 0; i < MANY && !r; i++)
		write_without_end(&writers[i], &fh);
	start = rpc4_now_ns();
	r = r || said("connecting", rpc4_connect(&other.conn, &t->addr), 0) ||
	    said("another client", nfs41_start(&other.ses, &other.conn, "rules other", 4), S_OK) ||
	    said("is served", nfs41_ping(&other.ses), S_OK) ||
	    said("within ten seconds", rpc4_now_ns() - start < 10000000000ull, true);
	for (int i = 0; i < MANY; i++)
		rpc4_close(&writers[i].conn);
	rpc4_close(&other.conn);
	return r;
}

/* The one slot of its back channel is taken from now on, by a probe that it does not answer. */
static int occupy(struct peer *p)
{
	struct nfs41_req q;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_op(&q, OP_BACKCHANNEL_CTL);
	rpc4_put_u32(&q.out, 0x40000000);
	rpc4_put_u32(&q.out, 1);	/* callbacks with AUTH_NONE */
	rpc4_put_u32(&q.out, 0);
	r = nfs41_send(&q, &p->conn);
	nfs41_free(&q);
	nfs41_begin_seq(&q, &p->ses, 2, false);
	r = r ? r : nfs41_send(&q, &p->conn);
	nfs41_free(&q);
	return said("sending to it", r, 0);
}

/* Others ask for the size of a file whose holder cannot be asked: its back channel is busy. They get an answer. */
static int busy_channel(struct pair *t)
{
	enum { MANY = 3 };
	struct peer lookers[MANY] = { 0 };
	struct nfs41_fh fh;
	int r = delegated(&t->a, "rules-busy", 3 | WANT_WRITE) || occupy(&t->a) ||
		said("its handle", nfs41_getfh(&t->b.ses, "rules-busy", &fh), S_OK);

	for (int i = 0; i < MANY && !r; i++) {
		struct nfs41_req q;
		char name[32];

		snprintf(name, sizeof(name), "rules looker %d", i);
		r = said("connecting", rpc4_connect(&lookers[i].conn, &t->addr), 0) ||
		    said("a client", nfs41_start(&lookers[i].ses, &lookers[i].conn, name, 4), S_OK);
		nfs41_begin_seq(&q, &lookers[i].ses, 1, false);
		nfs41_put_putfh(&q, &fh);
		nfs41_put_getattr(&q, 0x10, 0);
		r = r || said("sending GETATTR", nfs41_send(&q, &lookers[i].conn), 0);
		nfs41_free(&q);
	}
	for (int i = 0; i < MANY; i++) {
		struct rpc4_in in;

		lookers[i].conn.timeout_ms = 120000;
		r = r || said("an answer", rpc4_recv(&lookers[i].conn, &in), 0);
		rpc4_close(&lookers[i].conn);
	}
	return r;
}

const struct rules_test rules_deleg_tests[] = {
	{ "@busy-channel", busy_channel },
	{ "@waiting-writes", waiting_writes },
	{ "@narrowed", narrowed },
	{ NULL, NULL },
};
