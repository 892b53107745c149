// SPDX-License-Identifier: GPL-2.0
/* Client ids, sessions, slots, connections: RFC 8881 §2.10, §18.33 to §18.37, §18.46, §18.50. */
#include "nfs41_cb.h"
#include "rules_id.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FORE = 1, BACK = 2, FORE_OR_BOTH = 3, BACK_OR_BOTH = 7, BOTH = 3 };

/* --- CREATE_SESSION: §18.36 --- */

static int too_small(struct peer *p, struct id *id)
{
	static const struct {
		const char *what;
		size_t field;
		uint32_t value;
	} cases[] = {
		{ "ca_maxrequestsize", offsetof(struct cs, fore.rqst), 20 },
		{ "ca_maxresponsesize", offsetof(struct cs, fore.resp), 20 },
		{ "ca_maxoperations", offsetof(struct cs, fore.ops), 0 },
		{ "ca_maxrequestsize, back", offsetof(struct cs, back.rqst), 20 },
		{ "ca_maxresponsesize, back", offsetof(struct cs, back.resp), 20 },
		{ "ca_maxoperations, back", offsetof(struct cs, back.ops), 1 },
	};
	struct nfs41_session s;
	struct cs got;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cs args = usual;

		args.flags = BACK_CHAN;
		memcpy((char *)&args + cases[i].field, &cases[i].value, 4);
		if (said(cases[i].what, create(p, id, id->seq, &args, &s, &got), S_TOOSMALL))
			return 1;
	}
	return 0;
}

static int above(const char *what, uint32_t got, uint32_t asked)
{
	if (got <= asked)
		return 0;
	printf("  %s: %u, asked for %u\n", what, got, asked);
	return 1;
}

static int chan_fits(const struct chan *got, const struct chan *asked)
{
	return above("ca_maxrequestsize", got->rqst, asked->rqst) || above("ca_maxresponsesize", got->resp, asked->resp) ||
	       above("ca_maxresponsesize_cached", got->cached, asked->cached) ||
	       above("a cached reply is a reply", got->cached, got->resp) ||
	       above("ca_maxoperations", got->ops, asked->ops) || above("ca_maxrequests", got->reqs, asked->reqs);
}

static int limits(struct peer *p, struct id *id)
{
	const struct cs asked[] = {
		{ BACK_CHAN, { 0, 600, 600, 4096, 3, 1 }, { 0, 600, 600, 0, 2, 1 } },
		{ BACK_CHAN, { 64, ~0u, ~0u, ~0u, ~0u, ~0u }, { 64, ~0u, ~0u, ~0u, ~0u, ~0u } },
		usual,
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		struct nfs41_session s;
		struct cs got;

		if (said("CREATE_SESSION", create(p, id, id->seq++, &asked[i], &s, &got), S_OK) ||
		    chan_fits(&got.fore, &asked[i].fore) || chan_fits(&got.back, &asked[i].back) ||
		    above("flags", got.flags & ~asked[i].flags, 0) || said("a request", nfs41_ping(&s), S_OK) ||
		    said("DESTROY_SESSION", destroy_session(p, &s), S_OK))
			return 1;
	}
	return 0;
}

/* Of a CREATE_SESSION that is refused, the Linux client counts the seqid and pynfs does not: both must get on */
static int refused_seqid(struct peer *p)
{
	struct id id = new_id("refused");
	struct nfs41_session s;
	struct cs bad = usual, got;

	bad.fore.rqst = 20;
	if (said("EXCHANGE_ID", exchange(p, &id), S_OK) ||
	    said("refused", create(p, &id, id.seq, &bad, &s, &got), S_TOOSMALL) ||
	    said("its retry", create(p, &id, id.seq, &bad, &s, &got), S_TOOSMALL) ||
	    said("not counted", create(p, &id, id.seq, &usual, &s, &got), S_OK) ||
	    said("refused, the 2nd", create(p, &id, id.seq + 1, &bad, &s, &got), S_TOOSMALL) ||
	    said("counted", create(p, &id, id.seq + 2, &usual, &s, &got), S_OK) ||
	    said("back at what was before", create(p, &id, id.seq, &usual, &s, &got), S_SEQ_MISORDERED))
		return 1;
	return 0;
}

static int create_session(struct pair *t)
{
	struct id id = new_id("create"), other, none = new_id("none");
	struct nfs41_session s, again;
	struct peer *p = &t->a;
	struct cs args = usual, got, got2;

	if (said("EXCHANGE_ID", exchange(p, &id), S_OK))
		return 1;
	other = id;
	other.uid++;
	none.clientid = id.clientid ^ 1ull << 33;
	args.flags = 8;
	if (said("no such client", create(p, &none, 1, &usual, &s, &got), S_STALE_CLIENTID) ||
	    said("seqid before the first", create(p, &id, id.seq - 1, &usual, &s, &got), S_SEQ_MISORDERED) ||
	    said("seqid behind the next", create(p, &id, id.seq + 1, &usual, &s, &got), S_SEQ_MISORDERED) ||
	    said("wrong principal", create(p, &other, id.seq, &usual, &s, &got), S_CLID_INUSE) ||
	    said("unknown flag", create(p, &id, id.seq, &args, &s, &got), S_INVAL) || too_small(p, &id))
		return 1;
	if (said("CREATE_SESSION", create(p, &id, id.seq, &usual, &s, &got), S_OK) ||
	    said("its retry", create(p, &id, id.seq, &usual, &again, &got2), S_OK))
		return 1;
	if (memcmp(s.id, again.id, 16) || memcmp(&got, &got2, sizeof(got)))
		return said("a retry gives the same session", 1, 0);
	id.seq++;
	return limits(p, &id) || said("DESTROY_SESSION", destroy_session(p, &s), S_OK) ||
	       said("DESTROY_CLIENTID", destroy_clientid(p, id.clientid), S_OK) || refused_seqid(p);
}

/* --- slots: §2.10.6, §18.46 --- */

struct sent {
	uint32_t slot, seq, highest;
	bool cache;
	uint32_t ops;		/* GETATTRs behind SEQUENCE and PUTROOTFH; ~0: SEQUENCE alone */
	uint32_t uid;
};

/* The status; *ret_op what failed; *ret_flags the SEQUENCE status flags. */
static int sequence(struct rpc4_conn *c, const struct nfs41_session *s, const struct sent *a, uint32_t *ret_op,
		    uint32_t *ret_flags)
{
	struct rpc4_cred cred = { .flavor = 1, .uid = a->uid };
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin(&q, c, &cred, "");
	nfs41_op(&q, OP_SEQUENCE);
	rpc4_put_raw(&q.out, s->id, 16);
	rpc4_put_u32(&q.out, a->seq);
	rpc4_put_u32(&q.out, a->slot);
	rpc4_put_u32(&q.out, a->highest);
	rpc4_put_u32(&q.out, a->cache);
	if (a->ops != ~0u)
		nfs41_op(&q, OP_PUTROOTFH);
	for (uint32_t i = 0; a->ops != ~0u && i < a->ops; i++)
		nfs41_put_getattr(&q, 1 << 3, 1 << 20);
	r = nfs41_call(&q, c, &res);
	if (r)
		return r;
	if (!nfs41_next(&res))
		return -1;
	if (!res.op_status) {
		rpc4_get_fixed(&res.in, 32);
		*ret_flags = rpc4_get_u32(&res.in);
	}
	while (!res.op_status && nfs41_next(&res) && !res.op_status && res.op == OP_PUTROOTFH)
		;
	*ret_op = res.op;
	return (int)res.status;
}

static int sequence_says(struct rpc4_conn *c, const struct nfs41_session *s, struct sent a, const char *what,
			 int wanted)
{
	uint32_t op = 0, flags = 0;

	return said(what, sequence(c, s, &a, &op, &flags), wanted) ||
	       said("the operation that says so", wanted && op != OP_SEQUENCE && wanted != S_RETRY_UNCACHED_REP, 0) ||
	       said("status flags", (int)flags, 0);
}

static int slot_rules(struct rpc4_conn *c, const struct nfs41_session *s)
{
	uint32_t n = s->slots;

	return sequence_says(c, s, (struct sent){ 1, 1, 1, true, 1, 0 }, "first", S_OK) ||
	       sequence_says(c, s, (struct sent){ n, 1, n - 1, true, 1, 0 }, "slot beyond the last", S_BADSLOT) ||
	       sequence_says(c, s, (struct sent){ 1, 2, n, true, 1, 0 }, "highest beyond the last", S_BAD_HIGH_SLOT) ||
	       sequence_says(c, s, (struct sent){ 1, 3, 1, true, 1, 0 }, "two ahead", S_SEQ_MISORDERED) ||
	       sequence_says(c, s, (struct sent){ 1, 0, 1, true, 1, 0 }, "one behind", S_SEQ_MISORDERED) ||
	       sequence_says(c, s, (struct sent){ 1, 1, 1, true, 1, 0 }, "retry", S_OK) ||
	       sequence_says(c, s, (struct sent){ 1, 1, 1, true, 2, 0 }, "retry of something else", S_SEQ_FALSE_RETRY) ||
	       sequence_says(c, s, (struct sent){ 1, 1, 1, true, 1, 7 }, "retry of someone else", S_SEQ_FALSE_RETRY) ||
	       sequence_says(c, s, (struct sent){ 1, 2, 1, false, 1, 0 }, "not to be cached", S_OK) ||
	       sequence_says(c, s, (struct sent){ 1, 2, 1, false, 1, 0 }, "its retry", S_RETRY_UNCACHED_REP) ||
	       sequence_says(c, s, (struct sent){ 1, 3, 1, false, ~0u, 0 }, "SEQUENCE alone", S_OK) ||
	       sequence_says(c, s, (struct sent){ 1, 3, 1, false, ~0u, 0 }, "its retry", S_OK) ||
	       sequence_says(c, s, (struct sent){ 1, 4, 1, true, 15, 0 }, "too many operations", S_TOO_MANY_OPS) ||
	       sequence_says(c, s, (struct sent){ 1, 4, 1, true, 14, 0 }, "as many as agreed", S_OK);
}

/* A reply larger than what may be kept, or may be sent, is refused where it would be kept or sent. */
static int reply_sizes(struct peer *p, struct id *id)
{
	struct cs args = usual, got;
	struct nfs41_session s;
	uint32_t op, flags;
	int r;

	args.fore.cached = 300;
	args.fore.resp = 600;
	args.fore.ops = 40;
	r = create(p, id, id->seq++, &args, &s, &got);
	if (said("CREATE_SESSION", r, S_OK) ||
	    said("to be cached", sequence(&p->conn, &s, &(struct sent){ 0, 1, 0, true, 20, 0 }, &op, &flags),
		 S_REP_TOO_BIG_TO_CACHE) ||
	    said("its retry", sequence(&p->conn, &s, &(struct sent){ 0, 1, 0, true, 20, 0 }, &op, &flags),
		 S_REP_TOO_BIG_TO_CACHE) ||
	    said("to be sent", sequence(&p->conn, &s, &(struct sent){ 0, 2, 0, false, 30, 0 }, &op, &flags),
		 S_REP_TOO_BIG))
		return 1;
	return said("DESTROY_SESSION", destroy_session(p, &s), S_OK);
}

static int slots(struct pair *t)
{
	struct id id = new_id("slots");
	struct nfs41_session s;
	struct peer *p = &t->a;
	struct cs got;

	return said("EXCHANGE_ID", exchange(p, &id), S_OK) ||
	       said("CREATE_SESSION", create(p, &id, id.seq++, &usual, &s, &got), S_OK) || slot_rules(&p->conn, &s) ||
	       reply_sizes(p, &id) || said("DESTROY_SESSION", destroy_session(p, &s), S_OK);
}

/* --- sr_target_highest_slotid: §2.10.6.1 --- */

#define CROWD		80	/* clients, of which each may have so many sessions */
#define CROWD_SESSIONS	16

/* SEQUENCE alone: its status; *@ret_target. */
static int target_of(struct rpc4_conn *c, const struct nfs41_session *s, struct sent a, uint32_t *ret_target)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin(&q, c, &s->cred, "");
	nfs41_op(&q, OP_SEQUENCE);
	rpc4_put_raw(&q.out, s->id, 16);
	rpc4_put_u32(&q.out, a.seq);
	rpc4_put_u32(&q.out, a.slot);
	rpc4_put_u32(&q.out, a.highest);
	rpc4_put_u32(&q.out, a.cache);
	r = nfs41_call(&q, c, &res);
	if (r || !nfs41_next(&res))
		return r ? r : -1;
	rpc4_get_fixed(&res.in, 16 + 4 + 4);
	if (!res.status && rpc4_get_u32(&res.in) != s->slots - 1)
		return said("sr_highest_slotid", -1, (int)s->slots - 1);
	*ret_target = res.status ? 0 : rpc4_get_u32(&res.in);
	return (int)res.status;
}

/* Sessions with large reply caches, until @s is asked to use fewer slots; *@ret_n clients were made. */
static int crowd(struct peer *p, const struct nfs41_session *s, uint32_t *seq, struct id *ids, unsigned int *ret_n)
{
	struct nfs41_session other;
	struct cs args = usual, got;
	uint32_t target;

	args.fore.reqs = 128;
	for (*ret_n = 0; *ret_n < CROWD; ) {
		struct id *id = &ids[(*ret_n)++];

		*id = new_id("crowd");
		if (said("EXCHANGE_ID", exchange(p, id), S_OK))
			return 1;
		for (int i = 0; i < CROWD_SESSIONS; i++) {
			if (said("CREATE_SESSION", create(p, id, id->seq++, &args, &other, &got), S_OK) ||
			    said("SEQUENCE", target_of(&p->conn, s, (struct sent){ 0, (*seq)++, 0, true, 0, 0 }, &target), S_OK))
				return 1;
			if (target < s->slots - 1)
				return 0;
		}
	}
	printf("  %u sessions changed nothing\n", CROWD * CROWD_SESSIONS);
	return 1;
}

/* They go with a restart of each client that ends before it has a session. */
static int disperse(struct peer *p, struct id *ids, unsigned int n)
{
	struct nfs41_session s;
	struct cs got;

	for (unsigned int i = 0; i < n; i++) {
		ids[i].verifier++;
		if (said("restart", exchange(p, &ids[i]), S_OK) ||
		    said("CREATE_SESSION", create(p, &ids[i], ids[i].seq, &usual, &s, &got), S_OK) ||
		    said("DESTROY_SESSION", destroy_session(p, &s), S_OK) ||
		    said("DESTROY_CLIENTID", destroy_clientid(p, ids[i].clientid), S_OK))
			return 1;
	}
	return 0;
}

/* What was kept for slots above the target goes when the client knows; then they start anew, or go on */
static int shrunk(struct rpc4_conn *c, const struct nfs41_session *s, uint32_t seq)
{
	uint32_t t;

	return said("a retry above the target, unknown yet",
		    target_of(c, s, (struct sent){ 7, 2, 7, true, 0, 0 }, &t), S_OK) ||
	       said("one who knows, still using it", target_of(c, s, (struct sent){ 0, seq++, 7, true, 0, 0 }, &t), S_OK) ||
	       said("a retry of it", target_of(c, s, (struct sent){ 7, 2, 7, true, 0, 0 }, &t), S_OK) ||
	       said("one who knows, not using it", target_of(c, s, (struct sent){ 0, seq++, 0, true, 0, 0 }, &t), S_OK) ||
	       said("its retry, which needs no kept reply", target_of(c, s, (struct sent){ 7, 2, 7, true, 0, 0 }, &t), S_OK) ||
	       said("it goes on", target_of(c, s, (struct sent){ 7, 3, 7, true, 0, 0 }, &t), S_OK) ||
	       said("another starts anew", target_of(c, s, (struct sent){ 6, 1, 7, true, 0, 0 }, &t), S_OK) ||
	       said("its retry", target_of(c, s, (struct sent){ 6, 1, 7, true, 0, 0 }, &t), S_OK) ||
	       said("and goes on", target_of(c, s, (struct sent){ 6, 2, 7, true, 0, 0 }, &t), S_OK);
}

static int slot_target(struct pair *t)
{
	static struct id ids[CROWD];
	struct rpc4_conn *c = &t->a.conn;
	struct id id = new_id("target");
	struct nfs41_session s;
	uint32_t target = 0, seq = 1;
	unsigned int n = 0;
	struct cs got;
	int r;

	r = said("EXCHANGE_ID", exchange(&t->a, &id), S_OK) ||
	    said("CREATE_SESSION", create(&t->a, &id, id.seq, &usual, &s, &got), S_OK) ||
	    said("slot 7", target_of(c, &s, (struct sent){ 7, 1, 7, true, 0, 0 }, &target), S_OK) ||
	    said("its target", (int)target, 7) ||
	    said("slot 6", target_of(c, &s, (struct sent){ 6, 1, 7, true, 0, 0 }, &target), S_OK) ||
	    said("slot 6", target_of(c, &s, (struct sent){ 6, 2, 7, true, 0, 0 }, &target), S_OK) ||
	    said("slot 7", target_of(c, &s, (struct sent){ 7, 2, 7, true, 0, 0 }, &target), S_OK) ||
	    crowd(&t->b, &s, &seq, ids, &n) || shrunk(c, &s, seq);
	r = disperse(&t->b, ids, n) || r;
	return r || said("afterwards", target_of(c, &s, (struct sent){ 0, seq + 2, 7, true, 0, 0 }, &target), S_OK) ||
	       said("the target is as agreed", (int)target, 7) || said("DESTROY_SESSION", destroy_session(&t->a, &s), S_OK);
}

/* --- connections: §2.10.5, §18.34 --- */

static int bind_conn(struct rpc4_conn *c, const struct nfs41_session *s, uint32_t dir, uint32_t *ret_dir)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin(&q, c, &s->cred, "");
	nfs41_op(&q, OP_BIND_CONN);
	rpc4_put_raw(&q.out, s->id, 16);
	rpc4_put_u32(&q.out, dir);
	rpc4_put_u32(&q.out, 0);
	r = nfs41_call(&q, c, &res);
	if (r || res.status)
		return r ? r : (int)res.status;
	nfs41_next(&res);
	if (memcmp(rpc4_get_fixed(&res.in, 16), s->id, 16))
		return -1;
	*ret_dir = rpc4_get_u32(&res.in);
	return said("RDMA", (int)rpc4_get_u32(&res.in), 0) ? -1 : 0;
}

/*
 * "... has no effect, and the server MUST respond with NFS4_OK, unless the client is demanding changes to the set of
 * channels the connection is associated with. If so, the server MUST return NFS4ERR_INVAL." (§18.34.3)
 */
static int bind_dirs(struct pair *t, const struct nfs41_session *s)
{
	static const struct {
		const char *what;
		uint32_t first, then;
		int status;
		uint32_t dir;
	} cases[] = {
		{ "fore", FORE, 0, S_OK, 0 },
		{ "fore, fore", FORE, FORE, S_OK, FORE },
		{ "fore, back", FORE, BACK, S_INVAL, 0 },
		{ "fore, fore or both", FORE, FORE_OR_BOTH, S_OK, BOTH },
		{ "fore, back or both", FORE, BACK_OR_BOTH, S_INVAL, 0 },
		{ "back, back", BACK, BACK, S_OK, BACK },
		{ "back, fore", BACK, FORE, S_INVAL, 0 },
		{ "back, fore or both", BACK, FORE_OR_BOTH, S_INVAL, 0 },
		{ "back, back or both", BACK, BACK_OR_BOTH, S_OK, BOTH },
		{ "fore or both, fore", FORE_OR_BOTH, FORE, S_INVAL, 0 },
		{ "fore or both, back", FORE_OR_BOTH, BACK, S_INVAL, 0 },
		{ "fore or both, back or both", FORE_OR_BOTH, BACK_OR_BOTH, S_OK, BOTH },
		{ "back or both, fore or both", BACK_OR_BOTH, FORE_OR_BOTH, S_OK, BOTH },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpc4_conn c = { .fd = -1 };
		uint32_t dir = 0;
		int r = rpc4_connect(&c, &t->addr) || said(cases[i].what, bind_conn(&c, s, cases[i].first, &dir), S_OK) ||
			said(cases[i].what, (int)dir, (int)cases[i].first & BOTH);

		if (!r && cases[i].then) {
			r = said(cases[i].what, bind_conn(&c, s, cases[i].then, &dir), cases[i].status);
			if (!r && !cases[i].status)
				r = said(cases[i].what, (int)dir, (int)cases[i].dir);
		}
		rpc4_close(&c);
		if (r)
			return 1;
	}
	return 0;
}

static int bind_errors(struct pair *t, const struct nfs41_session *s)
{
	struct nfs41_session none = *s;
	struct rpc4_conn c = { .fd = -1 };
	struct nfs41_res res;
	struct nfs41_req q;
	uint32_t dir;
	int r;

	none.id[15] ^= 1;
	if (rpc4_connect(&c, &t->addr))
		return 1;
	r = said("direction 0", bind_conn(&c, s, 0, &dir), S_INVAL) ||
	    said("direction 4", bind_conn(&c, s, 4, &dir), S_INVAL) ||
	    said("no such session", bind_conn(&c, &none, FORE, &dir), S_BADSESSION);
	nfs41_begin(&q, &c, &s->cred, "");
	nfs41_op(&q, OP_BIND_CONN);
	rpc4_put_raw(&q.out, s->id, 16);
	rpc4_put_u32(&q.out, FORE);
	rpc4_put_u32(&q.out, 0);
	nfs41_op(&q, OP_PUTROOTFH);
	r = r || nfs41_call(&q, &c, &res) || said("not alone", (int)res.status, S_NOT_ONLY_OP);
	rpc4_close(&c);
	return r;
}

static int bind_rules(struct pair *t)
{
	uint32_t dir = 0;

	/* A connection may carry several sessions, of several clients, too */
	return bind_dirs(t, &t->a.ses) || bind_errors(t, &t->a.ses) ||
	       said("a connection of another session", bind_conn(&t->b.conn, &t->a.ses, FORE, &dir), S_OK) ||
	       said("that session", nfs41_ping(&t->b.ses), S_OK);
}

/* nconnect: one session's slots over several connections; the retry may come over another one */
static int nconnect(struct pair *t)
{
	struct rpc4_conn c[4];
	struct id id = new_id("nconnect");
	struct nfs41_session s;
	struct cs got;
	int r = said("EXCHANGE_ID", exchange(&t->a, &id), S_OK) ||
		said("CREATE_SESSION", create(&t->a, &id, id.seq, &usual, &s, &got), S_OK);

	for (size_t i = 0; i < 4; i++)
		c[i].fd = -1;
	for (size_t i = 0; !r && i < 4; i++)
		r = rpc4_connect(&c[i], &t->addr);
	for (uint32_t n = 1; !r && n <= 50; n++) {
		for (uint32_t i = 0; !r && i < 4; i++) {
			struct sent a = { i, n, 3, true, 1, 0 };

			r = sequence_says(&c[(i + n) % 4], &s, a, "request", S_OK) ||
			    sequence_says(&c[(i + n + 1) % 4], &s, a, "its retry", S_OK);
		}
	}
	/* The last of its connections goes: the session stays */
	for (size_t i = 0; i < 4; i++)
		rpc4_close(&c[i]);
	return r || said("session", nfs41_ping(&s), S_SEQ_MISORDERED) ||
	       said("DESTROY_SESSION", destroy_session(&t->a, &s), S_OK);
}

static int flags_are(struct rpc4_conn *c, const struct nfs41_session *s, uint32_t seq, const char *what,
		     uint32_t wanted)
{
	uint32_t op, flags = 0;

	return said(what, sequence(c, s, &(struct sent){ 0, seq, 0, false, ~0u, 0 }, &op, &flags), S_OK) ||
	       said(what, (int)flags, (int)wanted);
}

/* A client of that name with a session, whose way back is the connection that it is made on. */
static int with_way_back(struct pair *t, const char *name, struct peer *maker, struct nfs41_session *s)
{
	struct id id = new_id(name);
	struct cs args = usual, got;

	args.flags = BACK_CHAN;
	return rpc4_connect(&maker->conn, &t->addr) || said("EXCHANGE_ID", exchange(maker, &id), S_OK) ||
	       said("CREATE_SESSION", create(maker, &id, id.seq++, &args, s, &got), S_OK) ||
	       said("its flags", (int)got.flags, BACK_CHAN);
}

/* SEQ4_STATUS_CB_PATH_DOWN*: from when the way back is lost until there is one again */
static int path_down(struct pair *t)
{
	struct peer maker = { .conn.fd = -1 };
	struct rpc4_conn c = { .fd = -1 };
	struct nfs41_session s;
	uint32_t dir;
	int r;

	r = with_way_back(t, "path", &maker, &s) || flags_are(&t->a.conn, &s, 1, "with a way back", 0);
	rpc4_close(&maker.conn);
	usleep(300000);
	r = r || flags_are(&t->a.conn, &s, 2, "the way back is gone", PATH_DOWN) || rpc4_connect(&c, &t->addr) ||
	    said("BIND_CONN_TO_SESSION", bind_conn(&c, &s, BACK, &dir), S_OK) ||
	    flags_are(&t->a.conn, &s, 3, "there is a new one", 0);
	rpc4_close(&c);
	return r || said("DESTROY_SESSION", destroy_session(&t->a, &s), S_OK);
}

/* A call of that program comes, among the next few. */
static int is_called(struct rpc4_conn *c, uint32_t program)
{
	struct rpc4_in in;

	for (int i = 0; i < 4; i++) {
		if (said("a call back", rpc4_recv(c, &in), 0))
			return 1;
		rpc4_get_u32(&in);	/* xid */
		if (rpc4_get_u32(&in) == RPC4_CALL && rpc4_get_u32(&in) == 2 && rpc4_get_u32(&in) == program)
			return 0;
	}
	return said("a call of the program", 0, (int)program);
}

/* One of two ways back goes, with a call on it that was not answered: the other one is still there. */
static int path_other(struct pair *t)
{
	struct peer maker = { .conn.fd = -1 };
	struct rpc4_conn c = { .fd = -1 };
	struct nfs41_session s;
	uint32_t dir;
	int r;

	r = with_way_back(t, "other path", &maker, &s) || rpc4_connect(&c, &t->addr) ||
	    said("BIND_CONN_TO_SESSION", bind_conn(&c, &s, BACK, &dir), S_OK) ||
	    flags_are(&t->a.conn, &s, 1, "with two ways back", 0) || is_called(&c, CB_PROGRAM);
	rpc4_close(&c);
	usleep(300000);
	r = r || flags_are(&t->a.conn, &s, 2, "with one of them", 0) || is_called(&maker.conn, CB_PROGRAM);
	rpc4_close(&maker.conn);
	return r || said("DESTROY_SESSION", destroy_session(&t->a, &s), S_OK);
}

/* LOCK or LOCKU (@type 0) of a file's first byte. */
static int lock_byte(struct peer *p, const struct nfs41_fh *fh, struct nfs41_stateid *id, uint32_t type)
{
	uint32_t op = type ? OP_LOCK : OP_LOCKU;
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 0, true);
	nfs41_put_putfh(&q, fh);
	if (type)
		nfs41_put_lock(&q, id, "told", type, 0, 1);
	else
		nfs41_put_locku(&q, id, 0, 1);
	r = ask(p, &q, &res, op);
	if (!r)
		nfs41_get_stateid(&res.in, id);
	return r;
}

/* CB_NOTIFY_LOCK comes, among the next few calls, which are answered. */
static int is_notified(struct rpc4_conn *c)
{
	struct nfs41_cb cb = { .notified = false };
	struct rpc4_in in;

	for (int i = 0; i < 4 && !cb.notified; i++) {
		struct rpc4_out out = { 0 };
		int r = said("a call back", rpc4_recv(c, &in), 0) || said("that is one", nfs41_callback(&in, &out, &cb), 0) ||
			said("answering it", rpc4_send(c, &out), 0);

		rpc4_out_free(&out);
		if (r)
			return r;
	}
	return said("CB_NOTIFY_LOCK", cb.notified, true);
}

/* A lock gets free while who waits for it has no way back: he is told when he has one, soon. */
static int told_anew(struct pair *t)
{
	const struct nfs41_open_args args = { .owner = "told", .name = "rules-told", .access = 3, .create = true };
	struct rpc4_conn c = { .fd = -1 };
	struct nfs41_stateid held, wanted;
	struct nfs41_fh fh;
	uint32_t dir;
	int r;

	r = said("OPEN of b", open_file(&t->b, &args, &held), S_OK) ||
	    said("OPEN of a", open_file(&t->a, &args, &wanted), S_OK) ||
	    said("GETFH", nfs41_getfh(&t->a.ses, args.name, &fh), S_OK) ||
	    said("LOCK of b", lock_byte(&t->b, &fh, &held, 2), S_OK) ||
	    said("LOCK of a, who waits", lock_byte(&t->a, &fh, &wanted, 4), S_DENIED) ||
	    said("LOCKU of b", lock_byte(&t->b, &fh, &held, 0), S_OK);
	usleep(200000);
	r = r || rpc4_connect(&c, &t->addr) ||
	    said("BIND_CONN_TO_SESSION", bind_conn(&c, &t->a.ses, BACK, &dir), S_OK) || is_notified(&c);
	rpc4_close(&c);
	return r;
}

/* --- BACKCHANNEL_CTL: §18.33 --- */

/* @flavor: of the one callback_sec_parms4 that is offered; ~0: none is. */
static int backchannel_ctl(struct peer *p, struct nfs41_session *s, uint32_t program, uint32_t flavor)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin(&q, &p->conn, &s->cred, "");
	nfs41_put_sequence(&q, s, 0, ++s->seq[0], true);
	nfs41_op(&q, OP_BACKCHANNEL_CTL);
	rpc4_put_u32(&q.out, program);
	rpc4_put_u32(&q.out, flavor != ~0u);
	if (flavor != ~0u)
		rpc4_put_u32(&q.out, flavor);
	if (flavor == 6) {		/* RPCSEC_GSS: service, two handles */
		rpc4_put_u32(&q.out, 1);
		rpc4_put_opaque(&q.out, "ab", 2);
		rpc4_put_opaque(&q.out, "cd", 2);
	}
	return ask(p, &q, &res, 0);
}

static int backchannel(struct pair *t)
{
	struct peer maker = { .conn.fd = -1 };
	struct nfs41_session s;
	int r;

	r = with_way_back(t, "backchannel", &maker, &s) ||
	    said("no flavor", backchannel_ctl(&t->a, &s, 0x40000001, ~0u), S_INVAL) ||
	    said("RPCSEC_GSS", backchannel_ctl(&t->a, &s, 0x40000001, 6), S_INVAL) ||
	    is_called(&maker.conn, CB_PROGRAM) ||
	    said("BACKCHANNEL_CTL", backchannel_ctl(&t->a, &s, 0x40000002, 0), S_OK);
	s.conn = &t->a.conn;
	r = r || said("a request", nfs41_ping(&s), S_OK) || is_called(&maker.conn, 0x40000002);
	r = said("DESTROY_SESSION", destroy_session(&t->a, &s), S_OK) || r;
	rpc4_close(&maker.conn);
	return r;
}

/* --- their end: §18.37, §18.50 --- */

static int destroy_in(struct peer *p, struct nfs41_session *in, const struct nfs41_session *which, bool last)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin(&q, &p->conn, &in->cred, "");
	nfs41_put_sequence(&q, in, 0, ++in->seq[0], true);
	nfs41_op(&q, OP_DESTROY_SESSION);
	rpc4_put_raw(&q.out, which->id, 16);
	if (!last)
		nfs41_op(&q, OP_PUTROOTFH);
	return ask(p, &q, &res, 0);
}

/* "MUST be invoked on a connection that is associated with the session" (§18.37.3) */
static int destroy_over(struct pair *t, const struct nfs41_session *s)
{
	struct peer fresh = { .conn.fd = -1 };
	int r = said("over a connection of others", destroy_session(&t->b, s), S_CONN_NOT_BOUND) ||
		said("DESTROY_CLIENTID", destroy_clientid(&t->a, s->clientid), S_CLIENTID_BUSY) ||
		rpc4_connect(&fresh.conn, &t->addr);

	/* … which a new one becomes by the first use, without state protection (§2.10.3.1): so comes a client's end */
	r = r || said("over a new connection", destroy_session(&fresh, s), S_OK);
	rpc4_close(&fresh.conn);
	return r;
}

static int destroy(struct pair *t)
{
	struct nfs41_session s, s2, s3;
	struct id id = new_id("destroy");
	struct peer *p = &t->a;
	struct cs got;

	if (said("EXCHANGE_ID", exchange(p, &id), S_OK) ||
	    said("CREATE_SESSION", create(p, &id, id.seq++, &usual, &s, &got), S_OK) ||
	    said("CREATE_SESSION, the 2nd", create(p, &id, id.seq++, &usual, &s2, &got), S_OK) ||
	    said("CREATE_SESSION, the 3rd", create(p, &id, id.seq++, &usual, &s3, &got), S_OK) ||
	    said("DESTROY_CLIENTID", destroy_clientid(p, id.clientid), S_CLIENTID_BUSY) ||
	    said("its own, not last", destroy_in(p, &s, &s, false), S_NOT_ONLY_OP) ||
	    said("another, not last", destroy_in(p, &s, &s2, false), S_OK) ||
	    said("again", destroy_in(p, &s, &s2, true), S_BADSESSION) ||
	    said("its own, last", destroy_in(p, &s, &s, true), S_OK) ||
	    said("its own, gone", nfs41_ping(&s), S_BADSESSION))
		return 1;
	return destroy_over(t, &s3) || said("DESTROY_CLIENTID", destroy_clientid(p, id.clientid), S_OK) ||
	       said("again", destroy_clientid(p, id.clientid), S_STALE_CLIENTID);
}

const struct rules_test rules_session_tests[] = {
	{ "create-session", create_session },
	{ "slots", slots },
	{ "slot-target", slot_target },
	{ "bind-conn", bind_rules },
	{ "nconnect", nconnect },
	{ "path-down", path_down },
	{ "path-other", path_other },
	{ "told-anew", told_anew },
	{ "backchannel-ctl", backchannel },
	{ "destroy", destroy },
	{ NULL, NULL },
};
