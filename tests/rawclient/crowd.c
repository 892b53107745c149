// SPDX-License-Identifier: GPL-2.0
/*
 * crowd: thousands of clients, of opens and of locks. What the last of them waits for an answer must not be much more
 * than what the first did, and who takes all that he gets must not keep others from working.
 *
 * With --pause it waits for a line behind each part, for somebody who looks at the server's memory meanwhile; what it
 * says then is "PART N", N things of that part.
 */
#include "nfs41.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNS	8
#define BATCH	16			/* calls on their way at once: each on a slot of its own */
#define FILES	64
/* The last may take that many times as long as the first */
#define SLACK		2
#define SLACK_DISK	4	/* where most is a write to the disk: it stays as it is when empty calls become slower */

struct crowd {
	struct rpc4_addr addr;
	struct rpc4_conn conns[CONNS];
	struct nfs41_session *clients;
	uint32_t nclients, nopens;
	struct nfs41_stateid *opens;	/* of client 0 */
	struct nfs41_fh files[FILES];
	bool pause;
	int bad;
};

static double now(void)
{
	return (double)rpc4_now_ns() / 1e9;
}

static void check(struct crowd *w, const char *what, bool ok)
{
	printf("%s %s\n", ok ? "ok" : "not ok", what);
	fflush(stdout);
	w->bad += !ok;
}

static void part(struct crowd *w, const char *what, uint32_t n)
{
	int c;

	printf("%s %u\n", what, n);
	fflush(stdout);
	while (w->pause && (c = getchar()) != EOF && c != '\n')
		;
}

/*
 * --- times ---
 *
 * Each beside that of a call that asks for nothing, made right behind it: the machine itself may at any moment become
 * several times faster or slower, a virtual one by which of its CPUs wakes which.
 */

struct times {
	double *each, *empty;
	uint32_t n;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *each, uint32_t n)
{
	double *sorted = malloc(n * sizeof(*sorted)), m;

	if (!sorted)
		abort();
	memcpy(sorted, each, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	m = sorted[n / 2];
	free(sorted);
	return m;
}

static double median_ratio(const struct times *t, uint32_t from, uint32_t n)
{
	double *ratios = malloc(n * sizeof(*ratios)), m;
	uint32_t i;

	if (!ratios)
		abort();
	for (i = 0; i < n; i++)
		ratios[i] = t->each[from + i] / t->empty[from + i];
	m = median(ratios, n);
	free(ratios);
	return m;
}

/* The first and the last tenth beside each other. */
static void compare(struct crowd *w, const char *what, struct times *t, double slack)
{
	uint32_t tenth = t->n / 10, end = t->n - tenth;
	double first = median_ratio(t, 0, tenth), last = median_ratio(t, end, tenth);

	printf("  %s: the first take %.0f us, %.2f times an empty call, the last %.0f us, %.2f times\n", what,
	       median(t->each, tenth) * 1e6, first, median(t->each + end, tenth) * 1e6, last);
	check(w, what, last < first * slack);
	free(t->each);
	free(t->empty);
}

static struct times times(uint32_t n)
{
	struct times t = { calloc(n, sizeof(double)), calloc(n, sizeof(double)), n };

	if (!t.each || !t.empty)
		abort();
	return t;
}

/* What began at @start and has ended, and an empty call of the first client */
static void timed(struct crowd *w, struct times *t, uint32_t i, double start)
{
	double end = now();

	t->each[i] = end - start;
	(void)nfs41_ping(&w->clients[0]);
	t->empty[i] = now() - end;
}

/* --- clients --- */

static void make_clients(struct crowd *w)
{
	struct times t = times(w->nclients);
	uint32_t i, good = 0;
	char owner[64];
	int r;

	for (i = 0; i < w->nclients; i++) {
		double start = now();

		snprintf(owner, sizeof(owner), "crowd %d %u", getpid(), i);
		r = nfs41_start(&w->clients[i], &w->conns[i % CONNS], owner, BATCH);
		timed(w, &t, i, start);
		if (r && good == i)
			printf("  client %u: status %d\n", i, r);
		good += !r;
	}
	check(w, "all clients are served", good == w->nclients);
	compare(w, "a client comes to many", &t, SLACK_DISK);
}

static void ping_clients(struct crowd *w)
{
	struct times t = times(w->nclients);
	uint32_t i, good = 0;

	for (i = 0; i < w->nclients; i++) {
		double start = now();

		good += !nfs41_ping(&w->clients[i]);
		timed(w, &t, i, start);
	}
	check(w, "all sessions work", good == w->nclients);
	compare(w, "a call among many sessions", &t, SLACK);
}

/* --- opens and locks of one client, in batches of one call a slot --- */

typedef void put_fn(struct crowd *w, struct nfs41_req *q, uint32_t i);
typedef void got_fn(struct crowd *w, struct nfs41_res *res, uint32_t i);

/*
 * Calls number @from and up, at most BATCH: how many came out well before the first that did not, whose status is in
 * *ret_status.
 */
static uint32_t batch(struct crowd *w, struct nfs41_session *s, uint32_t from, uint32_t n, put_fn *put, uint32_t op,
		      got_fn *got, uint32_t *ret_status)
{
	struct nfs41_res res;
	struct nfs41_req q;
	uint32_t i, good = 0, first_xid = 0;

	*ret_status = 0;
	for (i = 0; i < n; i++) {
		nfs41_begin_seq(&q, s, i, true);
		first_xid = i ? first_xid : q.xid;
		put(w, &q, from + i);
		if (nfs41_send(&q, s->conn))
			*ret_status = UINT32_MAX;
		nfs41_free(&q);
	}
	for (i = 0; i < n; i++) {
		if (nfs41_recv(s->conn, &res)) {
			*ret_status = UINT32_MAX;
			return good;
		}
		if (res.status) {
			*ret_status = res.status;
			continue;
		}
		good++;
		if (nfs41_until(&res, op) && got)	/* answers come in any order: the xid tells whose it is */
			got(w, &res, from + (res.rpc.xid - first_xid));
	}
	return good;
}

static void put_nothing(struct crowd *w, struct nfs41_req *q, uint32_t i)
{
	(void)w;
	(void)i;
	nfs41_op(q, OP_PUTROOTFH);
}

static uint32_t all(struct crowd *w, struct nfs41_session *s, uint32_t n, put_fn *put, uint32_t op, got_fn *got,
		    const char *what)
{
	struct times t = times((n + BATCH - 1) / BATCH);
	uint32_t i, good = 0, status, last = 0;

	for (i = 0; i < n; i += BATCH) {
		uint32_t count = n - i < BATCH ? n - i : BATCH;
		double start = now(), end;

		good += batch(w, s, i, count, put, op, got, &status);
		end = now();
		last = status ? status : last;
		(void)batch(w, s, i, count, put_nothing, OP_PUTROOTFH, NULL, &status);
		t.each[i / BATCH] = (end - start) / count;
		t.empty[i / BATCH] = (now() - end) / count;
	}
	if (last)
		printf("  %u of %u, a status was %u\n", good, n, last);
	compare(w, what, &t, SLACK);
	return good;
}

static void file_name(char *buf, size_t size, uint32_t i)
{
	snprintf(buf, size, "crowd-%u", i % FILES);
}

static void put_open(struct crowd *w, struct nfs41_req *q, uint32_t i)
{
	char owner[32], name[32];
	struct nfs41_open_args args = { .owner = owner, .name = name, .access = 3 };

	(void)w;
	snprintf(owner, sizeof(owner), "owner-%u", i);
	file_name(name, sizeof(name), i);
	nfs41_op(q, OP_PUTROOTFH);
	nfs41_put_open_args(q, &args);
}

static void got_open(struct crowd *w, struct nfs41_res *res, uint32_t i)
{
	nfs41_get_stateid(&res->in, &w->opens[i]);
}

/* One byte for each: the VFS has a list of a file's ranges, so not too many of one. */
static void put_lock(struct crowd *w, struct nfs41_req *q, uint32_t i)
{
	char owner[32];

	snprintf(owner, sizeof(owner), "lock-%u", i);
	nfs41_put_putfh(q, &w->files[i % FILES]);
	nfs41_put_lock(q, &w->opens[i], owner, 2, i, 1);
}

static void put_read(struct crowd *w, struct nfs41_req *q, uint32_t i)
{
	nfs41_put_putfh(q, &w->files[i % FILES]);
	nfs41_put_read(q, &w->opens[i], 0, 16);
}

static void put_close(struct crowd *w, struct nfs41_req *q, uint32_t i)
{
	nfs41_put_putfh(q, &w->files[i % FILES]);
	nfs41_put_close(q, &w->opens[i]);
}

static bool make_files(struct crowd *w)
{
	struct nfs41_session *s = &w->clients[w->nclients - 1];
	struct nfs41_stateid id;
	char name[32];
	uint32_t i;

	for (i = 0; i < FILES; i++) {
		file_name(name, sizeof(name), i);
		if (nfs41_open(s, name, &w->files[i], &id))
			return false;
	}
	return true;
}

static void one_with_many(struct crowd *w)
{
	struct nfs41_session *s = &w->clients[0];
	uint32_t locks = w->nopens / 8;

	check(w, "files", make_files(w));
	check(w, "one client has many opens",
	      all(w, s, w->nopens, put_open, OP_OPEN, got_open, "an open comes to many") == w->nopens);
	part(w, "opens", w->nopens);
	check(w, "and locks", all(w, s, locks, put_lock, OP_LOCK, NULL, "a lock comes to many") == locks);
	part(w, "locks", locks);
	check(w, "all of them are good for reading",
	      all(w, s, w->nopens, put_read, OP_READ, NULL, "a read among many opens") == w->nopens);
	ping_clients(w);
}

/* --- who wants everything --- */

/* Opens until it is refused: how many it got. */
static uint32_t greedy(struct crowd *w, struct nfs41_session *s, uint32_t limit, uint32_t *ret_status)
{
	uint32_t n = 0, good, i;

	do {
		/* Those that are asked later keep their leases, however slow this is. */
		for (i = 0; n % (BATCH * 64) == 0 && i < 5; i++)
			(void)nfs41_ping(&w->clients[i]);
		good = batch(w, s, n, BATCH, put_open, OP_OPEN, NULL, ret_status);
		n += good;
	} while (good == BATCH && n < limit);
	return n;
}

static void greed(struct crowd *w)
{
	uint32_t status, got, second;
	double start;

	got = greedy(w, &w->clients[1], 1u << 20, &status);
	printf("  one that wants everything gets %u opens\n", got);
	check(w, "it is refused with NFS4ERR_DQUOT", status == S_DQUOT);
	second = greedy(w, &w->clients[2], 1u << 20, &status);
	printf("  the next one %u\n", second);
	check(w, "so is the next one", status == S_DQUOT);
	check(w, "who gets some, too", second > got / 8);
	start = now();
	check(w, "others get what they need", greedy(w, &w->clients[3], 512, &status) == 512);
	check(w, "at once", now() - start < 5);
	check(w, "what is open can be closed", all(w, &w->clients[0], w->nopens, put_close, OP_CLOSE, NULL,
						   "a close among many opens") == w->nopens);
	check(w, "which makes room", greedy(w, &w->clients[4], w->nopens / 4, &status) >= w->nopens / 4);
}

static int run(struct crowd *w)
{
	uint32_t i;

	for (i = 0; i < CONNS; i++) {
		if (rpc4_connect(&w->conns[i], &w->addr)) {
			fprintf(stderr, "crowd: no connection\n");
			return 2;
		}
	}
	part(w, "ready", 0);
	make_clients(w);
	ping_clients(w);
	part(w, "clients", w->nclients);
	one_with_many(w);
	greed(w);
	for (i = 0; i < CONNS; i++)
		rpc4_close(&w->conns[i]);
	return w->bad > 0;
}

int main(int argc, char **argv)
{
	struct crowd w = { .nclients = 3000, .nopens = 20000 };
	int opt, rc;

	while ((opt = getopt(argc, argv, "c:o:p")) != -1) {
		if (opt == 'c')
			w.nclients = (uint32_t)atoi(optarg);
		else if (opt == 'o')
			w.nopens = (uint32_t)atoi(optarg);
		else if (opt == 'p')
			w.pause = true;
		else
			goto usage;
	}
	if (optind + 1 != argc || w.nclients < 100 || w.nopens < 1000)
		goto usage;
	w.addr = rpc4_parse_addr(argv[optind]);
	signal(SIGPIPE, SIG_IGN);
	w.clients = calloc(w.nclients, sizeof(*w.clients));
	w.opens = calloc(w.nopens, sizeof(*w.opens));
	if (!w.clients || !w.opens)
		return 2;
	rc = run(&w);
	free(w.clients);
	free(w.opens);
	return rc;
usage:
	fprintf(stderr, "usage: crowd [-c CLIENTS (100 or more)] [-o OPENS (1000 or more)] [-p] HOST[:PORT]\n"
		"-p: wait for a line behind each part\n");
	return 64;
}
