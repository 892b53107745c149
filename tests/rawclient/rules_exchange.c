// SPDX-License-Identifier: GPL-2.0
/* EXCHANGE_ID: RFC 8881 §18.35, and what is a client of its own. */
#include "rules_id.h"

#include <stdio.h>
#include <string.h>

/* --- EXCHANGE_ID: the cases of RFC 8881 §18.35.4 --- */

static int exchange_again(struct peer *p, struct id *id, const char *what, int wanted, uint32_t flags,
			  uint64_t clientid)
{
	if (said(what, exchange(p, id), wanted))
		return 1;
	if (wanted)
		return 0;
	if ((id->ret_flags & CONFIRMED) != flags || (clientid && id->clientid != clientid)) {
		printf("  %s: flags %x, client id %llx\n", what, id->ret_flags, (unsigned long long)id->clientid);
		return 1;
	}
	return 0;
}

/* 1, 4, 7: while nothing is confirmed */
static int unconfirmed_cases(struct peer *p, struct id *id)
{
	struct nfs41_session s;
	uint64_t first;
	struct id old;
	struct cs got;

	id->flags = UPDATE;
	if (exchange_again(p, id, "update of nothing (7)", S_NOENT, 0, 0))
		return 1;
	id->flags = 0;
	if (exchange_again(p, id, "new owner (1)", S_OK, 0, 0))
		return 1;
	first = id->clientid;
	old = *id;
	id->flags = UPDATE;
	if (exchange_again(p, id, "update of what is not confirmed (7)", S_NOENT, 0, 0))
		return 1;
	id->flags = 0;
	id->uid = 1;
	id->verifier = 2;
	if (exchange_again(p, id, "replaced, by whoever (4)", S_OK, 0, 0))
		return 1;
	return said("the replaced id is another", first == id->clientid, 0) ||
	       said("CREATE_SESSION of the replaced id", create(p, &old, old.seq, &usual, &s, &got), S_STALE_CLIENTID);
}

/* 2, 6, 8, 9, 3: with a confirmed record */
static int confirmed_cases(struct peer *p, struct id *id)
{
	uint64_t own = id->clientid;
	struct id other = *id;

	if (exchange_again(p, id, "again (2)", S_OK, CONFIRMED, own))
		return 1;
	id->flags = UPDATE;
	if (exchange_again(p, id, "update (6)", S_OK, CONFIRMED, own))
		return 1;
	other.flags = UPDATE;
	other.verifier++;
	if (exchange_again(p, &other, "update, wrong verifier (8)", S_NOT_SAME, 0, 0))
		return 1;
	other.verifier = id->verifier;
	other.uid++;
	if (exchange_again(p, &other, "update, wrong principal (9)", S_PERM, 0, 0))
		return 1;
	other.flags = 0;
	if (exchange_again(p, &other, "collision (3)", S_CLID_INUSE, 0, 0))
		return 1;
	id->flags = 0;
	return 0;
}

/* 5: the old record lives until the new one is confirmed; a step back is the old one again */
static int restart_case(struct peer *p, struct id *id, struct nfs41_session *s)
{
	struct id anew = *id;
	struct nfs41_session s2;
	struct cs got;

	anew.verifier++;
	if (exchange_again(p, &anew, "restarted (5)", S_OK, 0, 0) ||
	    said("the new id is another", anew.clientid == id->clientid, 0) ||
	    said("the old session", nfs41_ping(s), S_OK) ||
	    exchange_again(p, id, "the old one again (2)", S_OK, CONFIRMED, id->clientid) ||
	    said("CREATE_SESSION of the new one", create(p, &anew, anew.seq, &usual, &s2, &got), S_OK) ||
	    said("the old session then", nfs41_ping(s), S_BADSESSION) ||
	    said("the new session", nfs41_ping(&s2), S_OK))
		return 1;
	*id = anew;
	*s = s2;
	return 0;
}

static int exchange_id(struct pair *t)
{
	struct id id = new_id("exchange"), bad = new_id("bad");
	struct peer *p = &t->a;
	struct nfs41_session s;
	uint64_t old;
	struct cs got;

	bad.flags = CONFIRMED;
	if (said("a flag of the reply in the call", exchange(p, &bad), S_INVAL) ||
	    unconfirmed_cases(p, &id) ||
	    said("CREATE_SESSION", create(p, &id, id.seq, &usual, &s, &got), S_OK) ||
	    confirmed_cases(p, &id) || exchange_again(&t->b, &id, "on another connection (2)", S_OK, CONFIRMED, id.clientid) ||
	    restart_case(p, &id, &s) ||
	    said("DESTROY_SESSION", destroy_session(p, &s), S_OK))
		return 1;
	old = id.clientid;
	id.uid++;
	return exchange_again(p, &id, "collision without state (3)", S_OK, 0, 0) ||
	       said("the id without state", destroy_clientid(p, old), S_STALE_CLIENTID) ||
	       said("DESTROY_CLIENTID of an unconfirmed one", destroy_clientid(p, id.clientid), S_OK);
}

/* --- EXCHANGE_ID on connections of tunnels: each that has shown no id of a client begins a new one --- */

/* A new connection's EXCHANGE_ID and CREATE_SESSION. */
static int begin_line(struct pair *t, struct peer *p, struct id *id)
{
	struct cs got;

	return said("connecting", rpc4_connect(&p->conn, &t->addr), 0) ||
	       exchange_again(p, id, "EXCHANGE_ID of a new connection", S_OK, 0, 0) ||
	       exchange_again(p, id, "again, not confirmed (4)", S_OK, 0, 0) ||
	       said("CREATE_SESSION", create(p, id, id->seq, &usual, &p->ses, &got), S_OK);
}

static int are_apart(struct peer *p, const struct id *id, const struct id *other)
{
	struct id again = *id;

	return said("one client id", id->clientid == other->clientid, 0) ||
	       said("one major id", !strcmp(id->major, other->major), 0) ||
	       said("two scopes", strcmp(id->scope, other->scope) != 0, 0) ||
	       exchange_again(p, &again, "again, confirmed (2)", S_OK, CONFIRMED, id->clientid) ||
	       said("another major id", strcmp(id->major, again.major) != 0, 0) ||
	       said("its session", nfs41_ping(&p->ses), S_OK);
}

/* A third connection: of the one of whom it shows a session. */
static int joins(struct peer *third, const struct peer *one, const struct id *id)
{
	struct id update = *id;

	update.flags = UPDATE;
	if (exchange_again(third, &update, "an update by nobody (7)", S_NOENT, 0, 0))
		return 1;
	third->ses = one->ses;
	third->ses.conn = &third->conn;
	return said("SEQUENCE", nfs41_ping(&third->ses), S_OK) ||
	       exchange_again(third, &update, "an update (6)", S_OK, CONFIRMED, id->clientid);
}

static int tunnels(struct pair *t)
{
	struct peer one = { .conn.fd = -1 }, two = one, three = one, anew = one;
	struct id a = new_id("tunnels"), b = a, c;
	int r;

	r = begin_line(t, &one, &a) || begin_line(t, &two, &b) || are_apart(&one, &a, &b) || are_apart(&two, &b, &a) ||
	    said("connecting", rpc4_connect(&three.conn, &t->addr), 0) || joins(&three, &one, &a);
	c = b;
	c.verifier++;
	r = r || begin_line(t, &anew, &c) ||
	    said("after a restart of the client: the first session", nfs41_ping(&three.ses), S_BADSESSION) ||
	    said("the second", nfs41_ping(&two.ses), S_BADSESSION) || said("the new one", nfs41_ping(&anew.ses), S_OK) ||
	    said("DESTROY_SESSION", destroy_session(&anew, &anew.ses), S_OK) ||
	    said("DESTROY_CLIENTID", destroy_clientid(&anew, c.clientid), S_OK);
	rpc4_close(&one.conn);
	rpc4_close(&two.conn);
	rpc4_close(&three.conn);
	rpc4_close(&anew.conn);
	return r;
}

const struct rules_test rules_exchange_tests[] = {
	{ "exchange-id", exchange_id },
	{ "@tunnels", tunnels },
	{ NULL, NULL },
};
