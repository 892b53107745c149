// SPDX-License-Identifier: GPL-2.0
/*
 * rpcping: round trips of the cheapest calls over one raw connection, without a kernel client in between.
 * Prints one line a mode: name, calls, then ns per call: mean, median, 99th percentile.
 */
#include "../rawclient/nfs41.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
	struct rpc4_conn conn;
	struct nfs41_session ses;
	uint64_t *ns;		/* one per call */
	unsigned int calls;
	struct nfs41_fh fh;
	struct nfs41_stateid id;
};

static int mode_null(struct run *r)
{
	return rpc4_null(&r->conn);
}

static int mode_sequence(struct run *r)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int e;

	nfs41_begin_seq(&q, &r->ses, 0, false);
	e = nfs41_call(&q, &r->conn, &res);
	return e ? e : (int)res.status;
}

static int mode_getattr(struct run *r)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int e;

	nfs41_begin_seq(&q, &r->ses, 0, false);
	nfs41_put_putfh(&q, &r->fh);
	nfs41_put_getattr(&q, 0x0010011a, 0x00b0a23a);	/* what the Linux client asks for */
	e = nfs41_call(&q, &r->conn, &res);
	return e ? e : (int)res.status;
}

static int mode_write4k(struct run *r)
{
	static const char data[4096];
	struct nfs41_req q;
	struct nfs41_res res;
	int e;

	nfs41_begin_seq(&q, &r->ses, 0, false);
	nfs41_put_putfh(&q, &r->fh);
	nfs41_put_write(&q, &r->id, 0, data, sizeof(data), 0);
	e = nfs41_call(&q, &r->conn, &res);
	return e ? e : (int)res.status;
}

static int mode_read4k(struct run *r)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int e;

	nfs41_begin_seq(&q, &r->ses, 0, false);
	nfs41_put_putfh(&q, &r->fh);
	nfs41_put_read(&q, &r->id, 0, 4096);
	e = nfs41_call(&q, &r->conn, &res);
	return e ? e : (int)res.status;
}

static int mode_openclose(struct run *r)
{
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	struct nfs41_req q;
	struct nfs41_res res;
	int e = nfs41_open(&r->ses, "rpcping.open", &fh, &id);

	if (e)
		return e;
	nfs41_begin_seq(&q, &r->ses, 0, true);
	nfs41_put_putfh(&q, &fh);
	nfs41_put_close(&q, &id);
	e = nfs41_call(&q, &r->conn, &res);
	return e ? e : (int)res.status;
}

static const struct mode {
	const char *name;
	int (*call)(struct run *);
	const char *help;
} modes[] = {
	{ "null", mode_null, "RPC procedure 0" },
	{ "sequence", mode_sequence, "SEQUENCE alone" },
	{ "getattr", mode_getattr, "SEQUENCE, PUTFH, GETATTR of a file" },
	{ "read4k", mode_read4k, "READ of 4 KiB" },
	{ "write4k", mode_write4k, "WRITE of 4 KiB, unstable" },
	{ "openclose", mode_openclose, "OPEN and CLOSE of a file (two calls count as one)" },
};

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int run_mode(struct run *r, const struct mode *m)
{
	uint64_t start, t = 0;
	int e = 0;

	for (unsigned int i = 0; i < r->calls / 10 && !e; i++)	/* warm up */
		e = m->call(r);
	start = rpc4_now_ns();
	for (unsigned int i = 0; i < r->calls && !e; i++) {
		uint64_t before = rpc4_now_ns();

		e = m->call(r);
		t = rpc4_now_ns();
		r->ns[i] = t - before;
	}
	if (e) {
		fprintf(stderr, "rpcping: %s: %s %d\n", m->name, e < 0 ? strerror(-e) : "nfsstat4", e);
		return 1;
	}
	qsort(r->ns, r->calls, sizeof(*r->ns), compare);
	printf("%s %u %llu %llu %llu\n", m->name, r->calls, (unsigned long long)((t - start) / r->calls),
	       (unsigned long long)r->ns[r->calls / 2], (unsigned long long)r->ns[r->calls - 1 - r->calls / 100]);
	return 0;
}

static int prepare(struct run *r, const struct rpc4_addr *a)
{
	static const char data[4096];
	struct nfs41_req q;
	struct nfs41_res res;
	char owner[64];
	int e = rpc4_connect(&r->conn, a);

	if (e) {
		fprintf(stderr, "rpcping: %s port %s: %s\n", a->host, a->port, strerror(-e));
		return e;
	}
	snprintf(owner, sizeof(owner), "rpcping %d", getpid());
	e = nfs41_start(&r->ses, &r->conn, owner, 16);
	if (!e)
		e = nfs41_open(&r->ses, "rpcping.tmp", &r->fh, &r->id);
	if (!e) {
		nfs41_begin_seq(&q, &r->ses, 0, false);
		nfs41_put_putfh(&q, &r->fh);
		nfs41_put_write(&q, &r->id, 0, data, sizeof(data), 2);
		e = nfs41_call(&q, &r->conn, &res);
		if (!e)
			e = (int)res.status;
	}
	if (e)
		fprintf(stderr, "rpcping: no session or test file: %d\n", e);
	return e;
}

static void finish(struct run *r)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &r->ses, 0, true);
	nfs41_put_putfh(&q, &r->fh);
	nfs41_put_close(&q, &r->id);
	nfs41_call(&q, &r->conn, &res);
	nfs41_remove(&r->ses, "rpcping.tmp");
	nfs41_remove(&r->ses, "rpcping.open");
	nfs41_stop(&r->ses);
	rpc4_close(&r->conn);
}

static void usage(FILE *f)
{
	fprintf(f, "usage: rpcping HOST[:PORT] [-n CALLS] [MODE...]\n"
		"Times round trips on one raw NFSv4.1 connection; prints: mode calls mean median p99 (ns).\n"
		"The server's root must be writable for uid 0. Modes (default: all):\n");
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		fprintf(f, "  %-10s %s\n", modes[i].name, modes[i].help);
}

static bool wanted(const char *name, char **list)
{
	if (!*list)
		return true;
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct run r = { .calls = 10000 };
	struct rpc4_addr a;
	int bad = 0, opt;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		usage(stdout);
		return 0;
	}
	while ((opt = getopt(argc, argv, "n:")) != -1) {
		if (opt != 'n' || (r.calls = (unsigned int)strtoul(optarg, NULL, 10)) < 10) {
			usage(stderr);
			return 64;
		}
	}
	if (optind >= argc) {
		usage(stderr);
		return 64;
	}
	a = rpc4_parse_addr(argv[optind]);
	r.ns = calloc(r.calls, sizeof(*r.ns));
	if (!r.ns || prepare(&r, &a))
		return 1;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (wanted(modes[i].name, argv + optind + 1))
			bad |= run_mode(&r, &modes[i]);
	finish(&r);
	free(r.ns);
	return bad;
}
