// SPDX-License-Identifier: GPL-2.0
/*
 * Grant domains are servers of their own: no client may take two for one (RFC 8881 §2.10.5), and what the one knows of
 * clients the other does not.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kefs.h>

#include "../rawclient/nfs41.h"
#include "door.h"

struct server {
	struct rpc4_conn conn;
	uint64_t clientid;
	uint32_t seq, flags;
	uint64_t minor;
	char major[128], scope[128];
};

static void take_string(struct rpc4_in *in, char to[static 128])
{
	uint32_t len;
	const uint8_t *p = rpc4_get_opaque(in, &len);

	if (p && len < 128)
		memcpy(to, p, len);
}

/* Takes the client's end of a connection that the module got with that domain, and says EXCHANGE_ID. */
static int meet(struct server *s, const char *domain, uint64_t volume)
{
	struct rpc4_cred cred = { .flavor = 1 };
	struct answer answer;
	struct nfs41_req q;
	struct nfs41_res res;
	int pair[2], r;

	memset(s, 0, sizeof(*s));
	tcp_pair(pair);
	add_conn(pair[0], volume, domain, &answer);
	close(pair[0]);
	s->conn = (struct rpc4_conn){ .fd = pair[1], .timeout_ms = 10000 };
	if (answer.err)
		return answer.err;
	nfs41_begin(&q, &s->conn, &cred, "");
	nfs41_put_exchange_id(&q, "of both domains", 1, 0);
	r = nfs41_call(&q, &s->conn, &res);
	if (r || res.status || !nfs41_next(&res))
		return r ? r : -1;
	s->clientid = rpc4_get_u64(&res.in);
	s->seq = rpc4_get_u32(&res.in);
	s->flags = rpc4_get_u32(&res.in);
	rpc4_get_u32(&res.in);		/* SP4_NONE */
	s->minor = rpc4_get_u64(&res.in);
	take_string(&res.in, s->major);
	take_string(&res.in, s->scope);
	return res.in.bad ? -1 : 0;
}

static int create_session(struct server *s, uint64_t clientid, uint32_t seq)
{
	struct rpc4_cred cred = { .flavor = 1 };
	struct nfs41_req q;
	struct nfs41_res res;
	int r;

	nfs41_begin(&q, &s->conn, &cred, "");
	nfs41_put_create_session(&q, clientid, seq, 1);
	r = nfs41_call(&q, &s->conn, &res);
	return r ? r : (int)res.status;
}

static bool same_server(const struct server *a, const struct server *b)
{
	return !strcmp(a->major, b->major) && !strcmp(a->scope, b->scope) && a->minor == b->minor;
}

void test_domains(void)
{
	struct server a, again, b, other;
	struct answer answer;

	add_volume(DOOR_VOLUME, "fs-door", &answer);
	add_volume(DOOR_VOLUME + 1, "fs-door1", &answer);
	point(!meet(&a, "one", DOOR_VOLUME) && !meet(&again, "one", DOOR_VOLUME) && !meet(&b, "two", DOOR_VOLUME) &&
	      !meet(&other, "one", DOOR_VOLUME + 1), NULL, "EXCHANGE_ID over connections of three domains");
	point(*a.major && *a.scope && same_server(&a, &again), NULL, "one domain is one server");
	point(strcmp(a.major, b.major) && strcmp(a.scope, b.scope), NULL,
	      "another domain of the volume is another server, of another scope");
	point(strcmp(a.major, other.major) && strcmp(a.scope, other.scope), NULL,
	      "and so is a domain of the same name of another volume");
	point(a.clientid != b.clientid && a.clientid != other.clientid && b.clientid != other.clientid, NULL,
	      "client ids of different domains differ");
	point(create_session(&b, again.clientid, again.seq) == S_STALE_CLIENTID, NULL,
	      "a client id means nothing in another domain");
	point(create_session(&again, again.clientid, again.seq) == S_OK, NULL, "but in its own");
	rpc4_close(&a.conn);
	rpc4_close(&again.conn);
	rpc4_close(&b.conn);
	rpc4_close(&other.conn);
	delete_volume(DOOR_VOLUME, KEFS_VOLUME_F_FORCE, &answer);
	point(!delete_volume(DOOR_VOLUME + 1, KEFS_VOLUME_F_FORCE, &answer), &answer, "the volumes go");
}
