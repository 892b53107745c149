// SPDX-License-Identifier: GPL-2.0
/* The compound and its slot; what the operations share. */
#include "judge.h"

#include <stdio.h>
#include <string.h>

uint64_t m_cell_start(unsigned int cell)
{
	return cell < M_CELLS - 1 ? cell : INT64_MAX;
}

uint64_t m_cell_last(unsigned int cell)
{
	return cell < M_CELLS - 1 ? m_cell_start(cell + 1) - 1 : UINT64_MAX;
}

unsigned int m_owner_name(char *buf, size_t len, const char *kind, unsigned int n)
{
	return (unsigned int)snprintf(buf, len, "%s owner %u", kind, n);
}

/* --- look-ups --- */

int m_client_by_id(const struct model *m, uint64_t id)
{
	for (int i = 0; i < M_CLIENTS; i++)
		if (m->client[i].used && m->client[i].id == id)
			return i;
	return -1;
}

int m_client_by_name(const struct model *m, unsigned int name, bool confirmed)
{
	for (int i = 0; i < M_CLIENTS; i++)
		if (m->client[i].used && m->client[i].name == name && m->client[i].confirmed == confirmed)
			return i;
	return -1;
}

int m_session_find(const struct model *m, const uint8_t *id)
{
	for (int i = 0; i < M_SESSIONS; i++)
		if (m->session[i].used && !memcmp(m->session[i].id, id, 16))
			return i;
	return -1;
}

int m_file_by_name(const struct model *m, unsigned int name)
{
	for (int i = 0; i < M_FILES; i++)
		if (m->file[i].used && m->file[i].name == (int)name)
			return i;
	return -1;
}

int m_state_find(const struct model *m, const uint8_t *other)
{
	for (int i = 0; i < M_STATES; i++)
		if (m->state[i].used && !memcmp(m->state[i].other, other, 12))
			return i;
	return -1;
}

bool m_lapsed(const struct model *m, int client, uint64_t now_ms)
{
	return now_ms + M_TICK_MS > m->client[client].renewed_ms + m->lease_ms;
}

bool j_lapsed(const struct judge *j, int client)
{
	return m_lapsed(j->m, client, j->came_ms);
}

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

unsigned int m_place(const void *id, size_t len, unsigned int n)
{
	return (unsigned int)((mix(0xcbf29ce484222325, id, len) >> 20) % n);
}

uint64_t m_request_hash(const struct m_req *r)
{
	uint64_t h = 0xcbf29ce484222325;

	h = mix(h, &r->uid, sizeof(r->uid));
	h = mix(h, &r->cache, sizeof(r->cache));
	h = mix(h, &r->highest, sizeof(r->highest));
	if (r->handle.len)
		h = mix(h, r->handle.data, r->handle.len);
	else
		h = mix(h, &r->file, sizeof(r->file));
	h = mix(h, &r->fh, sizeof(r->fh));
	h = mix(h, &r->nops, sizeof(r->nops));
	/* The generator zeroes requests, padding too. */
	return mix(h, r->op, sizeof(r->op));
}

/* --- verdicts --- */

static void allow(struct m_verdict *v, uint32_t status, const char *why)
{
	for (unsigned int i = 0; i < v->n; i++)
		if (v->allowed[i].status == status)
			return;
	if (v->n == M_ALLOWED)
		return;
	v->allowed[v->n].status = status;
	v->allowed[v->n++].why = why;
}

void j_refuse(struct judge *j, uint32_t status, const char *why)
{
	j->v->must_fail = true;
	allow(j->v, status, why);
}

void j_may(struct judge *j, uint32_t status, const char *why)
{
	allow(j->v, status, why);
}

bool j_wrong(struct judge *j, const char *note)
{
	j->v->note = note;
	return false;
}

static void begin(struct m_verdict *v, int at, uint32_t got)
{
	v->n = 0;
	v->must_fail = false;
	v->at = at;
	v->got = got;
	v->note = NULL;
}

static bool is_allowed(struct m_verdict *v)
{
	if (v->racing)
		allow(v, S_DELAY, "another request is under way");
	if (!v->must_fail)
		allow(v, S_OK, "nothing forbids it");
	for (unsigned int i = 0; i < v->n; i++)
		if (v->allowed[i].status == v->got)
			return true;
	return false;
}

/* --- what goes with what --- */

void j_drop_state(struct model *m, int st)
{
	if (m->state[st].kind == M_OPEN)
		for (int i = 0; i < M_STATES; i++)
			if (m->state[i].used && m->state[i].kind == M_LOCK && m->state[i].open == st)
				memset(&m->state[i], 0, sizeof(m->state[i]));
	memset(&m->state[st], 0, sizeof(m->state[st]));
}

void j_drop_session(struct model *m, int s)
{
	memset(&m->session[s], 0, sizeof(m->session[s]));
}

void j_drop_client(struct model *m, int c)
{
	for (int i = 0; i < M_STATES; i++)
		if (m->state[i].used && m->state[i].client == c)
			memset(&m->state[i], 0, sizeof(m->state[i]));
	for (int i = 0; i < M_SESSIONS; i++)
		if (m->session[i].used && m->session[i].client == c)
			j_drop_session(m, i);
	for (int i = 0; i < M_WAITS; i++)
		if (m->wait[i].client == c)
			memset(&m->wait[i], 0, sizeof(m->wait[i]));
	memset(&m->client[c], 0, sizeof(m->client[c]));
}

bool j_has_state(const struct model *m, int c)
{
	for (int i = 0; i < M_STATES; i++)
		if (m->state[i].used && m->state[i].client == c)
			return true;
	return false;
}

bool j_has_session(const struct model *m, int c)
{
	for (int i = 0; i < M_SESSIONS; i++)
		if (m->session[i].used && m->session[i].client == c)
			return true;
	return false;
}

void model_init(struct model *m, uint64_t lease_ms)
{
	memset(m, 0, sizeof(*m));
	m->lease_ms = lease_ms;
}

void model_restart(struct model *m, uint64_t now_ms)
{
	memset(m->client, 0, sizeof(m->client));
	memset(m->session, 0, sizeof(m->session));
	memset(m->state, 0, sizeof(m->state));
	memset(m->wait, 0, sizeof(m->wait));
	m->restarted = true;
	/* RFC 8881 §8.4.2.1: at least a lease; a server may give those who still reclaim as much again */
	m->grace_until_ms = now_ms + 2 * m->lease_ms + 5000;
}

/* --- SEQUENCE --- */

enum seen { SEEN_ERROR, SEEN_NEW, SEEN_RETRY };

/* The end of a client whose lease is over is allowed to have come unseen. */
static void maybe_expired(struct judge *j, int s)
{
	int c = j->m->session[s].client;

	if (j_lapsed(j, c))
		j_may(j, S_BADSESSION, "its lease was over (§8.3)");
}

static enum seen judge_slot(struct judge *j, const struct m_session *s)
{
	const struct m_slot *slot;

	if (j->r->slot >= s->slots || j->r->slot >= M_SLOTS) {
		j_refuse(j, S_BADSLOT, "slot beyond the table (§18.46.3)");
		if (j->r->highest >= s->slots)
			j_refuse(j, S_BAD_HIGH_SLOT, "sa_highest_slotid beyond the table (§18.46.3)");
		return SEEN_ERROR;
	}
	if (j->r->highest >= s->slots) {
		j_refuse(j, S_BAD_HIGH_SLOT, "sa_highest_slotid beyond the table (§18.46.3)");
		return SEEN_ERROR;
	}
	slot = &s->slot[j->r->slot];
	if (j->r->seqid == slot->seq + 1)
		return SEEN_NEW;
	if (slot->used && j->r->seqid == slot->seq)
		return SEEN_RETRY;
	j_refuse(j, S_SEQ_MISORDERED, "neither the slot's seqid nor the next (§2.10.6.1)");
	return SEEN_ERROR;
}

/* SEQUENCE alone was kept: it stands alone again, or the next op is refused. */
static bool uncached(const struct judge *j, const struct m_ans *a)
{
	bool alone = !j->r->nops && j->r->file == -2;

	return !a->seq_status && (alone || a->status == S_RETRY_UNCACHED_REP);
}

/* A retry is answered as the first time, or refused as RFC 8881 §2.10.6.1.3 and §18.46.3 have it; nothing changes. */
static bool judge_retry(struct judge *j, const struct m_slot *slot, const struct m_ans *a)
{
	bool same = slot->request == m_request_hash(j->r);

	begin(j->v, -3, a->status);
	if (a->hash == slot->reply && a->status == slot->status)
		return true;	/* also of a false retry: telling it apart is not demanded (§2.10.6.1.3.1) */
	if (!same && a->seq_status == S_SEQ_FALSE_RETRY)
		return true;
	if (j->v->racing && a->seq_status == S_DELAY)
		return true;
	if (j->m->lenient && a->status == slot->status)
		return true;	/* SEQUENCE's result made anew */
	if (!slot->cached && uncached(j, a))
		return true;
	j_refuse(j, slot->status, "the first reply, bit for bit (§2.10.6.1.2)");
	if (!slot->cached)
		j_refuse(j, S_RETRY_UNCACHED_REP, "sa_cachethis was false (§2.10.6.1.2)");
	if (!same)
		j_refuse(j, S_SEQ_FALSE_RETRY, "another request with that seqid (§2.10.6.1.3.1)");
	return j_wrong(j, a->status == slot->status ? "same status, but not the same bytes" : NULL);
}

static bool check_sequence(struct judge *j, const struct m_session *s, const struct m_ans *a)
{
	const uint32_t fine = 0x1 | 0x200 | 0x400;	/* the back channel's state is not modelled */
	const uint32_t gone = 0x8 | 0x10 | 0x20 | 0x40;	/* some state was revoked: expired, by hand, recallable */
	bool may = false, must = false;

	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &j->m->state[i];

		if (!st->used || st->client != s->client)
			continue;
		must |= st->revoked;
		may |= st->revoked || m_may_be_revoked(st, j->came_ms);
	}
	if (a->sr_slot != j->r->slot || a->sr_seqid != j->r->seqid)
		return j_wrong(j, "SEQUENCE answered for another slot or seqid (§18.46.2)");
	if (a->sr_highest >= s->slots)
		return j_wrong(j, "sr_highest_slotid beyond the table (§18.46.3)");
	if (must && !(a->sr_flags & gone))
		return j_wrong(j, "sr_status_flags: a delegation was revoked and not freed (§10.4.5, §18.46.3)");
	if (a->sr_flags & ~(may ? fine | gone : fine) && !j->m->restarted && !j_lapsed(j, s->client))
		return j_wrong(j, "sr_status_flags: there is nothing to tell (§18.46.3)");
	return true;
}

/* 1: go on with the ops; 0: that was it, fine; -1 wrong. */
static int step_sequence(struct judge *j, const struct m_ans *a)
{
	int s = m_session_find(j->m, j->r->session);
	enum seen seen = SEEN_ERROR;

	begin(j->v, -1, a->seq_status);
	if (s < 0) {
		j_refuse(j, S_BADSESSION, "no such session (§18.46.3)");
	} else {
		j->client = j->m->session[s].client;
		maybe_expired(j, s);
		seen = judge_slot(j, &j->m->session[s]);
	}
	j->v->client = j->client;
	if (seen == SEEN_RETRY && !(a->seq_status == S_BADSESSION && is_allowed(j->v)))
		return judge_retry(j, &j->m->session[s].slot[j->r->slot], a) ? 0 : -1;
	if (!is_allowed(j->v))
		return -1;
	if (a->seq_status == S_BADSESSION && s >= 0) {
		j_drop_client(j->m, j->client);
		return 0;
	}
	if (a->seq_status)
		return 0;
	return check_sequence(j, &j->m->session[s], a) ? 1 : -1;
}

/* --- the ops --- */

static bool (*judge_of(uint32_t op))(struct judge *, const struct m_op *, const struct m_res *)
{
	static const struct {
		uint32_t op;
		bool (*run)(struct judge *, const struct m_op *, const struct m_res *);
	} table[] = {
		{ OP_EXCHANGE_ID, j_exchange_id }, { OP_CREATE_SESSION, j_create_session },
		{ OP_DESTROY_SESSION, j_destroy_session }, { OP_DESTROY_CLIENTID, j_destroy_clientid },
		{ OP_BIND_CONN, j_bind_conn }, { OP_RECLAIM_COMPLETE, j_reclaim_complete },
		{ OP_OPEN, j_open }, { OP_OPEN_DOWNGRADE, j_downgrade }, { OP_CLOSE, j_close },
		{ OP_REMOVE, j_remove }, { OP_LOCK, j_lock }, { OP_LOCKT, j_lockt }, { OP_LOCKU, j_locku },
		{ OP_READ, j_read }, { OP_WRITE, j_write }, { OP_TEST_STATEID, j_test_stateid },
		{ OP_FREE_STATEID, j_free_stateid }, { OP_DELEGRETURN, j_delegreturn },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].op == op)
			return table[i].run;
	return NULL;
}

/* The file of the request: models that came about in another order may have it at another place. */
static int file_of(const struct model *m, const struct m_req *r)
{
	if (r->file < 0 || !r->handle.len)
		return r->file;
	for (int i = 0; i < M_FILES; i++)
		if (m->file[i].used && m->file[i].fh.len == r->handle.len &&
		    !memcmp(m->file[i].fh.data, r->handle.data, r->handle.len))
			return i;
	return -3;
}

static bool is_gone(const struct judge *j, int file)
{
	return file == -3 || (file >= 0 && m_file_forgotten(j->m, file));
}

static bool step_putfh(struct judge *j, const struct m_ans *a)
{
	int at = file_of(j->m, j->r);

	begin(j->v, -2, a->putfh_status);
	j->file = at;
	if (j->r->fh == M_FH_FORGED) {
		j_refuse(j, S_BADHANDLE, "a forged handle (§18.19.3)");
		j_refuse(j, S_STALE, "a forged handle (§18.19.3)");
	} else if (is_gone(j, at)) {
		/* It may be found out now or by the next op. Or it was there still: others may come between PUTFH and that. */
		j_may(j, S_STALE, "the file is gone (§4.2.2)");
		if (at >= 0 && j->r->now_ms > j->m->file[at].removed_ms)
			j->file = -3;
	}
	return is_allowed(j->v);
}

static bool step_op(struct judge *j, unsigned int i, const struct m_ans *a)
{
	const struct m_op *op = &j->r->op[i];
	bool (*run)(struct judge *, const struct m_op *, const struct m_res *) = judge_of(op->op);
	const struct m_res *res = &a->res[i];

	begin(j->v, (int)i, i < a->nres ? res->status : 0);
	j->v->file = j->file;
	if (i >= a->nres)
		return j_wrong(j, "the results end early");
	if (res->op != op->op)
		return j_wrong(j, "the result is another operation's");
	run(j, op, NULL);
	if (is_gone(j, j->file))
		j_may(j, S_STALE, "the file is gone (§4.2.2)");
	if (!is_allowed(j->v))
		return false;
	if (res->status == S_DENIED)
		return j_denied(j, op, res);
	if (!res->status)
		return run(j, op, res);
	j_failed(j, op, res->status);
	return true;
}

void j_renew(struct judge *j, int client)
{
	struct m_client *c = &j->m->client[client];

	for (int i = 0; i < M_STATES && j_lapsed(j, client); i++) {
		struct m_state *st = &j->m->state[i];

		/* Nobody need have waited any longer for whose lease was over (§8.3) */
		if (st->used && st->client == client && st->revoke_ms)
			j_wanted_back(st, j->r->now_ms);
	}
	if (j->r->now_ms > c->renewed_ms)
		c->renewed_ms = j->r->now_ms;
}

static void remember(struct judge *j, const struct m_ans *a)
{
	int s = j->r->sequence ? m_session_find(j->m, j->r->session) : -1;
	struct m_slot *slot;

	if (s < 0)
		return;
	slot = &j->m->session[s].slot[j->r->slot];
	slot->used = true;
	slot->cached = j->r->cache;
	slot->seq = j->r->seqid;
	slot->request = m_request_hash(j->r);
	slot->reply = a->hash;
	slot->status = a->status;
}

/* SEQUENCE and PUTFH. *ret_over: no operation is to follow. */
static bool begin_compound(struct judge *j, const struct m_ans *a, bool *ret_over)
{
	*ret_over = true;
	if (a->err)
		return j_wrong(j, "no answer");
	if (j->r->sequence) {
		int go = step_sequence(j, a);

		if (go <= 0)
			return !go;
		j_renew(j, j->client);
	}
	if (j->r->file != -2) {
		if (!step_putfh(j, a))
			return false;
		if (a->putfh_status) {
			remember(j, a);
			return true;
		}
	}
	*ret_over = false;
	return true;
}

/* The next operation, or its first half. */
static bool next_op(struct judge *j, const struct m_ans *a, struct m_stand *stand)
{
	unsigned int i = stand->next;

	if (i < j->r->nops && j->v->racing && !stand->half && i < a->nres && !a->res[i].status &&
	    j_open_half(j, &j->r->op[i], &a->res[i])) {
		stand->half = true;
		return true;
	}
	if (i < j->r->nops && !step_op(j, i, a))
		return false;
	stand->half = false;
	stand->next = i + 1;
	stand->over = i + 1 >= j->r->nops;
	if (i < j->r->nops && a->res[i].status) {
		stand->over = true;
		if (i + 1 != a->nres)
			return j_wrong(j, "results behind one that failed (§2.10.6.4)");
	}
	if (stand->over)
		remember(j, a);
	return true;
}

bool model_go_on(struct model *m, const struct m_req *r, const struct m_ans *a, struct m_stand *stand,
		 struct m_verdict *v)
{
	struct judge j = {
		.m = m, .r = r, .v = v, .client = stand->begun ? stand->client : -1, .file = stand->begun ? stand->file : -2,
		.has_id = stand->has_id, .id = stand->id, .half = stand->half,
		.came_ms = a->came_ms > r->now_ms ? a->came_ms : r->now_ms,
	};

	memset(v, 0, sizeof(*v));
	v->racing = r->racing || r->again;
	v->client = j.client;
	v->file = -1;
	begin(v, -3, a->status);
	if (!stand->begun && !begin_compound(&j, a, &stand->over))
		return false;
	if (!stand->over && !next_op(&j, a, stand))
		return false;
	stand->begun = true;
	stand->client = j.client;
	stand->file = j.file;
	stand->has_id = j.has_id;
	stand->id = j.id;
	return true;
}

bool model_step(struct model *m, const struct m_req *r, const struct m_ans *a, struct m_verdict *v)
{
	struct m_stand stand = { .next = 0 };

	while (!stand.over)
		if (!model_go_on(m, r, a, &stand, v))
			return false;
	return true;
}
