// SPDX-License-Identifier: GPL-2.0
/* Client records, sessions, slots (RFC 8881 §2.10, §18.35, §18.36) and floods. */
#include "badinput.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GARBLED S_BADXDR, ACCEPT - RPC4_GARBAGE_ARGS

static int with_session(struct ctx *t, int (*body)(struct peer *))
{
	struct peer p = { .t = t };
	int bad = peer_session(t, &p) || body(&p);

	peer_end(&p);
	return bad;
}

/* RPC reply header, status, empty tag, count; then SEQUENCE's result */
#define REPLY_BEHIND_SEQUENCE (24 + 12 + 8 + 36)

/* Takes a copy of the next record; its length, or -errno. */
static int take_record(struct peer *p, uint8_t *buf, size_t size)
{
	struct rpc4_in in;
	size_t len;
	int r = rpc4_recv(&p->conn, &in);

	if (r)
		return r;
	len = (size_t)(in.end - in.p);
	if (len > size)
		return -EMSGSIZE;
	memcpy(buf, in.p, len);
	return (int)len;
}

struct replay {
	struct nfs41_req q;
	uint8_t first[4096], second[4096];
	int first_len, second_len;
};

/* A CREATE that could not succeed twice. */
static int replay_begin(struct peer *p, struct replay *r, const char *name)
{
	nfs41_remove(&p->ses, name);
	nfs41_begin_seq(&r->q, &p->ses, 3, true);
	nfs41_op(&r->q, OP_PUTROOTFH);
	nfs41_put_mkdir(&r->q, name);
	nfs41_op(&r->q, OP_GETFH);
	nfs41_send(&r->q, &p->conn);
	r->first_len = take_record(p, r->first, sizeof(r->first));
	return r->first_len < 0 ? fail(p->t, "no answer to the first call: %s", strerror(-r->first_len)) : 0;
}

static int replay_again(struct peer *p, struct replay *r)
{
	nfs41_send(&r->q, &p->conn);
	r->second_len = take_record(p, r->second, sizeof(r->second));
	if (r->second_len < 0)
		return fail(p->t, "no answer to the replay: %s", strerror(-r->second_len));
	if (r->first_len != r->second_len)
		return fail(p->t, "the replay's answer has %d bytes instead of %d", r->second_len, r->first_len);
	/* nfsd computes SEQUENCE's hints anew: its answer is compared from behind them */
	for (int i = p->t->lenient ? REPLY_BEHIND_SEQUENCE : 0; i < r->first_len; i++)
		if (r->first[i] != r->second[i])
			return fail(p->t, "the replay's answer differs at byte %d of %d", i, r->first_len);
	return 0;
}

static int replay_body(struct peer *p)
{
	struct replay r;
	int bad = replay_begin(p, &r, "badinput.replay");

	for (int i = 0; i < 3 && !bad; i++)
		bad = replay_again(p, &r);
	nfs41_free(&r.q);
	nfs41_remove(&p->ses, "badinput.replay");
	return bad;
}

static int replay(struct ctx *t)
{
	return with_session(t, replay_body);
}

/* The same bytes from another connection, as after a reconnect; the first connection still there, then reset. */
static int replay_elsewhere_body(struct peer *p)
{
	struct replay r;
	struct peer other = { .t = p->t };
	int bad = replay_begin(p, &r, "badinput.replay2") || peer_connect(p->t, &other) || replay_again(&other, &r);

	if (!bad) {
		rpc4_reset(&p->conn);
		p->connected = false;
		bad = replay_again(&other, &r);
	}
	peer_forget(&other);
	nfs41_free(&r.q);
	if (!bad && !peer_session(p->t, p))
		nfs41_remove(&p->ses, "badinput.replay2");
	return bad;
}

static int replay_elsewhere(struct ctx *t)
{
	return with_session(t, replay_elsewhere_body);
}

/* The same bytes again until the answer is not DELAY: the first of them may still be executed. */
static int retry_until_done(struct peer *p, const struct nfs41_req *q)
{
	uint64_t start = rpc4_now_ns();
	struct nfs41_res res;
	int got;

	do {
		if (rpc4_send(&p->conn, &q->out))
			return fail(p->t, "a retry after a lost answer: not sent");
		got = answer(p, &res);
	} while (got == S_DELAY && rpc4_now_ns() - start < 5000000000);
	return got ? fail(p->t, "a retry after a lost answer: %d", got) : 0;
}

/* The client goes before the answer comes, returns and asks again: executed once, answered. */
static int replay_lost_answer_body(struct peer *p)
{
	int bad = 0;

	for (int i = 0; i < 20 && !bad; i++) {
		struct nfs41_req q;

		nfs41_remove(&p->ses, "badinput.lost");
		nfs41_begin_seq(&q, &p->ses, 5, true);
		nfs41_op(&q, OP_PUTROOTFH);
		nfs41_put_mkdir(&q, "badinput.lost");
		nfs41_send(&q, &p->conn);
		if (i % 2)
			rpc4_reset(&p->conn);
		peer_forget(p);
		bad = peer_session(p->t, p) || retry_until_done(p, &q);
		nfs41_free(&q);
	}
	if (!bad)
		nfs41_remove(&p->ses, "badinput.lost");
	return bad;
}

static int replay_lost_answer(struct ctx *t)
{
	return with_session(t, replay_lost_answer_body);
}

/* Another request under the seqid of the last one: never executed. */
static int false_retry_body(struct peer *p)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int bad;

	nfs41_begin_seq(&q, &p->ses, 4, true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_getattr(&q, 0x10, 0);
	bad = expect(p, &q, "the first call", LIST(S_OK));
	if (bad)
		return bad;
	nfs41_begin(&q, &p->conn, &p->ses.cred, "");
	nfs41_put_sequence(&q, &p->ses, 4, p->ses.seq[4], true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_mkdir(&q, "badinput.false");
	bad = expect(p, &q, "a false retry", LIST(S_OK, S_SEQ_FALSE_RETRY, S_RETRY_UNCACHED_REP));
	if (bad)
		return bad;
	peer_begin(p, &q);
	nfs41_put_lookup(&q, "badinput.false");
	nfs41_call(&q, &p->conn, &res);
	return res.status == S_NOENT ? 0 : fail(p->t, "a false retry was executed");
}

static int false_retry(struct ctx *t)
{
	return with_session(t, false_retry_body);
}

static int uncached_body(struct peer *p)
{
	struct nfs41_req q;
	int bad;

	nfs41_begin_seq(&q, &p->ses, 6, false);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_getattr(&q, 0x10, 0);
	bad = expect_record(p, &q.out, "the first call", LIST(S_OK)) ||
	      expect_record(p, &q.out, "a replay that nobody asked to cache", LIST(S_OK, S_RETRY_UNCACHED_REP));
	nfs41_free(&q);
	return bad;
}

static int uncached(struct ctx *t)
{
	return with_session(t, uncached_body);
}

static int try_sequence(struct peer *p, uint32_t slot, uint32_t seq, const char *what, const int *allowed)
{
	struct nfs41_req q;

	peer_begin_bare(p, &q);
	nfs41_put_sequence(&q, &p->ses, slot, seq, false);
	return expect(p, &q, what, allowed);
}

static int misordered_body(struct peer *p)
{
	const int *no = LIST(S_SEQ_MISORDERED);

	return try_sequence(p, 7, 2, "seqid 2 on a fresh slot", no) ||
	       try_sequence(p, 7, 0, "seqid 0 on a fresh slot", no) ||
	       try_sequence(p, 7, 0xffffffff, "seqid -1 on a fresh slot", no) ||
	       try_sequence(p, 7, 1, "seqid 1", LIST(S_OK)) || try_sequence(p, 7, 3, "seqid 3 after 1", no) ||
	       try_sequence(p, 7, 0, "seqid 0 after 1", no) || try_sequence(p, 7, 2, "seqid 2", LIST(S_OK)) ||
	       try_sequence(p, 7, 1, "seqid 1 after 2", no);
}

static int misordered(struct ctx *t)
{
	return with_session(t, misordered_body);
}

static int bad_slot_body(struct peer *p)
{
	const int *no = LIST(S_BADSLOT);
	uint8_t id[16];
	int bad = try_sequence(p, 5000, 1, "slot 5000", no) || try_sequence(p, 0xffffffff, 1, "slot -1", no) ||
		  try_sequence(p, 0x80000000, 1, "slot 2^31", no);

	memcpy(id, p->ses.id, sizeof(id));
	for (size_t i = 0; i < 16 && !bad; i++) {
		p->ses.id[i] ^= 0x55;
		bad = try_sequence(p, 8, 1, "a forged session id", LIST(S_BADSESSION));
		memcpy(p->ses.id, id, sizeof(id));
	}
	return bad;
}

static int bad_slot(struct ctx *t)
{
	return with_session(t, bad_slot_body);
}

static int position_body(struct peer *p)
{
	struct nfs41_req q;
	int bad;

	peer_begin_bare(p, &q);
	nfs41_op(&q, OP_PUTROOTFH);
	bad = expect(p, &q, "no SEQUENCE", LIST(S_OP_NOT_IN_SESSION));
	if (bad)
		return bad;
	peer_begin(p, &q);
	nfs41_put_sequence(&q, &p->ses, 9, 1, false);
	bad = expect(p, &q, "a second SEQUENCE", LIST(S_SEQUENCE_POS));
	if (bad)
		return bad;
	peer_begin_bare(p, &q);
	nfs41_put_exchange_id(&q, "badinput position", 1, 0);
	nfs41_op(&q, OP_PUTROOTFH);
	bad = expect(p, &q, "EXCHANGE_ID and more", LIST(S_NOT_ONLY_OP));
	if (bad)
		return bad;
	nfs41_begin_seq(&q, &p->ses, 10, false);
	nfs41_put_getattr(&q, 0x10, 0);
	return expect(p, &q, "GETATTR of nothing", LIST(S_NOFILEHANDLE));
}

static int position(struct ctx *t)
{
	return with_session(t, position_body);
}

static int exchange_id_body(struct peer *p)
{
	static char owner[70000];
	struct nfs41_req q;
	int bad;

	memset(owner, 'o', sizeof(owner) - 1);
	peer_begin_bare(p, &q);
	nfs41_put_exchange_id(&q, owner, 1, 0);
	bad = expect(p, &q, "an owner of 70,000 bytes", LIST(GARBLED, S_REQ_TOO_BIG, S_INVAL, CLOSE));
	owner[1025] = 0;
	if (!bad && !peer_connect(p->t, p)) {
		peer_begin_bare(p, &q);
		nfs41_put_exchange_id(&q, owner, 1, 0);
		bad = expect(p, &q, "an owner of 1,025 bytes", LIST(GARBLED, S_INVAL));
	}
	if (!bad) {
		peer_begin_bare(p, &q);
		nfs41_put_exchange_id(&q, "badinput flags", 1, 0x00800000);
		bad = expect(p, &q, "unknown flags", LIST(S_INVAL));
	}
	if (!bad) {
		peer_begin_bare(p, &q);
		nfs41_put_exchange_id(&q, "badinput sp4", 1, 0);
		rpc4_poke_u32(&q.out, q.out.len - 8, 17);
		bad = expect(p, &q, "unknown state protection", LIST(GARBLED, S_INVAL));
	}
	if (!bad) {
		peer_begin_bare(p, &q);
		nfs41_put_exchange_id(&q, "badinput impl", 1, 0);
		rpc4_poke_u32(&q.out, q.out.len - 4, 0x10000000);
		bad = expect(p, &q, "many implementation ids", LIST(GARBLED));
	}
	return bad;
}

static int exchange_id(struct ctx *t)
{
	return with_session(t, exchange_id_body);
}

/* Word @at of the fore channel's attributes is @value. */
static int create_session_with(struct peer *p, size_t at, uint32_t value)
{
	struct nfs41_req q;
	struct nfs41_res res;

	peer_begin_bare(p, &q);
	nfs41_put_create_session(&q, p->ses.clientid, p->ses.cs_seq, 4);
	rpc4_poke_u32(&q.out, q.count_at + 4 + 4 + 16 + at * 4, value);
	nfs41_send(&q, &p->conn);
	nfs41_free(&q);
	return answer(p, &res);
}

/* A refusal of the arguments is no execution: the next try has the same number. */
static int try_create_session(struct peer *p, size_t at, uint32_t value, const char *what, const int *allowed)
{
	int got = create_session_with(p, at, value);

	for (const int *l = allowed; *l != END; l++)
		if (*l == got)
			return 0;
	return fail(p->t, "CREATE_SESSION with %s: %d", what, got);
}

static int create_session_body(struct peer *p)
{
	struct nfs41_req q;
	int bad;

	peer_begin_bare(p, &q);
	nfs41_put_create_session(&q, p->ses.clientid ^ 0xdeadbeef12345678, 1, 4);
	bad = expect(p, &q, "CREATE_SESSION of a stranger", LIST(S_STALE_CLIENTID));
	if (bad)
		return bad;
	peer_begin_bare(p, &q);
	nfs41_put_create_session(&q, p->ses.clientid, p->ses.cs_seq + 5, 4);
	bad = expect(p, &q, "CREATE_SESSION with a seqid of the future", LIST(S_SEQ_MISORDERED));
	if (bad)
		return bad;
	/* word 0 is header padding, 1 max request, 2 max response, 3 cached, 4 operations, 5 slots, 6 rdma count */
	return try_create_session(p, 1, 0, "requests of no bytes", LIST(S_TOOSMALL)) ||
	       try_create_session(p, 2, 0, "answers of no bytes", LIST(S_TOOSMALL)) ||
	       try_create_session(p, 6, 0xffffffff, "4 G rdma sizes", LIST(GARBLED)) ||
	       try_create_session(p, 6, 2, "two rdma sizes", LIST(GARBLED));
}

static int create_session(struct ctx *t)
{
	return with_session(t, create_session_body);
}

/* Asks for the moon: what is granted must be bounded. */
static int greedy_session_body(struct peer *p)
{
	struct nfs41_req q;
	struct nfs41_res res;
	uint8_t id[16] = { 0 };
	const uint8_t *got;
	uint32_t slots, rqst;

	peer_begin_bare(p, &q);
	nfs41_put_create_session(&q, p->ses.clientid, p->ses.cs_seq++, 0xffffffff);
	for (size_t i = 1; i < 5; i++)
		rpc4_poke_u32(&q.out, q.count_at + 4 + 4 + 16 + i * 4, 0xffffffff);
	nfs41_send(&q, &p->conn);
	nfs41_free(&q);
	if (answer(p, &res) != S_OK || !nfs41_next(&res))
		return fail(p->t, "CREATE_SESSION with all maxima: status %u", res.status);
	got = rpc4_get_fixed(&res.in, 16);
	if (got)
		memcpy(id, got, sizeof(id));
	rpc4_get_fixed(&res.in, 12);
	rqst = rpc4_get_u32(&res.in);
	rpc4_get_fixed(&res.in, 12);
	slots = rpc4_get_u32(&res.in);
	peer_begin_bare(p, &q);
	nfs41_op(&q, OP_DESTROY_SESSION);
	rpc4_put_raw(&q.out, id, sizeof(id));
	if (expect(p, &q, "DESTROY_SESSION", LIST(S_OK)))
		return 1;
	if (slots > 4096 || rqst > (16u << 20))
		return fail(p->t, "granted %u slots of %u bytes", slots, rqst);
	return 0;
}

static int greedy_session(struct ctx *t)
{
	return with_session(t, greedy_session_body);
}

/* An answer that outgrows what the session agreed to. */
static int reply_too_big_body(struct peer *p)
{
	struct nfs41_req q;
	struct nfs41_res res;
	uint32_t n = p->ses.max_ops > 40 ? 40 : p->ses.max_ops - 3;
	int got;

	nfs41_begin_seq(&q, &p->ses, 11, true);
	nfs41_op(&q, OP_PUTROOTFH);
	for (uint32_t i = 0; i < n; i++)
		nfs41_put_getattr(&q, 0xffffffff, 0xffbeffff);	/* all but two that can only be set */
	nfs41_send(&q, &p->conn);
	nfs41_free(&q);
	got = answer(p, &res);
	if (got != S_OK && got != S_REP_TOO_BIG && got != S_REP_TOO_BIG_TO_CACHE)
		return fail(p->t, "a long answer to be cached: %d", got);
	return 0;
}

static int reply_too_big(struct ctx *t)
{
	return with_session(t, reply_too_big_body);
}

static int connection_flood(struct ctx *t)
{
	enum { N = 400 };
	struct peer *p = calloc(N, sizeof(*p));
	int bad = 0;

	for (int i = 0; p && i < N && !bad; i++) {
		bad = peer_connect(t, &p[i]);
		if (!bad && i % 2)
			rpc4_send_raw(&p[i].conn, "\x80\0\0\x28half", 8);
	}
	for (int i = 0; p && i < N; i++) {
		if (p[i].connected && i % 3 == 0) {
			rpc4_reset(&p[i].conn);
			p[i].connected = false;
		}
		peer_forget(&p[i]);
	}
	free(p);
	return bad;
}

/* Connections that hold half a record each must not hold anybody else. */
static int stalled_records(struct ctx *t)
{
	enum { N = 64 };
	struct peer *p = calloc(N, sizeof(*p)), good = { 0 };
	int bad = peer_session(t, &good);

	for (int i = 0; p && i < N && !bad; i++) {
		bad = peer_connect(t, &p[i]);
		if (!bad)	/* of a megabyte, half */
			rpc4_send_raw(&p[i].conn, "\x80\x10\0\0xxxxxxxxxxxxxxxxxxxxxxxx", 28);
	}
	for (int i = 0; i < 20 && !bad; i++) {
		uint64_t start = rpc4_now_ns();

		if (nfs41_ping(&good.ses))
			bad = fail(t, "another client got an error");
		else if (rpc4_now_ns() - start > 1000000000)
			bad = fail(t, "another client waited more than a second");
	}
	for (int i = 0; p && i < N; i++)
		peer_forget(&p[i]);
	peer_end(&good);
	free(p);
	return bad;
}

/* The same, until the server loses patience: Kefs after a minute. */
static int slow_stalled_record(struct ctx *t)
{
	struct peer p = { 0 };
	int bad = peer_connect(t, &p);

	if (!bad) {
		rpc4_send_raw(&p.conn, "\x80\0\x10\0xxxx", 8);
		if (rpc4_wait_closed(&p.conn, 100000))
			bad = t->lenient ? 0 : fail(t, "half a record was not given up within 100 s");
	}
	peer_forget(&p);
	return bad;
}

/* Calls without end and nobody who reads the answers, until the server stops reading (or 3 s). */
static int answers_not_taken(struct ctx *t)
{
	struct rpc4_out o = { 0 }, many = { 0 };
	struct peer p = { 0 }, good = { 0 };
	uint64_t start = rpc4_now_ns();
	int bad = peer_connect(t, &p) || peer_session(t, &good);

	if (!bad) {
		put_null_call(&p, &o);
		for (int i = 0; i < 1000; i++) {
			rpc4_put_u32(&many, RPC4_LAST | (uint32_t)o.len);
			rpc4_put_raw(&many, o.data, o.len);
		}
		p.conn.timeout_ms = 300;
		while (rpc4_now_ns() - start < 3000000000 && !rpc4_send_raw(&p.conn, many.data, many.len))
			;
		if (nfs41_ping(&good.ses))
			bad = fail(t, "another client was not served meanwhile");
	}
	rpc4_out_free(&o);
	rpc4_out_free(&many);
	peer_forget(&p);
	peer_end(&good);
	return bad;
}

/* Client ids that are never confirmed. */
static int exchange_id_flood(struct ctx *t)
{
	struct peer p = { 0 };
	char owner[64];
	int bad = peer_connect(t, &p);

	for (unsigned int i = 0; i < t->rounds * 5 && !bad; i++) {
		struct nfs41_req q;

		peer_begin_bare(&p, &q);
		snprintf(owner, sizeof(owner), "badinput flood %d %u", getpid(), i);
		nfs41_put_exchange_id(&q, owner, 1, 0);
		bad = expect(&p, &q, "EXCHANGE_ID", LIST(S_OK, S_DELAY, S_RESOURCE));
	}
	peer_forget(&p);
	return bad;
}

/* Sessions until the server says no, at latest after 200. */
static int session_flood_body(struct peer *p)
{
	int bad = 0, made = 0;

	for (; made < 200 && !bad; made++) {
		struct nfs41_req q;
		struct nfs41_res res;
		int got;

		peer_begin_bare(p, &q);
		nfs41_put_create_session(&q, p->ses.clientid, p->ses.cs_seq++, 64);
		nfs41_send(&q, &p->conn);
		nfs41_free(&q);
		got = answer(p, &res);
		if (got == 28 /* NOSPC */ || got == S_DELAY || got == S_RESOURCE)
			break;
		if (got)
			bad = fail(p->t, "session %d: %d", made, got);
	}
	if (!bad && made == 200 && !p->t->lenient)
		bad = fail(p->t, "one client got 200 sessions");
	return bad;
}

static int session_flood(struct ctx *t)
{
	struct peer p = { .t = t };
	int bad = peer_session(t, &p);

	if (bad && t->lenient)
		bad = 0;	/* nfsd has no room for a client after the flood of them */
	else if (!bad)
		bad = session_flood_body(&p);
	peer_forget(&p);	/* the lease ends them */
	return bad;
}

const struct test bad_session_tests[] = {
	{ "replay", "Replayed", replay },
	{ "replay-elsewhere", "Replayed", replay_elsewhere },
	{ "replay-lost-answer", NULL, replay_lost_answer },
	{ "false-retry", NULL, false_retry },
	{ "uncached", NULL, uncached },
	{ "misordered", "SeqMisordered", misordered },
	{ "bad-slot", NULL, bad_slot },
	{ "position", NULL, position },
	{ "exchange-id", NULL, exchange_id },
	{ "create-session", NULL, create_session },
	{ "greedy-session", NULL, greedy_session },
	{ "reply-too-big", NULL, reply_too_big },
	{ "connection-flood", NULL, connection_flood },
	{ "stalled-records", NULL, stalled_records },
	{ "slow-stalled-record", "RxTimeout", slow_stalled_record },
	{ "answers-not-taken", NULL, answers_not_taken },
	{ "exchange-id-flood", NULL, exchange_id_flood },
	{ "session-flood", NULL, session_flood },
	{ 0 },
};
