// SPDX-License-Identifier: GPL-2.0
/*
 * rules: each test is the shortest way to something that the server once did wrong, mostly found by tests/adversary, or
 * a table of the protocol's rules for an operation (rules_*.c).
 * A test has two clients, a and b, each with a session and a connection of its own.
 */
#include "rules.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int said(const char *what, int got, int wanted)
{
	if (got == wanted)
		return 0;
	printf("  %s: %d, wanted %d\n", what, got, wanted);
	return 1;
}

int ask(struct peer *p, struct nfs41_req *q, struct nfs41_res *res, uint32_t op)
{
	int r = nfs41_call(q, &p->conn, res);

	if (!r && !res->status && op && !nfs41_until(res, op))
		r = -1;
	return r ? r : (int)res->status;
}

static int start(struct pair *t, struct peer *p, const char *name)
{
	char owner[64];
	int r = rpc4_connect(&p->conn, &t->addr);

	snprintf(owner, sizeof(owner), "rules %s %d", name, getpid());
	return r ? r : nfs41_start(&p->ses, &p->conn, owner, 8);
}

int open_file(struct peer *p, const struct nfs41_open_args *args, struct nfs41_stateid *id)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_open_args(&q, args);
	r = ask(p, &q, &res, OP_OPEN);
	if (!r)
		nfs41_get_stateid(&res.in, id);
	return r;
}

/* --- an OPEN that truncates writes: it needs that nobody denies writing, even if it opens for reading --- */

static int truncate_denied(struct pair *t)
{
	struct nfs41_open_args deny = { .owner = "a", .name = "rules", .access = 3, .deny = 2, .create = true };
	struct nfs41_open_args cut = { .owner = "b", .name = "rules", .access = 1, .create = true, .truncate = true };
	struct nfs41_stateid id, other;

	return said("OPEN of a", open_file(&t->a, &deny, &id), S_OK) ||
	       said("OPEN of b that truncates", open_file(&t->b, &cut, &other), S_SHARE_DENIED);
}

/* --- the stateid of a lock that is just being tried can be guessed: LOCKU must not find it --- */

/* Sends one of each on the two connections of one client; the answers do not matter. */
static int guess_once(struct peer *lock, struct peer *guess, const struct nfs41_fh *fh,
		      const struct nfs41_stateid *open, uint32_t index)
{
	struct nfs41_stateid id = *open;
	struct nfs41_req q[2];
	struct nfs41_res res;
	int r;

	id.seq = 0;
	for (int i = 0; i < 4; i++)
		id.other[8 + i] = (uint8_t)(index >> (24 - 8 * i));
	nfs41_begin_seq(&q[0], &lock->ses, 2, false);
	nfs41_put_putfh(&q[0], fh);
	nfs41_put_lock(&q[0], open, "guessed", 2, 0, 10);	/* for writing, where the open is for reading */
	lock->ses.seq[3]++;
	nfs41_begin(&q[1], &guess->conn, &lock->ses.cred, "");
	nfs41_put_sequence(&q[1], &lock->ses, 3, lock->ses.seq[3], false);
	nfs41_put_putfh(&q[1], fh);
	nfs41_put_locku(&q[1], &id, 0, 10);
	r = nfs41_send(&q[0], &lock->conn);
	r = r ? r : nfs41_send(&q[1], &guess->conn);
	r = r ? r : nfs41_recv(&lock->conn, &res);
	r = r ? r : said("LOCK", (int)res.status, S_OPENMODE);
	r = r ? r : nfs41_recv(&guess->conn, &res);
	r = r ? r : said("LOCKU", (int)res.status, S_BAD_STATEID);
	nfs41_free(&q[0]);
	nfs41_free(&q[1]);
	return r;
}

static int guessed_stateid(struct pair *t)
{
	struct nfs41_open_args args = { .owner = "a", .name = "rules", .access = 1, .create = true };
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	uint32_t first = 0;
	int r = said("OPEN", open_file(&t->a, &args, &id), S_OK);

	r = r ? r : said("GETFH", nfs41_getfh(&t->a.ses, "rules", &fh), S_OK);
	for (int i = 0; i < 4; i++)
		first = first << 8 | id.other[8 + i];
	/* Each LOCK takes the next index */
	for (uint32_t i = 1; !r && i <= 3000; i++)
		r = guess_once(&t->a, &t->b, &fh, &id, first + i);
	return r;
}

/* --- who is not root meets the limit of open files: that is no reason to complain (31-rules.sh sets the limit) --- */

static int file_max(struct pair *t)
{
	struct nfs41_open_args args = { .owner = "a", .access = 3, .create = true };
	struct nfs41_stateid id;
	char name[32];

	snprintf(name, sizeof(name), "rules-max.%d", getpid());
	args.name = name;
	t->a.ses.cred.uid = 1000;
	return said("OPEN", open_file(&t->a, &args, &id), S_DELAY);
}

static const struct rules_test tests[] = {
	{ "truncate-denied", truncate_denied },
	{ "guessed-stateid", guessed_stateid },
	{ "@file-max", file_max },
	{ NULL, NULL },
};

static int run_test(const struct rules_test *test, const struct rpc4_addr *addr)
{
	struct pair t = { .addr = *addr, .a.conn.fd = -1, .b.conn.fd = -1 };
	int r = start(&t, &t.a, "a") || start(&t, &t.b, "b") || test->run(&t);

	if (t.a.ses.conn)
		nfs41_stop(&t.a.ses);
	if (t.b.ses.conn)
		nfs41_stop(&t.b.ses);
	rpc4_close(&t.a.conn);
	rpc4_close(&t.b.conn);
	printf("%s %s\n", r ? "not ok" : "ok", test->name);
	return r != 0;
}

int main(int argc, char **argv)
{
	static const struct rules_test *const all[] = { tests, rules_exchange_tests, rules_session_tests, rules_attr_tests,
							  rules_state_tests, rules_deleg_tests, rules_memory_tests };
	struct rpc4_addr addr;
	int bad = 0;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: rules HOST[:PORT] [TEST]\n");
		return 64;
	}
	addr = rpc4_parse_addr(argv[1]);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (const struct rules_test *t = all[i]; t->name; t++)
			if (argc == 2 ? *t->name != '@' : !strcmp(argv[2], t->name))
				bad += run_test(t, &addr);
	return bad != 0;
}
