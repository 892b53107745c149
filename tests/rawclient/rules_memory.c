// SPDX-License-Identifier: GPL-2.0
/* What one client can make the server keep: byte ranges, records that never end, replies that nobody takes. */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define ENDLESS UINT64_MAX

/* --- byte ranges: as much as memory bears, and something for the others --- */

enum { FILES = 96, A_FILE = 1400, A_CALL = 14 };	/* ranges of a file: few, since each LOCK walks them */

struct locked {
	struct nfs41_fh fh;
	struct nfs41_stateid id;
};

/* LOCK of @n single bytes, every other one from the @first of them on; *@ret_n of them were given. */
static int lock_some(struct peer *p, struct locked *f, uint32_t first, uint32_t n, uint32_t *ret_n)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_put_putfh(&q, &f->fh);
	for (uint32_t i = 0; i < n; i++)
		nfs41_put_lock(&q, &f->id, NULL, 2, 2 * (first + (uint64_t)i), 1);
	r = nfs41_call(&q, &p->conn, &res);
	*ret_n = res.nres > 2 ? res.nres - 2 - (res.status != 0) : 0;
	return r ? r : (int)res.status;
}

/* The first range, which makes the lock's stateid; its seqid is left open. */
static int lock_first(struct peer *p, const char *name, struct locked *f)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r = nfs41_open(&p->ses, name, &f->fh, &f->id);

	if (r)
		return r;
	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_put_putfh(&q, &f->fh);
	nfs41_put_lock(&q, &f->id, "ranges", 2, 0, 1);
	r = ask(p, &q, &res, OP_LOCK);
	if (!r)
		nfs41_get_stateid(&res.in, &f->id);
	f->id.seq = 0;
	return r;
}

static int unlock(struct peer *p, const struct locked *f, uint64_t off, uint64_t len)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_put_putfh(&q, &f->fh);
	nfs41_put_locku(&q, &f->id, off, len);
	return ask(p, &q, &res, 0);
}

/* Locks until it is refused: with what, and how many it were then. */
static int fill(struct peer *p, struct locked *f, uint32_t *ret_n)
{
	char name[32];
	uint32_t got;
	int r = 0;

	*ret_n = 0;
	for (int i = 0; i < FILES && !r; i++) {
		snprintf(name, sizeof(name), "rules-fill-%d", i);
		r = lock_first(p, name, &f[i]);
		*ret_n += !r;
		for (uint32_t n = 1; n < A_FILE && !r; n += A_CALL) {
			r = lock_some(p, &f[i], n, A_CALL, &got);
			*ret_n += got;
		}
	}
	return r;
}

static int others_lock(struct pair *t)
{
	struct locked f;
	uint32_t got;

	return said("LOCK of another client", lock_first(&t->b, "rules-fill-b", &f), S_OK) ||
	       said("and more", lock_some(&t->b, &f, 1, A_CALL, &got), S_OK);
}

/* One range over all of a file, into which holes are made. */
static int holes(struct peer *p, struct locked *f)
{
	int r = 0, n;

	for (n = 0; n < 4 && !r; n++)
		r = unlock(p, f, 2 * A_FILE + 1000 + 2 * (uint64_t)n, 1);
	return said("LOCKU that makes a hole", r, S_DQUOT) ||
	       said("LOCKU of all of it", unlock(p, f, 2 * A_FILE, ENDLESS), S_OK);
}

static int many_ranges(struct pair *t)
{
	struct locked *f = calloc(FILES, sizeof(*f)), big;
	struct nfs41_req q;
	struct nfs41_res res;
	uint32_t first = 0, again;
	int r;

	r = said("OPEN", lock_first(&t->a, "rules-fill-big", &big), S_OK);
	if (!r) {
		nfs41_begin_seq(&q, &t->a.ses, 1, false);
		nfs41_put_putfh(&q, &big.fh);
		nfs41_put_lock(&q, &big.id, NULL, 2, 2 * A_FILE, ENDLESS - 2 * A_FILE);
		r = said("LOCK of much", ask(&t->a, &q, &res, 0), S_OK);
	}
	r = r || said("LOCK without end", fill(&t->a, f, &first), S_DQUOT);
	printf("  %u ranges\n", first);
	r = r || said("far more than EFS has", first > 30000, 1) || others_lock(t) || holes(&t->a, &big);
	for (int i = 0; i < FILES && !r; i++)
		if (f[i].fh.len)
			r = said("LOCKU", unlock(&t->a, &f[i], 0, ENDLESS), S_OK);
	for (int i = 0; i < 4 && !r; i++)
		r = said("LOCK, again", lock_some(&t->a, &f[i], 1, A_CALL, &again), S_OK);
	free(f);
	return r;
}

/* --- a reply that has no room even for an error: READ by pages, then as much as can be linear --- */

static void put_setattr_mode(struct nfs41_req *q, const struct nfs41_stateid *id)
{
	nfs41_op(q, OP_SETATTR);
	nfs41_put_stateid(q, id);
	rpc4_put_u32(&q->out, 2);
	rpc4_put_u32(&q->out, 0);
	rpc4_put_u32(&q->out, 1u << 1);
	rpc4_put_u32(&q->out, 4);
	rpc4_put_u32(&q->out, 0640);
}

static int fill_reply(struct peer *p, const struct nfs41_fh *fh, const struct nfs41_stateid *id, uint32_t last)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_put_putfh(&q, fh);
	put_setattr_mode(&q, id);
	nfs41_put_read(&q, id, 0, 65536);
	nfs41_put_read(&q, id, 0, 131072);
	nfs41_put_read(&q, id, 0, last);
	nfs41_op(&q, OP_GETFH);
	r = nfs41_call(&q, &p->conn, &res);
	return r ? r : (int)res.status;
}

static int full_reply(struct pair *t)
{
	static uint8_t data[131072];
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	struct nfs41_req q;
	struct nfs41_res res;
	int fits = 0, r = said("OPEN", nfs41_open(&t->a.ses, "rules-full", &fh, &id), S_OK);

	if (!r) {
		nfs41_begin_seq(&q, &t->a.ses, 1, false);
		nfs41_put_putfh(&q, &fh);
		nfs41_put_write(&q, &id, 0, data, sizeof(data), 2);
		r = said("WRITE", ask(&t->a, &q, &res, 0), S_OK);
	}
	/* About 256 KiB - 128 KiB, less the heads: every size on the way to where READ itself does not fit */
	for (uint32_t n = 130600; n <= 131072 && !r; n += 4) {
		int got = fill_reply(&t->a, &fh, &id, n);

		fits += got == S_OK;
		if (got != S_OK && got != S_REP_TOO_BIG)
			r = said("a full reply", got, S_REP_TOO_BIG);
	}
	return r || said("some fit", fits > 0 && fits < 118, 1);
}

/* --- a change that cannot be made stable fails, what was read before stays (19-disk-error.sh breaks the disk) --- */

static int flush_fails(struct pair *t)
{
	static uint8_t data[65536];
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	struct nfs41_req q;
	struct nfs41_res res;
	const uint8_t *read;
	uint32_t len = 0;

	memset(data, 'x', sizeof(data));
	if (said("OPEN", nfs41_open(&t->a.ses, "rules-flush", &fh, &id), S_OK))
		return 1;
	nfs41_begin_seq(&q, &t->a.ses, 1, false);
	nfs41_put_putfh(&q, &fh);
	nfs41_put_write(&q, &id, 0, data, sizeof(data), 2);
	if (said("WRITE", ask(&t->a, &q, &res, 0), S_OK))
		return 1;
	printf("  written\n");
	fflush(stdout);
	getchar();
	nfs41_begin_seq(&q, &t->a.ses, 1, false);
	nfs41_put_putfh(&q, &fh);
	nfs41_put_read(&q, &id, 0, sizeof(data));
	put_setattr_mode(&q, &id);
	t->a.conn.timeout_ms = 60000;
	if (said("the compound", nfs41_call(&q, &t->a.conn, &res), 0) || said("status", (int)res.status, S_IO) ||
	    said("READ", nfs41_until(&res, OP_READ), true))
		return 1;
	rpc4_get_u32(&res.in);
	read = rpc4_get_opaque(&res.in, &len);
	return said("its length", (int)len, sizeof(data)) ||
	       said("its data", read && !memcmp(read, data, sizeof(data)), true) ||
	       said("SETATTR", nfs41_next(&res) && res.op == OP_SETATTR, true) || said("its status", (int)res.op_status, S_IO);
}

/* --- connections that each announce a large record --- */

static struct rpc4_conn *connect_many(struct pair *t, int n)
{
	struct rpc4_conn *c = calloc((size_t)n, sizeof(*c));
	struct rlimit files = { 4096, 4096 };

	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < n; i++)
		c[i].fd = -1;
	for (int i = 0; i < n; i++)
		if (said("connecting", rpc4_connect(&c[i], &t->addr), 0))
			break;
	return c;
}

static void close_many(struct rpc4_conn *c, int n)
{
	for (int i = 0; i < n; i++)
		rpc4_close(&c[i]);
	free(c);
}

/* An eighth of memory is the budget */
static int budget_mib(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (int)(info.totalram * info.mem_unit >> 23);
}

static int announced(struct pair *t)
{
	int n = budget_mib() * 5 / 4, r = 0;
	struct rpc4_conn *c = connect_many(t, n);

	for (int i = 0; i < n && !r; i++)
		r = said("a mark", rpc4_send_raw(&c[i], "\x80\x10\0\0", 4), 0);
	for (int i = 0; i < 3 && !r; i++)
		r = said("another client meanwhile", nfs41_ping(&t->a.ses), S_OK);
	close_many(c, n);
	return r;
}

/* --- replies that are taken as slowly as can be --- */

/* READs of a megabyte each, which nobody takes, on a session of its own */
static int ask_much(struct pair *t, struct peer *p, const struct nfs41_fh *fh, int i)
{
	static const struct nfs41_stateid anonymous;
	int r = rpc4_connect(&p->conn, &t->addr), size = 65536;
	char owner[64];

	snprintf(owner, sizeof(owner), "rules slow %d %d", i, getpid());
	setsockopt(p->conn.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	r = r ? r : nfs41_start(&p->ses, &p->conn, owner, 16);
	for (uint32_t slot = 0; slot < 12 && !r; slot++) {
		struct nfs41_req q;

		if (slot >= p->ses.slots)
			break;
		nfs41_begin_seq(&q, &p->ses, slot, false);
		nfs41_put_putfh(&q, fh);
		nfs41_put_read(&q, &anonymous, 0, 1 << 20);
		r = nfs41_send(&q, &p->conn);
		nfs41_free(&q);
	}
	return r;
}

static void sip(struct peer *p, int n)
{
	uint8_t some[2000];

	for (int i = 0; i < n; i++)
		if (p[i].conn.fd >= 0 && recv(p[i].conn.fd, some, sizeof(some), MSG_DONTWAIT) == 0)
			rpc4_close(&p[i].conn);
}

static int make_big(struct peer *p, struct nfs41_fh *fh)
{
	static uint8_t data[1 << 20];
	struct nfs41_stateid id;
	struct nfs41_req q;
	struct nfs41_res res;
	int r = nfs41_open(&p->ses, "rules-big", fh, &id);

	if (r)
		return r;
	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_put_putfh(&q, fh);
	nfs41_put_write(&q, &id, 0, data, sizeof(data), 0);
	return ask(p, &q, &res, 0);
}

static int sipped(struct pair *t)
{
	int n = budget_mib() / 4, r, i;
	struct peer *p = calloc((size_t)n, sizeof(*p));
	uint64_t start;
	struct nfs41_fh fh;

	for (i = 0; i < n; i++)
		p[i].conn.fd = -1;
	r = said("a file", make_big(&t->b, &fh), S_OK);
	for (i = 0; i < n && !r; i++)
		if (ask_much(t, &p[i], &fh, i))
			break;		/* it is not read any more: as much as the server bears is there */
	printf("  %d connections that sip\n", i);
	start = rpc4_now_ns();
	t->a.conn.timeout_ms = 1000;
	while (!r && nfs41_ping(&t->a.ses) && rpc4_now_ns() - start < 45000000000ull) {
		sip(p, n);
		rpc4_close(&t->a.conn);
		t->a.conn.fd = -1;
		if (!rpc4_connect(&t->a.conn, &t->addr))
			t->a.conn.timeout_ms = 1000;
	}
	printf("  another client was held up for %d s\n", (int)((rpc4_now_ns() - start) / 1000000000));
	r = r || said("served within a while", rpc4_now_ns() - start < 45000000000ull, 1);
	for (i = 0; i < n; i++)
		rpc4_close(&p[i].conn);
	free(p);
	return r;
}

/* --- a record that takes longer than a minute, but comes --- */

static int slow_record(struct pair *t)
{
	static uint8_t data[360 << 10];
	struct nfs41_stateid id;
	struct nfs41_fh fh;
	struct nfs41_req q;
	struct nfs41_res res;
	uint8_t mark[4];
	int r = said("OPEN", nfs41_open(&t->a.ses, "rules-slow", &fh, &id), S_OK);

	nfs41_begin_seq(&q, &t->a.ses, 1, false);
	nfs41_put_putfh(&q, &fh);
	nfs41_put_write(&q, &id, 0, data, sizeof(data), 0);
	for (int i = 0; i < 4; i++)
		mark[i] = (uint8_t)((RPC4_LAST | (uint32_t)q.out.len) >> (24 - 8 * i));
	r = r || said("the mark", rpc4_send_raw(&t->a.conn, mark, 4), 0);
	/* 5 KB a second: 40 kbit/s */
	for (size_t at = 0; at < q.out.len && !r; at += 2560) {
		size_t n = q.out.len - at < 2560 ? q.out.len - at : 2560;

		r = said("a piece", rpc4_send_raw(&t->a.conn, q.out.data + at, n), 0);
		usleep(500000);
	}
	nfs41_free(&q);
	return r || said("its answer", nfs41_recv(&t->a.conn, &res) ? -1 : (int)res.status, S_OK);
}

/* --- reply caches: all that there are, for clients that are not seen again (31-rules.sh) --- */

static int create_session(struct peer *p, uint64_t clientid, uint32_t seq)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin(&q, &p->conn, &p->ses.cred, "");
	nfs41_put_create_session(&q, clientid, seq, 64);
	return ask(p, &q, &res, 0);
}

static int more_sessions(struct peer *p, int i)
{
	struct nfs41_req q;
	struct nfs41_res res;
	uint64_t clientid;
	uint32_t seq;
	char owner[64];
	int r;

	snprintf(owner, sizeof(owner), "rules gone %d %d", i, getpid());
	nfs41_begin(&q, &p->conn, &p->ses.cred, "");
	nfs41_put_exchange_id(&q, owner, 1, 0);
	r = ask(p, &q, &res, OP_EXCHANGE_ID);
	if (r)
		return r;
	clientid = rpc4_get_u64(&res.in);
	seq = rpc4_get_u32(&res.in);
	for (int n = 0; n < 16 && !r; n++)
		r = create_session(p, clientid, seq++);
	return r;
}

static int all_sessions(struct pair *t)
{
	int r = 0, i;

	for (i = 0; i < 2000 && !r; i++)
		r = more_sessions(&t->a, i);
	printf("  %d clients with 16 sessions\n", i - 1);
	return said("CREATE_SESSION without end", r, S_DELAY);
}

/* More than what the two clients of all_sessions() have given back */
static int served(struct pair *t)
{
	return said("a new client", nfs41_ping(&t->a.ses), S_OK) ||
	       said("and one with 16 sessions", more_sessions(&t->a, 0), S_OK);
}

/* --- a client's lease is the one that it was given, whatever is set later (31-rules.sh sets it) --- */

static int lease_time(struct peer *p)
{
	struct nfs41_req q;
	struct nfs41_res res;
	uint32_t n;

	nfs41_begin_seq(&q, &p->ses, 1, false);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_getattr(&q, 1u << 10, 0);
	if (ask(p, &q, &res, OP_GETATTR))
		return -1;
	n = rpc4_get_u32(&res.in);
	rpc4_get_fixed(&res.in, 4 * (size_t)n);
	return rpc4_get_u32(&res.in) == 4 ? (int)rpc4_get_u32(&res.in) : -1;
}

static int lease(struct pair *t)
{
	int was = lease_time(&t->a);

	printf("  lease_time %d\n", was);
	fflush(stdout);
	getchar();
	return said("a lease", was > 0, 1) || said("lease_time", lease_time(&t->a), was);
}

const struct rules_test rules_memory_tests[] = {
	{ "full-reply", full_reply },
	{ "many-ranges", many_ranges },
	{ "announced-records", announced },
	{ "@sipped-replies", sipped },
	{ "@slow-record", slow_record },
	{ "@all-sessions", all_sessions },
	{ "@served", served },
	{ "@lease", lease },
	{ "@flush-fails", flush_fails },
	{ NULL, NULL },
};
