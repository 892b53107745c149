// SPDX-License-Identifier: GPL-2.0
/* What clients do of themselves while something is under way. */
#include "talk.h"

#include <string.h>

#define BACK_CHAN	2u	/* CREATE_SESSION4_FLAG_CONN_BACK_CHAN */
#define BACK_OR_BOTH	7u	/* CDFC4_BACK_OR_BOTH */

static bool awake(const struct talk *t, int client)
{
	const struct m_client *c = &t->m->client[client];

	return c->used && c->confirmed && !(t->asleep >> c->name % GEN_MACHINES & 1);
}

/* Answers that the model does not know of yet: NULL after the last one, @at is where the search is. */
static const struct m_res *next_result(const struct talk *t, uint32_t op, unsigned int at[2], const struct flight **ret)
{
	for (; at[0] < t->nfl; at[0]++, at[1] = 0) {
		const struct flight *f = *ret = &t->fl[at[0]];

		while (f->done && !f->a.err && at[1] < f->a.nres) {
			const struct m_res *res = &f->a.res[at[1]++];

			if (res->op == op && !res->status)
				return res;
		}
	}
	return NULL;
}

/* A session of the client's; used: it has one. */
static struct m_session session_of(const struct talk *t, int client)
{
	struct m_session s = { 0 };
	const struct flight *f;
	const struct m_res *res;
	unsigned int at[2] = { 0 };

	for (int i = 0; i < M_SESSIONS; i++)
		if (t->m->session[i].used && t->m->session[i].client == client)
			return t->m->session[i];
	while ((res = next_result(t, OP_CREATE_SESSION, at, &f))) {
		if (f->s.req.op[0].clientid != t->m->client[client].id)
			continue;
		s.used = true;
		s.slots = res->slots;
		memcpy(s.id, res->session, sizeof(s.id));
		break;
	}
	return s;
}

static int client_of(const struct talk *t, const struct m_req *r)
{
	int s = r->sequence ? m_session_find(t->m, r->session) : -1;

	return s < 0 ? -1 : t->m->session[s].client;
}

static bool gives(const struct m_res *res)
{
	return res->deleg_type == 1 || res->deleg_type == 2;
}

/* The holder of a delegation, and what file it is of; -1: not known. */
static int holder_of(const struct talk *t, const struct nfs41_stateid *id, int *ret_file)
{
	int st = m_state_find(t->m, id->other);
	const struct flight *f;
	const struct m_res *res;
	const struct m_op *op;
	unsigned int at[2] = { 0 };

	if (st >= 0) {
		*ret_file = t->m->state[st].file;
		return t->m->state[st].kind == M_DELEG ? t->m->state[st].client : -1;
	}
	while ((res = next_result(t, OP_OPEN, at, &f))) {
		if (!gives(res) || memcmp(res->deleg.other, id->other, sizeof(id->other)))
			continue;
		op = &f->s.req.op[0];	/* only there is an OPEN */
		*ret_file = op->claim == M_CLAIM_NULL ? m_file_by_name(t->m, op->name) : f->s.req.file;
		return *ret_file < 0 ? -1 : client_of(t, &f->s.req);
	}
	return -1;
}

static struct gen_step step_of(const struct talk *t, int client)
{
	struct gen_step s;

	memset(&s, 0, sizeof(s));	/* padding too: requests are hashed */
	s.machine = t->m->client[client].name % GEN_MACHINES;
	s.req.uid = t->m->client[client].uid;
	s.req.now_ms = talk_now_ms();
	s.req.file = -2;
	return s;
}

/* On the slot of the session that is kept for such things. */
static void in_session(const struct talk *t, const struct m_session *ses, struct m_req *r)
{
	r->sequence = true;
	memcpy(r->session, ses->id, 16);
	r->slot = r->highest = ses->slots - 1;
	r->seqid = ses->slot[r->slot].seq + 1;
	for (unsigned int i = 0; i < t->nfl; i++) {	/* not yet in the model */
		const struct flight *f = &t->fl[i];

		if (f->s.req.sequence && f->s.req.slot == r->slot && !memcmp(f->s.req.session, r->session, 16))
			r->seqid += f->done && !f->a.err && !f->a.seq_status;
	}
}

static bool launch(struct talk *t, const struct gen_step *s)
{
	t->helping = t->nfl;
	return !talk_launch(t, s);
}

void talk_wanted(struct talk *t, const struct nfs41_stateid *id)
{
	uint64_t since = t->nfl ? t->fl[0].s.req.now_ms : talk_now_ms();

	for (unsigned int i = 0; i < t->nfl; i++)
		if (t->fl[i].s.req.now_ms < since)
			since = t->fl[i].s.req.now_ms;
	for (unsigned int i = 0; i < t->nm; i++)
		model_recalled(&t->m[i], id, since);
	if (t->nwanted == TALK_WANTED)
		return;
	t->wanted[t->nwanted].id = *id;
	t->wanted[t->nwanted++].wait = t->waits;
}

/* True: it need not be thought of any more. */
static bool returned(struct talk *t, const struct nfs41_stateid *id, unsigned int wait)
{
	int file = -1, client = holder_of(t, id, &file);
	struct m_session ses;
	struct gen_step s;

	if (client < 0)	/* the answer that brings it may not be here yet */
		return t->waits > wait + 1;
	ses = session_of(t, client);
	if (!ses.used || !awake(t, client))
		return false;
	s = step_of(t, client);
	in_session(t, &ses, &s.req);
	s.req.file = file;
	s.req.nops = 1;
	s.req.again = true;
	s.req.op[0].op = OP_DELEGRETURN;
	s.req.op[0].id = *id;
	s.req.op[0].id.seq = 0;
	return launch(t, &s);
}

static bool return_one(struct talk *t)
{
	unsigned int had = t->nfl;

	for (unsigned int i = 0; i < t->nwanted && t->nfl == had; i++)
		if (returned(t, &t->wanted[i].id, t->wanted[i].wait))
			t->wanted[i--] = t->wanted[--t->nwanted];
	return t->nfl > had;
}

static bool has_delegation(const struct talk *t, int client)
{
	const struct flight *f;
	const struct m_res *res;
	unsigned int at[2] = { 0 };

	while ((res = next_result(t, OP_OPEN, at, &f)))
		if (gives(res) && client_of(t, &f->s.req) == client)
			return true;
	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &t->m->state[i];

		if (st->used && st->kind == M_DELEG && !st->revoked && st->client == client)
			return true;
	}
	return false;
}

/* A new connection as back channel of a session, of a new one if there is none. */
static bool rebind(struct talk *t, int client)
{
	struct gen_step s = step_of(t, client);
	struct m_session ses = session_of(t, client);

	s.conn = GEN_CONNS;
	s.req.nops = 1;
	if (ses.used) {
		s.req.op[0].op = OP_BIND_CONN;
		memcpy(s.req.op[0].session, ses.id, 16);
		s.req.op[0].seq = BACK_OR_BOTH;
	} else {
		s.req.op[0].op = OP_CREATE_SESSION;
		s.req.op[0].clientid = t->m->client[client].id;
		s.req.op[0].seq = t->m->client[client].cs_seq + 1;
		s.req.op[0].flags = BACK_CHAN;
	}
	talk_drop_conn(t, s.machine, s.conn);
	return launch(t, &s);
}

static bool renew(struct talk *t, int client)
{
	struct gen_step s = step_of(t, client);
	struct m_session ses = session_of(t, client);

	if (!ses.used)
		return false;
	in_session(t, &ses, &s.req);
	return launch(t, &s);
}

/* Goes round the clients, from @next on, once what is due is due. */
static bool round_of(struct talk *t, struct talk_round *round, uint64_t every_ms,
		     bool (*wants)(const struct talk *, int), bool (*does)(struct talk *, int))
{
	uint64_t now = talk_now_ms();

	if (now < round->due_ms)
		return false;
	while (round->next < M_CLIENTS) {
		int client = round->next++;

		if (awake(t, client) && wants(t, client) && does(t, client))
			return true;
	}
	round->next = 0;
	round->due_ms = now + every_ms;
	return false;
}

static bool any(const struct talk *t, int client)
{
	(void)t;
	(void)client;
	return true;
}

void talk_tend(struct talk *t)
{
	uint64_t lease = t->m->lease_ms;

	if (t->nfl > TALK_FLIGHTS - 2 || (t->helping < t->nfl && !t->fl[t->helping].done) || return_one(t))
		return;
	if (!round_of(t, &t->rebind, lease / 2, has_delegation, rebind))
		round_of(t, &t->renew, lease / 4, any, renew);
}
