// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim HOST[:PORT] OWNER [VERIFIER]: one NFSv4.1 client that does what it is told, a line a command, and answers
 * each with the status: "OK", "GRACE", … It never renews its lease by itself and never reconnects unless told to, so a
 * script can play all that RFC 8881 §8.4.3 has to say about partitions and restarts.
 *
 *	start			connect, EXCHANGE_ID (the verifier stays the same all the time), CREATE_SESSION
 *	resume			connect, nothing else
 *	session			CREATE_SESSION once more with the client id that it has
 *	renew			EXCHANGE_ID and CREATE_SESSION on the connection that there is
 *	complete, ping, stop	RECLAIM_COMPLETE; a lone SEQUENCE; DESTROY_SESSION and DESTROY_CLIENTID
 *	open NAME, look NAME	create it if need be, or just find it; from then on it is the file
 *	lock START LENGTH	write lock, the first time with a new owner
 *	testlock START LENGTH	LOCKT as somebody else would
 *	reopen, relock START LENGTH	CLAIM_PREVIOUS; LOCK with reclaim set
 *	remove NAME, read	REMOVE; READ of the file with the anonymous stateid
 *	flags NUMBER		SEQUENCE: OK if these are the status flags
 *	cut			close the connection without a word
 *	slow NAME, again NAME, answers	send a mkdir; send it once more, same slot and number, on a second connection; take
 *				both replies
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nfs41.h"

#define SLOW_SLOT 1

struct client {
	struct rpc4_addr addr;
	const char *owner;
	uint64_t verifier;
	struct rpc4_conn conn, second;
	struct nfs41_session s;
	struct nfs41_fh fh;
	struct nfs41_stateid open, lock;
	bool locked;
};

static const struct {
	int status;
	const char *name;
} names[] = {
	{ 0, "OK" }, { 2, "NOENT" }, { 5, "IO" }, { 10008, "DELAY" }, { 10010, "DENIED" }, { 10011, "EXPIRED" },
	{ 10013, "GRACE" }, { 10022, "STALE_CLIENTID" }, { 10025, "BAD_STATEID" }, { 10033, "NO_GRACE" },
	{ 10034, "RECLAIM_BAD" }, { 10035, "RECLAIM_CONFLICT" }, { 10052, "BADSESSION" },
	{ 10054, "COMPLETE_ALREADY" }, { -EPIPE, "CLOSED" }, { -ECONNRESET, "CLOSED" }, { -ENOTCONN, "CLOSED" },
};

static void say(int status)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].status == status) {
			puts(names[i].name);
			return;
		}
	}
	printf("%d\n", status);
}

static int result(int r, const struct nfs41_res *res)
{
	return r ? r : (int)res->status;
}

static int create_session(struct client *c)
{
	struct nfs41_req q;
	struct nfs41_res res;
	const uint8_t *id;
	int r;

	nfs41_begin(&q, &c->conn, &c->s.cred, "");
	nfs41_put_create_session(&q, c->s.clientid, c->s.cs_seq, 4);
	r = result(nfs41_call(&q, &c->conn, &res), &res);
	if (r)
		return r;
	c->s.cs_seq++;
	nfs41_next(&res);
	id = rpc4_get_fixed(&res.in, 16);
	if (!id)
		return -EBADMSG;
	memcpy(c->s.id, id, 16);
	c->s.slots = 4;
	memset(c->s.seq, 0, sizeof(c->s.seq));
	return 0;
}

static int renew(struct client *c)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	c->s.conn = &c->conn;
	c->s.cred.flavor = 1;
	nfs41_begin(&q, &c->conn, &c->s.cred, "");
	nfs41_put_exchange_id(&q, c->owner, c->verifier, 0);
	r = result(nfs41_call(&q, &c->conn, &res), &res);
	if (r)
		return r;
	nfs41_next(&res);
	c->s.clientid = rpc4_get_u64(&res.in);
	c->s.cs_seq = rpc4_get_u32(&res.in);
	c->locked = false;
	return create_session(c);
}

static int start(struct client *c)
{
	int r;

	rpc4_close(&c->conn);
	r = rpc4_connect(&c->conn, &c->addr);
	return r ? r : renew(c);
}

static int complete(struct client *c)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &c->s, 0, false);
	nfs41_op(&q, OP_RECLAIM_COMPLETE);
	rpc4_put_u32(&q.out, 0);
	return result(nfs41_call(&q, &c->conn, &res), &res);
}

/* OK if the SEQUENCE status flags are @wanted. */
static int flags_are(struct client *c, uint64_t wanted)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &c->s, 0, false);
	r = result(nfs41_call(&q, &c->conn, &res), &res);
	if (r || !nfs41_next(&res))
		return r ? r : -EBADMSG;
	rpc4_get_fixed(&res.in, 32);
	return rpc4_get_u32(&res.in) == wanted && !res.in.bad ? 0 : -EINVAL;
}

static int reopen(struct client *c)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &c->s, 0, false);
	nfs41_put_putfh(&q, &c->fh);
	nfs41_op(&q, OP_OPEN);
	rpc4_put_u32(&q.out, 0);
	rpc4_put_u32(&q.out, 3);	/* read and write */
	rpc4_put_u32(&q.out, 0);
	rpc4_put_u64(&q.out, c->s.clientid);
	rpc4_put_string(&q.out, "owner");
	rpc4_put_u32(&q.out, 0);	/* no create */
	rpc4_put_u32(&q.out, 1);	/* CLAIM_PREVIOUS */
	rpc4_put_u32(&q.out, 0);	/* without a delegation */
	r = result(nfs41_call(&q, &c->conn, &res), &res);
	if (!r && !nfs41_until(&res, OP_OPEN))
		r = -EBADMSG;
	if (!r)
		nfs41_get_stateid(&res.in, &c->open);
	return r;
}

static int lock(struct client *c, uint64_t offset, uint64_t length, bool reclaim)
{
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin_seq(&q, &c->s, 0, false);
	nfs41_put_putfh(&q, &c->fh);
	nfs41_op(&q, OP_LOCK);
	rpc4_put_u32(&q.out, 2);	/* WRITE_LT */
	rpc4_put_u32(&q.out, reclaim);
	rpc4_put_u64(&q.out, offset);
	rpc4_put_u64(&q.out, length);
	rpc4_put_u32(&q.out, !c->locked);
	if (!c->locked) {
		rpc4_put_u32(&q.out, 0);
		nfs41_put_stateid(&q, &c->open);
		rpc4_put_u32(&q.out, 0);
		rpc4_put_u64(&q.out, c->s.clientid);
		rpc4_put_string(&q.out, "lock owner");
	} else {
		nfs41_put_stateid(&q, &c->lock);
		rpc4_put_u32(&q.out, 0);
	}
	r = result(nfs41_call(&q, &c->conn, &res), &res);
	if (!r && !nfs41_until(&res, OP_LOCK))
		r = -EBADMSG;
	if (!r) {
		nfs41_get_stateid(&res.in, &c->lock);
		c->locked = true;
	}
	return r;
}

static int test_lock(struct client *c, uint64_t offset, uint64_t length)
{
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &c->s, 0, false);
	nfs41_put_putfh(&q, &c->fh);
	nfs41_op(&q, OP_LOCKT);
	rpc4_put_u32(&q.out, 2);
	rpc4_put_u64(&q.out, offset);
	rpc4_put_u64(&q.out, length);
	rpc4_put_u64(&q.out, c->s.clientid);
	rpc4_put_string(&q.out, "somebody else");
	return result(nfs41_call(&q, &c->conn, &res), &res);
}

static int read_anonymous(struct client *c)
{
	const struct nfs41_stateid anonymous = { 0 };
	struct nfs41_req q;
	struct nfs41_res res;

	nfs41_begin_seq(&q, &c->s, 0, false);
	nfs41_put_putfh(&q, &c->fh);
	nfs41_put_read(&q, &anonymous, 0, 16);
	return result(nfs41_call(&q, &c->conn, &res), &res);
}

static int send_mkdir(struct client *c, struct rpc4_conn *conn, const char *name, uint32_t seq)
{
	struct nfs41_req q;
	int r;

	nfs41_begin(&q, conn, &c->s.cred, "");
	nfs41_put_sequence(&q, &c->s, SLOW_SLOT, seq, true);
	nfs41_op(&q, OP_PUTROOTFH);
	nfs41_put_mkdir(&q, name);
	r = nfs41_send(&q, conn);
	nfs41_free(&q);
	return r;
}

static int send_again(struct client *c, const char *name)
{
	int r = rpc4_connect(&c->second, &c->addr);

	return r ? r : send_mkdir(c, &c->second, name, c->s.seq[SLOW_SLOT]);
}

/* Both must say the same. */
static int answers(struct client *c)
{
	struct nfs41_res res;
	int first, second;

	c->conn.timeout_ms = 40000;
	c->second.timeout_ms = 40000;
	first = result(nfs41_recv(&c->conn, &res), &res);
	second = result(nfs41_recv(&c->second, &res), &res);
	rpc4_close(&c->second);
	return first ? first : second;
}

static int obey_file(struct client *c, const char *word, const char *name, uint64_t a, uint64_t b)
{
	if (!strcmp(word, "open"))
		return nfs41_open(&c->s, name, &c->fh, &c->open);
	if (!strcmp(word, "look"))
		return nfs41_getfh(&c->s, name, &c->fh);
	if (!strcmp(word, "reopen"))
		return reopen(c);
	if (!strcmp(word, "lock") || !strcmp(word, "relock"))
		return lock(c, a, b, *word == 'r');
	if (!strcmp(word, "testlock"))
		return test_lock(c, a, b);
	if (!strcmp(word, "remove"))
		return nfs41_remove(&c->s, name);
	if (!strcmp(word, "read"))
		return read_anonymous(c);
	return -EINVAL;
}

static int obey(struct client *c, const char *word, const char *name, uint64_t a, uint64_t b)
{
	if (!strcmp(word, "start"))
		return start(c);
	if (!strcmp(word, "session"))
		return create_session(c);
	if (!strcmp(word, "renew"))
		return renew(c);
	if (!strcmp(word, "complete"))
		return complete(c);
	if (!strcmp(word, "ping"))
		return nfs41_ping(&c->s);
	if (!strcmp(word, "stop"))
		return nfs41_stop(&c->s);
	if (!strcmp(word, "flags"))
		return flags_are(c, a);
	if (!strcmp(word, "slow"))
		return send_mkdir(c, &c->conn, name, ++c->s.seq[SLOW_SLOT]);
	if (!strcmp(word, "again"))
		return send_again(c, name);
	if (!strcmp(word, "answers"))
		return answers(c);
	if (strcmp(word, "cut") && strcmp(word, "resume"))
		return obey_file(c, word, name, a, b);
	rpc4_close(&c->conn);
	return *word == 'r' ? rpc4_connect(&c->conn, &c->addr) : 0;
}

int main(int argc, char **argv)
{
	struct client c = { .verifier = rpc4_now_ns(), .conn.fd = -1, .second.fd = -1 };
	char line[256], word[32], first[128], second[64];

	if (argc != 3 && argc != 4) {
		fprintf(stderr, "usage: reclaim HOST[:PORT] OWNER [VERIFIER]\n");
		return 64;
	}
	c.addr = rpc4_parse_addr(argv[1]);
	c.owner = argv[2];
	if (argc == 4)
		c.verifier = strtoull(argv[3], NULL, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		*first = *second = '\0';
		if (sscanf(line, "%31s %127s %63s", word, first, second) < 1)
			continue;
		say(obey(&c, word, first, strtoull(first, NULL, 0), strtoull(second, NULL, 0)));
	}
	rpc4_close(&c.conn);
	return 0;
}
