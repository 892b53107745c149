// SPDX-License-Identifier: GPL-2.0
/* Client records and sessions: RFC 8881 §18.34 to §18.37, §18.50, §18.51. */
#include "judge.h"

#include <string.h>

#define SESSIONS_MIN	8	/* that a client may have of any server */
#define UPDATE		0x40000000u
#define CONFIRMED_R	0x80000000u

static int free_client(const struct model *m, uint64_t id)
{
	unsigned int at = m_place(&id, sizeof(id), M_CLIENTS);

	for (unsigned int i = 0; i < M_CLIENTS; i++)
		if (!m->client[(at + i) % M_CLIENTS].used)
			return (int)((at + i) % M_CLIENTS);
	return -1;
}

/* Numbers are the cases of §18.35.4. @c is the confirmed record, or NULL. */
static void update_errors(struct judge *j, const struct m_op *op, const struct m_client *c, bool lapsed)
{
	if (!c)
		j_refuse(j, S_NOENT, "7: update without a confirmed record");
	else if (lapsed)
		j_may(j, S_NOENT, "7: its lease was over");
	if (c && c->uid != j->r->uid)
		j_refuse(j, S_PERM, "9: update by another principal");
	if (c && c->verifier != op->verifier)
		j_refuse(j, S_NOT_SAME, "8: update with another verifier");
}

static void exchange_id_errors(struct judge *j, const struct m_op *op)
{
	const struct model *m = j->m;
	int conf = m_client_by_name(m, op->name, true);
	const struct m_client *c = conf < 0 ? NULL : &m->client[conf];
	bool lapsed = c && j_lapsed(j, conf);

	if (op->flags & CONFIRMED_R)
		j_refuse(j, S_INVAL, "CONFIRMED_R is the server's (§18.35.3)");
	if (op->flags & UPDATE) {
		update_errors(j, op, c, lapsed);
	} else if (c && c->uid != j->r->uid) {
		if (j_has_state(m, conf) && !lapsed)
			j_refuse(j, S_CLID_INUSE, "3: collision with a client that has state");
		else if (j_has_state(m, conf) || j_has_session(m, conf))
			j_may(j, S_CLID_INUSE, "3: collision with a client that has sessions");
	}
}

static bool new_client(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	struct model *m = j->m;
	int old = m_client_by_name(m, op->name, false), i;
	struct m_client *c;

	if (res->flags & CONFIRMED_R)
		return j_wrong(j, "a new client id is not confirmed (§18.35.4)");
	if (m_client_by_id(m, res->clientid) >= 0)
		return j_wrong(j, "that client id is taken (§18.35.4)");
	if (old >= 0)
		j_drop_client(m, old);
	i = free_client(m, res->clientid);
	if (i < 0) {
		m->dropped++;
		return true;
	}
	c = &m->client[i];
	memset(c, 0, sizeof(*c));
	c->used = true;
	c->name = op->name;
	c->uid = j->r->uid;
	c->id = res->clientid;
	c->verifier = op->verifier;
	c->renewed_ms = j->r->now_ms;
	c->cs_seq = res->seq - 1;
	return true;
}

bool j_exchange_id(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	struct model *m = j->m;
	int conf = m_client_by_name(m, op->name, true);

	if (!res) {
		exchange_id_errors(j, op);
		return true;
	}
	if (conf >= 0 && m->client[conf].uid == j->r->uid && m->client[conf].verifier == op->verifier) {
		if (res->clientid == m->client[conf].id) {	/* 2, 6 */
			if (!(res->flags & CONFIRMED_R))
				return j_wrong(j, "2, 6: CONFIRMED_R must tell that the record is confirmed");
			return true;		/* whether that renews its lease §8.3 does not say */
		}
		if (!j_lapsed(j, conf))
			return j_wrong(j, "2: the client id must be the confirmed record's");
		j_drop_client(m, conf);
	}
	if (conf >= 0 && m->client[conf].used && m->client[conf].uid != j->r->uid)
		j_drop_client(m, conf);				/* 3, without state */
	return new_client(j, op, res);				/* 1, 4, 5 */
}

static unsigned int sessions(const struct model *m, int client)
{
	unsigned int n = 0;

	for (int i = 0; i < M_SESSIONS; i++)
		n += m->session[i].used && m->session[i].client == client;
	return n;
}

static bool cs_retry(const struct m_client *c, const struct m_op *op)
{
	return c->cs_used && op->seq == c->cs_seq;
}

static void create_session_errors(struct judge *j, const struct m_op *op)
{
	int i = m_client_by_id(j->m, op->clientid);
	const struct m_client *c = i < 0 ? NULL : &j->m->client[i];

	if (!c) {
		j_refuse(j, S_STALE_CLIENTID, "no such client id (§18.36.4)");
		return;
	}
	if (j_lapsed(j, i))
		j_may(j, S_STALE_CLIENTID, "its lease was over (§18.36.4)");
	if (cs_retry(c, op)) {
		if (c->cs_status)
			j_refuse(j, c->cs_status, "the reply of the last one (§18.36.4)");
		return;
	}
	if (op->seq != c->cs_seq + 1 && !(c->cs_refused && op->seq == c->cs_seq))
		j_refuse(j, S_SEQ_MISORDERED, "csa_sequence is neither the last nor the next (§18.36.4)");
	if (op->flags & ~7u)
		j_refuse(j, S_INVAL, "unknown csa_flags (§18.36.3)");
	if (sessions(j->m, i) >= SESSIONS_MIN)
		j_may(j, S_NOSPC, "a server has room for only so many (§15.2)");
	if (!c->confirmed && c->uid != j->r->uid)
		j_refuse(j, S_CLID_INUSE, "another principal confirms (§18.36.4)");
}

static bool add_session(struct judge *j, int client, const struct m_res *res)
{
	struct model *m = j->m;
	unsigned int at = m_place(res->session, 16, M_SESSIONS);

	if (m_session_find(m, res->session) >= 0)
		return j_wrong(j, "that session id is taken (§18.36.3)");
	for (unsigned int k = 0; k < M_SESSIONS; k++) {
		unsigned int i = (at + k) % M_SESSIONS;

		if (m->session[i].used)
			continue;
		memset(&m->session[i], 0, sizeof(m->session[i]));
		m->session[i].used = true;
		m->session[i].client = client;
		m->session[i].slots = res->slots;
		m->session[i].max_ops = res->max_ops;
		memcpy(m->session[i].id, res->session, 16);
		return true;
	}
	m->dropped++;
	return true;
}

bool j_create_session(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int i = m_client_by_id(j->m, op->clientid), old;
	struct m_client *c;

	if (!res) {
		create_session_errors(j, op);
		return true;
	}
	c = &j->m->client[i];
	j_renew(j, i);
	if (res->seq != op->seq)
		return j_wrong(j, "csr_sequence is not csa_sequence (§18.36.3)");
	if (cs_retry(c, op))
		return !memcmp(c->cs_session, res->session, 16) || j_wrong(j, "a retry made another session (§18.36.4)");
	if (!res->slots || res->slots > M_SLOTS || !res->max_ops)
		return j_wrong(j, "more slots than asked, or none (§18.36.3)");
	c->cs_used = true;
	c->cs_refused = false;
	c->cs_seq = op->seq;
	c->cs_status = S_OK;
	memcpy(c->cs_session, res->session, 16);
	if (!c->confirmed) {
		old = m_client_by_name(j->m, c->name, true);
		if (old >= 0)
			j_drop_client(j->m, old);	/* the client's earlier life, with its state */
		c->confirmed = true;
	}
	return add_session(j, i, res);
}

bool j_destroy_session(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int s = m_session_find(j->m, op->session);

	if (!res) {
		if (s < 0)
			j_refuse(j, S_BADSESSION, "no such session (§18.37.3)");
		else if (j->r->again || j_lapsed(j, j->m->session[s].client))
			j_may(j, S_BADSESSION, "it may be gone already (§18.37.3)");
		j_may(j, S_CONN_NOT_BOUND, "the connection may be others' (§18.37.3)");
		return true;
	}
	j_drop_session(j->m, s);
	return true;
}

bool j_destroy_clientid(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int c = m_client_by_id(j->m, op->clientid);

	if (!res) {
		if (c < 0)
			j_refuse(j, S_STALE_CLIENTID, "no such client id (§18.50.3)");
		else if (j->r->again || j_lapsed(j, c))
			j_may(j, S_STALE_CLIENTID, "it may be gone already (§18.50.3)");
		if (c >= 0 && (j_has_state(j->m, c) || j_has_session(j->m, c)))
			j_refuse(j, S_CLIENTID_BUSY, "it has sessions or state (§18.50.3)");
		return true;
	}
	j_drop_client(j->m, c);
	return true;
}

bool j_bind_conn(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	static const struct { uint32_t wish, may; } table[] = { { 1, 1 << 1 }, { 2, 1 << 2 }, { 3, 1 << 1 | 1 << 3 },
								{ 7, 1 << 2 | 1 << 3 } };
	int s = m_session_find(j->m, op->session);

	if (!res) {
		if (s < 0)
			j_refuse(j, S_BADSESSION, "no such session (§18.34.3)");
		else if (j_lapsed(j, j->m->session[s].client))
			j_may(j, S_BADSESSION, "its lease was over (§18.34.3)");
		if (op->seq != 1 && op->seq != 2 && op->seq != 3 && op->seq != 7) {
			j_refuse(j, S_INVAL, "no such direction (§18.34.2)");
			j_refuse(j, S_BADXDR, "no such direction (§18.34.2)");
		}
		j_may(j, S_INVAL, "the connection may be bound otherwise (§18.34.3)");
		return true;
	}
	if (memcmp(res->session, op->session, 16))
		return j_wrong(j, "another session's (§18.34.2)");
	for (size_t i = 0; i < 4; i++)
		if (table[i].wish == op->seq && res->seq < 4 && table[i].may & 1u << res->seq)
			return true;
	return j_wrong(j, "a direction that was not asked for (§18.34.3)");
}

bool j_reclaim_complete(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	struct m_client *c = &j->m->client[j->client];

	(void)op;
	if (res)
		c->complete = true;
	else if (c->complete)
		j_refuse(j, S_COMPLETE_ALREADY, "the second one (§18.51.3)");
	return true;
}

/* The seqid counts (§18.36.4), but knfsd and others have it that it does not: both goes. */
static void session_refused(struct m_client *c, const struct m_op *op)
{
	c->cs_seq = op->seq;
	c->cs_used = false;
	c->cs_refused = true;
}

static void session_was_gone(struct judge *j, int s)
{
	if (j_lapsed(j, j->m->session[s].client))
		j_drop_client(j->m, j->m->session[s].client);
	else
		j_drop_session(j->m, s);
}

void j_failed(struct judge *j, const struct m_op *op, uint32_t status)
{
	int c = m_client_by_id(j->m, op->clientid), s = m_session_find(j->m, op->session);
	int st = m_state_find(j->m, op->id.other);

	if (status == S_DELEG_REVOKED && st >= 0)
		j_said_revoked(j, st);
	if (op->op == OP_CREATE_SESSION && c >= 0 && (status == S_INVAL || status == S_NOSPC))
		session_refused(&j->m->client[c], op);
	if (status == S_STALE_CLIENTID && c >= 0 && (op->op == OP_CREATE_SESSION || op->op == OP_DESTROY_CLIENTID))
		j_drop_client(j->m, c);
	if (status == S_BADSESSION && s >= 0 && (op->op == OP_DESTROY_SESSION || op->op == OP_BIND_CONN))
		session_was_gone(j, s);
}
