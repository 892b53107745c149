// SPDX-License-Identifier: GPL-2.0
/* Record marking (RFC 5531 §11), call headers and credentials, broken. */
#include "badinput.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LIE 0xfffffff0u

static int send_mark(struct peer *p, uint32_t mark, const void *data, size_t len)
{
	struct rpc4_out o = { 0 };
	int r;

	rpc4_put_u32(&o, mark);
	rpc4_put_raw(&o, data, len);
	r = rpc4_send_raw(&p->conn, o.data, o.len);
	rpc4_out_free(&o);
	return r;
}

/* A connection on which a NULL call still works. */
static int null_works(struct peer *p, const char *what)
{
	int r = rpc4_null(&p->conn);

	return r ? fail(p->t, "%s: NULL afterwards: %s", what, strerror(-r)) : 0;
}

static int record_too_long(struct ctx *t)
{
	static const uint32_t marks[] = { 0xffffffff, 0x7fffffff, 0xc0000000, RPC4_LAST | (64u << 20) };
	static const char data[512];
	int bad = 0;

	for (size_t i = 0; i < 8 && !bad; i++) {
		struct peer p = { 0 };

		bad = i < 4 ? peer_adopt(t, &p) : peer_connect(t, &p);
		if (!bad) {
			send_mark(&p, marks[i % 4], data, sizeof(data));
			bad = expect_close(&p, "a record of gigabytes");
		}
		peer_forget(&p);
	}
	return bad;
}

/* Each fragment is decent, their sum is not. */
static int record_long_sum(struct ctx *t)
{
	static const char data[65536];
	struct peer p = { 0 };
	int bad = peer_adopt(t, &p);

	for (int i = 0; i < 64 && !bad; i++)
		if (send_mark(&p, sizeof(data), data, sizeof(data)))
			break;
	if (!bad)
		bad = expect_close(&p, "4 MiB in fragments");
	peer_forget(&p);
	return bad;
}

static int fragment_flood_of(struct ctx *t, size_t len, const char *what)
{
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	int bad = peer_adopt(t, &p);

	for (int i = 0; i < 20000; i++) {
		rpc4_put_u32(&o, (uint32_t)len);
		rpc4_put_raw(&o, "xxxx", len);
	}
	if (!bad) {
		rpc4_send_raw(&p.conn, o.data, o.len);
		bad = expect_close(&p, what);
	}
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

static int fragment_flood(struct ctx *t)
{
	return fragment_flood_of(t, 1, "20,000 fragments of a byte");
}

static int fragment_flood_empty(struct ctx *t)
{
	return fragment_flood_of(t, 0, "20,000 empty fragments");
}

/* Allowed by RFC 5531: any size of fragment, also in the first record of a connection. */
static int fragmented_call(struct ctx *t, int (*begin)(struct ctx *, struct peer *))
{
	static const size_t sizes[] = { 1, 3, 4, 7, 39 };
	struct peer p = { 0 };
	int bad = 0;

	for (size_t i = 0; i < 5 && !bad; i++) {
		struct rpc4_out o = { 0 };
		struct rpc4_reply rep;
		struct rpc4_in in;
		int r;

		bad = begin(t, &p);
		if (bad)
			break;
		put_null_call(&p, &o);
		r = rpc4_send_fragments(&p.conn, &o, sizes[i]);
		if (!r)
			r = rpc4_recv(&p.conn, &in);
		if (!r)
			r = rpc4_get_reply(&in, &rep);
		if (r || rep.denied || rep.stat)
			bad = fail(t, "a NULL call in fragments of %zu: %s", sizes[i], strerror(-r));
		rpc4_out_free(&o);
		peer_forget(&p);
	}
	peer_forget(&p);
	return bad;
}

static int fragments_small(struct ctx *t)
{
	return fragmented_call(t, peer_adopt);
}

static int fragments_first(struct ctx *t)
{
	return fragmented_call(t, peer_connect);
}

/* An empty fragment here and there is legal; an empty record is no call. */
static int fragments_empty(struct ctx *t)
{
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	int bad = peer_adopt(t, &p);

	if (!bad) {
		put_null_call(&p, &o);
		send_mark(&p, 0, NULL, 0);
		send_mark(&p, 20, o.data, 20);
		send_mark(&p, 0, NULL, 0);
		send_mark(&p, 20, o.data + 20, 20);
		send_mark(&p, RPC4_LAST, NULL, 0);
		p.conn.timeout_ms = t->lenient ? 300 : 3000;
		/* JUNK: a NULL reply */
		bad = expect_answer(&p, "a call with empty fragments",
				    t->lenient ? LIST(JUNK, CLOSE, SILENT) : LIST(JUNK, CLOSE));
	}
	peer_forget(&p);
	if (!bad && !peer_adopt(t, &p)) {
		p.conn.timeout_ms = 300;
		send_mark(&p, RPC4_LAST, NULL, 0);
		bad = expect_answer(&p, "an empty record", LIST(CLOSE, SILENT, RPC_ERR));
	}
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

/* A record that ends in the middle: with a FIN, then with a reset. */
static int truncated_record(struct ctx *t)
{
	struct rpc4_out o = { 0 };
	int bad = 0;

	for (size_t have = 0; have < 40 && !bad; have += 5) {
		struct peer p = { 0 };

		bad = peer_connect(t, &p);
		if (bad)
			break;
		rpc4_out_reset(&o);
		put_null_call(&p, &o);
		send_mark(&p, RPC4_LAST | (uint32_t)o.len, o.data, have);
		shutdown(p.conn.fd, SHUT_WR);
		if (rpc4_wait_closed(&p.conn, 3000))
			bad = fail(t, "half a record and a FIN: not closed");
		peer_forget(&p);
		if (!bad && !peer_connect(t, &p)) {
			send_mark(&p, RPC4_LAST | (uint32_t)o.len, o.data, have);
			rpc4_reset(&p.conn);
			p.connected = false;
		}
	}
	rpc4_out_free(&o);
	return bad;
}

/* Even the record mark may be cut. */
static int truncated_mark(struct ctx *t)
{
	int bad = 0;

	for (size_t have = 0; have < 4 && !bad; have++) {
		struct peer p = { 0 };

		bad = peer_connect(t, &p);
		if (bad)
			break;
		rpc4_send_raw(&p.conn, "\x80\0\0", have);
		shutdown(p.conn.fd, SHUT_WR);
		if (rpc4_wait_closed(&p.conn, 3000))
			bad = fail(t, "%zu bytes of a record mark and a FIN: not closed", have);
		peer_forget(&p);
	}
	return bad;
}

/* A call, then FIN: an answer may still come, and then the server closes too. */
static int half_closed(struct ctx *t)
{
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	int bad = peer_connect(t, &p);

	if (!bad) {
		put_null_call(&p, &o);
		rpc4_send(&p.conn, &o);
		shutdown(p.conn.fd, SHUT_WR);
		if (rpc4_wait_closed(&p.conn, 3000))
			bad = fail(t, "not closed after the client's FIN");
	}
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

/* Every shorter prefix of a good call, as a whole record. */
static int prefixes(struct ctx *t)
{
	struct peer p = { 0 };
	int bad = 0;
	size_t len = 1;

	for (size_t at = 0; at < len && !bad; at += at % 4 ? 4 - at % 4 : 2) {
		struct rpc4_cred sys = { .flavor = 1, .ngids = 2, .gids = { 4, 5 } };
		struct nfs41_req q;

		bad = peer_connect(t, &p);
		if (bad)
			break;
		/* less than xid and type may be dropped in silence; what has a type must not be */
		p.conn.timeout_ms = at < 8 ? 100 : 3000;
		nfs41_begin(&q, &p.conn, &sys, "prefix");
		nfs41_put_exchange_id(&q, "badinput prefixes", 1, 0);
		len = q.out.len;
		q.out.len = at;
		bad = expect(&p, &q, "a prefix", at < 8 ? LIST(CLOSE, SILENT, RPC_ERR) : LIST(CLOSE, RPC_ERR, S_BADXDR));
	}
	peer_forget(&p);
	return bad;
}

/* Something that is a reply, or neither: nobody waits for it. */
static int not_a_call(struct ctx *t)
{
	static const uint32_t types[] = { RPC4_REPLY, 7, 0xffffffff };
	struct peer p = { 0 };
	int bad = 0;

	for (size_t i = 0; i < 3 && !bad; i++) {
		struct rpc4_out o = { 0 };

		bad = peer_connect(t, &p);
		if (bad)
			break;
		p.conn.timeout_ms = 200;
		put_null_call(&p, &o);
		rpc4_poke_u32(&o, 4, types[i]);
		bad = expect_record(&p, &o, "msg_type", LIST(CLOSE, SILENT, RPC_ERR));
		p.conn.timeout_ms = 3000;
		if (!bad && p.connected)
			bad = null_works(&p, "no call");
		rpc4_out_free(&o);
	}
	peer_forget(&p);
	return bad;
}

/* A call whose word at @at is @value gets an answer from the list. */
static int poked(struct ctx *t, size_t at, uint32_t value, const char *what, const int *allowed)
{
	struct rpc4_cred sys = { .flavor = 1 };
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	int bad = peer_connect(t, &p);

	if (!bad) {
		rpc4_put_call(&o, rpc4_next_xid(&p.conn), 100003, 4, 0, &sys);
		rpc4_poke_u32(&o, at, value);
		bad = expect_record(&p, &o, what, allowed);
		if (!bad && p.connected)
			bad = null_works(&p, what);
	}
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

static int rpc_version(struct ctx *t)
{
	return poked(t, 8, 1, "RPC version 1", LIST(DENIED)) || poked(t, 8, 3, "RPC version 3", LIST(DENIED)) ||
	       poked(t, 8, 0xffffffff, "RPC version -1", LIST(DENIED));
}

static int prog_unavail(struct ctx *t)
{
	const int *is = LIST(ACCEPT - RPC4_PROG_UNAVAIL);

	return poked(t, 12, 100005, "program 100005", is) || poked(t, 12, 0, "program 0", is) ||
	       poked(t, 12, 0xffffffff, "program -1", is);
}

static int prog_mismatch(struct ctx *t)
{
	const int *is = LIST(ACCEPT - RPC4_PROG_MISMATCH);

	return poked(t, 16, 5, "NFS version 5", is) || poked(t, 16, 0xffffffff, "NFS version -1", is) ||
	       poked(t, 16, 0, "NFS version 0", is);
}

static int proc_unavail(struct ctx *t)
{
	const int *is = LIST(ACCEPT - RPC4_PROC_UNAVAIL);

	return poked(t, 20, 2, "procedure 2", is) || poked(t, 20, 0xffffffff, "procedure -1", is);
}

static int auth_flavor(struct ctx *t)
{
	static const uint32_t flavors[] = { 2, 3, 4, 5, 6, 8, 99, 390003, 0xffffffff };
	int bad = 0;

	for (size_t i = 0; i < sizeof(flavors) / sizeof(*flavors) && !bad; i++)
		bad = poked(t, 24, flavors[i], "an unknown flavor", LIST(AUTH_ERR));
	return bad;
}

/* The credential's length does not fit what follows. */
static int auth_length(struct ctx *t)
{
	static const uint32_t lengths[] = { 0, 1, 3, 4, 16, 36, 401, 1024, 65536, LIE, 0xffffffff };
	int bad = 0;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths) && !bad; i++)
		bad = poked(t, 28, lengths[i], "a lying credential",
			    t->lenient ? LIST(RPC_ERR, CLOSE, JUNK) : LIST(RPC_ERR, CLOSE));
	return bad;
}

/* An AUTH_SYS body of the caller's making. */
static int auth_sys(struct ctx *t, uint32_t name_len, uint32_t say_name, uint32_t gids, uint32_t say_gids,
		    const char *what, const int *allowed)
{
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	size_t at;
	int bad = peer_connect(t, &p);

	if (bad)
		return bad;
	for (int i = 0; i < 7; i++)
		rpc4_put_u32(&o, (const uint32_t[]){ rpc4_next_xid(&p.conn), 0, 2, 100003, 4, 0, 1 }[i]);
	at = o.len;
	rpc4_put_u64(&o, 0);		/* length, later; stamp */
	rpc4_put_u32(&o, say_name);
	for (uint32_t i = 0; i < (name_len + 3) / 4; i++)
		rpc4_put_raw(&o, "name", 4);
	rpc4_put_u64(&o, 0);		/* uid, gid */
	rpc4_put_u32(&o, say_gids);
	for (uint32_t i = 0; i < gids; i++)
		rpc4_put_u32(&o, i);
	rpc4_poke_u32(&o, at, (uint32_t)(o.len - at - 4));
	rpc4_put_u64(&o, 0);
	bad = expect_record(&p, &o, what, allowed);
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

static int auth_sys_body(struct ctx *t)
{
	const int *error = LIST(AUTH_ERR, ACCEPT - RPC4_GARBAGE_ARGS), *fine = LIST(JUNK);	/* a NULL reply */

	return auth_sys(t, 8, 8, 16, 16, "16 groups", fine) ||
	       auth_sys(t, 255, 255, 0, 0, "a machine name of 255", fine) ||
	       auth_sys(t, 8, 8, 17, 17, "17 groups", error) ||
	       auth_sys(t, 256, 256, 0, 0, "a machine name of 256", error) ||
	       auth_sys(t, 8, 4000, 0, 0, "a machine name that is not there", error) ||
	       auth_sys(t, 8, LIE, 0, 0, "a machine name of 4 GiB", error) ||
	       auth_sys(t, 8, 8, 2, 0xffffffff, "4 G groups", error) ||
	       auth_sys(t, 8, 8, 2, 0x40000001, "groups whose size overflows", error) ||
	       auth_sys(t, 8, 8, 2, 3, "a group that is not there", error);
}

static int verifier_length(struct ctx *t)
{
	static const uint32_t lengths[] = { 4, 400, 401, LIE, 0xffffffff };
	struct rpc4_out o = { 0 };
	int bad = 0;

	for (size_t i = 0; i < 5 && !bad; i++) {
		struct peer p = { 0 };

		bad = peer_connect(t, &p);
		if (bad)
			break;
		rpc4_out_reset(&o);
		put_null_call(&p, &o);
		rpc4_poke_u32(&o, 36, lengths[i]);
		bad = expect_record(&p, &o, "a lying verifier", LIST(RPC_ERR, CLOSE));
		peer_forget(&p);
	}
	rpc4_out_free(&o);
	return bad;
}

/* RFC 9289's probe: an answer, not silence; what it says depends on whether there is TLS. */
static int auth_tls_probe(struct ctx *t)
{
	struct rpc4_cred tls = { .flavor = 7 };
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	int bad = peer_connect(t, &p);

	if (!bad) {
		rpc4_put_call(&o, rpc4_next_xid(&p.conn), 100003, 4, 0, &tls);
		bad = expect_record(&p, &o, "an AUTH_TLS probe", LIST(RPC_ERR, JUNK));
	}
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

/* Bytes after a call that takes no arguments. */
static int trailing_bytes(struct ctx *t)
{
	static const char more[4096];
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	int bad = peer_connect(t, &p);

	if (!bad) {
		put_null_call(&p, &o);
		rpc4_put_raw(&o, more, sizeof(more));
		bad = expect_record(&p, &o, "bytes behind a NULL call", LIST(JUNK, RPC_ERR));
	}
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

/* What a peer sends that speaks something else. */
static int other_protocols(struct ctx *t)
{
	static const char *const lines[] = { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "SSH-2.0-x\r\n", "\x16\x03\x01\x02",
					     "EHLO x\r\n" };
	int bad = 0;

	for (size_t i = 0; i < 4 && !bad; i++) {
		struct peer p = { 0 };

		bad = peer_connect(t, &p);
		if (bad)
			break;
		rpc4_send_raw(&p.conn, lines[i], strlen(lines[i]));
		shutdown(p.conn.fd, SHUT_WR);
		if (rpc4_wait_closed(&p.conn, 3000))
			bad = fail(t, "'%.4s': not closed", lines[i]);
		peer_forget(&p);
	}
	return bad;
}

static void put_random(struct ctx *t, struct rpc4_out *o, size_t len)
{
	while (len) {
		uint64_t v = rpc4_random(&t->rng);
		size_t n = len < 8 ? len : 8;

		rpc4_put_raw(o, &v, n);
		len -= n;
	}
}

/* Random records: all random, a good header with random arguments, a good call with random bits flipped. */
static int random_records(struct ctx *t)
{
	struct rpc4_cred sys = { .flavor = 1 };
	struct rpc4_out o = { 0 };
	struct peer p = { 0 };
	int bad = 0;

	for (unsigned int i = 0; i < t->rounds && !bad; i++) {
		struct nfs41_req q;
		size_t len = rpc4_random(&t->rng) % 600;

		bad = peer_connect(t, &p);
		if (bad)
			break;
		rpc4_out_reset(&o);
		if (i % 3 == 0) {
			put_random(t, &o, len);
		} else if (i % 3 == 1) {
			rpc4_put_call(&o, rpc4_next_xid(&p.conn), 100003, 4, 1, &sys);
			put_random(t, &o, len);
		} else {
			nfs41_begin(&q, &p.conn, &sys, "flip");
			nfs41_put_exchange_id(&q, "badinput random", 1, 0);
			rpc4_put_raw(&o, q.out.data, q.out.len);
			for (int flips = 3; flips; flips--)
				o.data[rpc4_random(&t->rng) % o.len] ^= 1u << rpc4_random(&t->rng) % 8;
			nfs41_free(&q);
		}
		rpc4_send(&p.conn, &o);
		if (rpc4_random(&t->rng) % 4 == 0)	/* leave before the answer */
			peer_forget(&p);
	}
	rpc4_out_free(&o);
	peer_forget(&p);
	return bad;
}

/* Random bytes without any framing. */
static int random_stream(struct ctx *t)
{
	struct rpc4_out o = { 0 };
	int bad = 0;

	for (unsigned int i = 0; i < t->rounds / 4 && !bad; i++) {
		struct peer p = { 0 };

		bad = peer_connect(t, &p);
		if (bad)
			break;
		rpc4_out_reset(&o);
		put_random(t, &o, 1 + rpc4_random(&t->rng) % 3000);
		rpc4_send_raw(&p.conn, o.data, o.len);
		shutdown(p.conn.fd, SHUT_WR);
		if (rpc4_wait_closed(&p.conn, 3000))
			bad = fail(t, "a random stream (round %u): not closed after the FIN", i);
		peer_forget(&p);
	}
	rpc4_out_free(&o);
	return bad;
}

const struct test bad_rpc_tests[] = {
	{ "record-too-long", "BadRecord", record_too_long },
	{ "record-long-sum", "BadRecord", record_long_sum },
	{ "fragment-flood", "BadRecord", fragment_flood },
	{ "fragment-flood-empty", "BadRecord", fragment_flood_empty },
	{ "fragments-small", NULL, fragments_small },
	{ "fragments-first", NULL, fragments_first },
	{ "fragments-empty", NULL, fragments_empty },
	{ "truncated-record", NULL, truncated_record },
	{ "truncated-mark", NULL, truncated_mark },
	{ "half-closed", NULL, half_closed },
	{ "prefixes", NULL, prefixes },
	{ "not-a-call", "BadRpc", not_a_call },
	{ "rpc-version", "RpcMismatch", rpc_version },
	{ "prog-unavail", "ProgUnavail", prog_unavail },
	{ "prog-mismatch", "ProgMismatch", prog_mismatch },
	{ "proc-unavail", "ProcUnavail", proc_unavail },
	{ "auth-flavor", "AuthError", auth_flavor },
	{ "auth-length", NULL, auth_length },
	{ "auth-sys-body", "AuthError", auth_sys_body },
	{ "auth-tls-probe", NULL, auth_tls_probe },
	{ "verifier-length", NULL, verifier_length },
	{ "trailing-bytes", NULL, trailing_bytes },
	{ "other-protocols", NULL, other_protocols },
	{ "random-records", NULL, random_records },
	{ "random-stream", NULL, random_stream },
	{ 0 },
};
