// SPDX-License-Identifier: GPL-2.0
/*
 * badinput: a client that breaks the rules, one by one. After each rule broken, a well-behaved client that was there
 * all the time must get an answer within a second.
 */
#include "badinput.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 3000	/* no answer after this is silence */

static const struct test *const groups[] = { bad_rpc_tests, bad_nfs_tests, bad_session_tests };

int fail(struct ctx *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(t->why, sizeof(t->why), format, ap);
	va_end(ap);
	return 1;
}

int peer_connect(struct ctx *t, struct peer *p)
{
	int r;

	if (p->connected)
		return 0;
	p->t = t;
	r = rpc4_connect(&p->conn, &t->addr);
	if (r)
		return fail(t, "connect: %s", strerror(-r));
	p->conn.timeout_ms = ANSWER_MS;
	p->connected = true;
	return 0;
}

int peer_adopt(struct ctx *t, struct peer *p)
{
	int r = peer_connect(t, p);

	if (!r && rpc4_null(&p->conn))
		r = fail(t, "no answer to a NULL call");
	return r;
}

int peer_session(struct ctx *t, struct peer *p)
{
	static unsigned int serial;
	char owner[64];
	int r;

	if (p->connected && p->session)
		return 0;
	if (peer_connect(t, p))
		return 1;
	if (p->session) {	/* only the connection had gone: the session binds to the new one */
		p->ses.conn = &p->conn;
		return 0;
	}
	snprintf(owner, sizeof(owner), "badinput %d %u", getpid(), serial++);
	r = nfs41_start(&p->ses, &p->conn, owner, NFS41_SLOTS);
	if (r)
		return fail(t, "no session: %d", r);
	p->session = true;
	p->slot = 0;
	return 0;
}

void peer_forget(struct peer *p)
{
	if (p->connected)
		rpc4_close(&p->conn);
	p->connected = false;
}

void peer_end(struct peer *p)
{
	if (p->session && !peer_connect(p->t, p)) {
		p->ses.conn = &p->conn;
		nfs41_stop(&p->ses);
	}
	p->session = false;
	peer_forget(p);
}

void peer_begin(struct peer *p, struct nfs41_req *q)
{
	p->slot = (p->slot + 1) % p->ses.slots;
	nfs41_begin_seq(q, &p->ses, p->slot, false);
	nfs41_op(q, OP_PUTROOTFH);
}

void peer_begin_bare(struct peer *p, struct nfs41_req *q)
{
	struct rpc4_cred sys = { .flavor = 1 };

	nfs41_begin(q, &p->conn, &sys, "");
}

int answer(struct peer *p, struct nfs41_res *res)
{
	int r = nfs41_recv(&p->conn, res);

	switch (r) {
	case 0:
		return (int)res->status;
	case -ECONNRESET:
		peer_forget(p);
		return CLOSE;
	case -ETIMEDOUT:
		return SILENT;
	case -EPROTO:
		return res->rpc.denied ? (res->rpc.stat ? AUTH_ERR : DENIED) : ACCEPT - (int)res->rpc.stat;
	default:
		return JUNK;
	}
}

static bool in_list(int got, const int *list)
{
	for (; *list != END; list++) {
		if (*list == got || (*list == NFS_ERR && got > 0))
			return true;
		if (*list == RPC_ERR && (got <= ACCEPT || got == DENIED))
			return true;
	}
	return false;
}

static const char *name_of(int got, char *buf, size_t len)
{
	const char *names[] = { "", "", "the connection was closed", "", "", "silence", "RPC_MISMATCH", "junk" };

	if (got >= 0)
		snprintf(buf, len, "status %d", got);
	else if (got <= AUTH_ERR)
		snprintf(buf, len, "AUTH_ERROR");
	else if (got <= ACCEPT)
		snprintf(buf, len, "accept_stat %d", ACCEPT - got);
	else
		snprintf(buf, len, "%s", names[-got]);
	return buf;
}

int expect_answer(struct peer *p, const char *what, const int *list)
{
	struct nfs41_res res;
	char buf[64];
	int got = answer(p, &res);

	return in_list(got, list) ? 0 : fail(p->t, "%s: unexpected: %s", what, name_of(got, buf, sizeof(buf)));
}

int expect_record(struct peer *p, const struct rpc4_out *rec, const char *what, const int *list)
{
	int r = rpc4_send(&p->conn, rec);

	if (r && r != -ECONNRESET)
		return fail(p->t, "%s: send: %s", what, strerror(-r));
	return expect_answer(p, what, list);
}

int expect(struct peer *p, struct nfs41_req *q, const char *what, const int *list)
{
	int r = expect_record(p, &q->out, what, list);

	nfs41_free(q);
	return r;
}

int expect_close(struct peer *p, const char *what)
{
	int r = rpc4_wait_closed(&p->conn, p->t->lenient ? 300 : ANSWER_MS);

	peer_forget(p);
	return r && !p->t->lenient ? fail(p->t, "%s: the connection was not closed", what) : 0;
}

void put_null_call(struct peer *p, struct rpc4_out *o)
{
	struct rpc4_cred none = { 0 };

	rpc4_put_call(o, rpc4_next_xid(&p->conn), 100003, 4, 0, &none);
}

/* The well-behaved client, whose session was made before the first test; and a new connection works as well. */
static int well(struct ctx *t, struct peer *good)
{
	uint64_t start = rpc4_now_ns();
	struct peer fresh = { 0 };
	unsigned int ms;
	int r = nfs41_ping(&good->ses);

	if (r)
		return fail(t, "the good client got %d after this", r);
	if (peer_connect(t, &fresh))
		return 1;
	r = rpc4_null(&fresh.conn);
	peer_forget(&fresh);
	if (r)
		return fail(t, "a new connection afterwards: %s", strerror(-r));
	ms = (unsigned int)((rpc4_now_ns() - start) / 1000000);
	return ms > 1000 ? fail(t, "the good client waited %u ms", ms) : 0;
}

static int run_test(struct ctx *t, const struct test *test, struct peer *good)
{
	uint64_t start = rpc4_now_ns();
	int bad;

	t->why[0] = 0;
	bad = test->run(t);
	if (well(t, good))
		bad = 1;
	printf("%s %s%s%s (%u ms)\n", bad ? "not ok" : "ok", test->name, bad ? ": " : "", t->why,
	       (unsigned int)((rpc4_now_ns() - start) / 1000000));
	fflush(stdout);
	return bad;
}

static void usage(FILE *f)
{
	fprintf(f, "usage: badinput [OPTION...] HOST[:PORT]\n"
		"       badinput --list\n"
		"Breaks the rules of RPC and NFSv4.1 in many ways on an expendable server; each time it must answer with\n"
		"the protocol's own error or close the connection, and serve a good client within a second.\n"
		"  --only NAME   one test, or those that begin with NAME if it ends in '*'\n"
		"  --seed N      of what is random (1)\n"
		"  --rounds N    of random tests (300)\n"
		"  --lenient     ask only what the RFCs demand (for servers other than Kefs)\n"
		"  --list        the names, each with the counter of Kefs that must move, or -\n");
}

static void list(void)
{
	for (size_t g = 0; g < 3; g++)
		for (const struct test *p = groups[g]; p->name; p++)
			printf("%s %s\n", p->name, p->counter ? p->counter : "-");
}

static bool wanted(const char *only, const char *name)
{
	size_t n = only ? strlen(only) : 0;

	if (!only)
		return true;
	return only[n - 1] == '*' ? !strncmp(only, name, n - 1) : !strcmp(only, name);
}

static int run_all(struct ctx *t, const char *only)
{
	struct peer good = { 0 };
	unsigned int ran = 0, bad = 0;

	if (peer_session(t, &good)) {
		fprintf(stderr, "badinput: %s\n", t->why);
		return 2;
	}
	for (size_t g = 0; g < 3; g++) {
		for (const struct test *p = groups[g]; p->name; p++) {
			/* what takes minutes runs only when asked for by name */
			if (!wanted(only, p->name) || (!only && !strncmp(p->name, "slow-", 5)))
				continue;
			ran++;
			bad += (unsigned int)run_test(t, p, &good);
		}
	}
	peer_end(&good);
	if (!ran) {
		fprintf(stderr, "badinput: no test '%s'\n", only);
		return 64;
	}
	printf("%u tests, %u failed\n", ran, bad);
	return bad ? 1 : 0;
}

/* Options that take a value: false if this is none of them. */
static bool option(struct ctx *t, const char *name, const char *value, const char **only)
{
	if (!value || !*value)
		return false;
	if (!strcmp(name, "--only"))
		*only = value;
	else if (!strcmp(name, "--seed"))
		t->rng = strtoull(value, NULL, 10);
	else if (!strcmp(name, "--rounds"))
		t->rounds = (unsigned int)strtoul(value, NULL, 10);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct ctx t = { .rng = 1, .rounds = 300 };
	const char *only = NULL, *host = NULL;

	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (!strcmp(arg, "--help")) {
			usage(stdout);
			return 0;
		} else if (!strcmp(arg, "--list")) {
			list();
			return 0;
		} else if (!strcmp(arg, "--lenient")) {
			t.lenient = true;
		} else if (arg[0] != '-' && !host) {
			host = arg;
			t.addr = rpc4_parse_addr(argv[i]);
		} else if (option(&t, arg, argv[i + 1], &only)) {
			i++;
		} else {
			usage(stderr);
			return 64;
		}
	}
	if (!host) {
		usage(stderr);
		return 64;
	}
	return run_all(&t, only);
}
