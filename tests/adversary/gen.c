// SPDX-License-Identifier: GPL-2.0
#include "gen.h"

#include <string.h>

#define UPDATE		0x40000000u
#define CONFIRMED_R	0x80000000u
#define STATES_MANY	(M_STATES * 6 / 10)

struct dice {
	const struct gen *g;
	const struct model *m;
	uint64_t rng;
	unsigned int machine;
	bool together;
	int client;
};

static unsigned int below(struct dice *d, unsigned int n)
{
	return (unsigned int)(rpc4_random(&d->rng) >> 33) % n;
}

static bool percent(struct dice *d, unsigned int n)
{
	return below(d, 100) < n;
}

unsigned int gen_uid(unsigned int machine)
{
	return machine ? 1000 + machine : 0;
}

/* One of the @n things of which ok() is true, or -1. */
static int pick(struct dice *d, int n, bool (*ok)(struct dice *d, int i, int arg), int arg)
{
	int count = 0, at;

	for (int i = 0; i < n; i++)
		count += ok(d, i, arg);
	if (!count)
		return -1;
	at = (int)below(d, (unsigned int)count);
	for (int i = 0; i < n; i++)
		if (ok(d, i, arg) && !at--)
			return i;
	return -1;
}

static bool is_session_of(struct dice *d, int i, int client)
{
	return d->m->session[i].used && (client < 0 || d->m->session[i].client == client);
}

static bool is_client(struct dice *d, int i, int arg)
{
	(void)arg;
	return d->m->client[i].used;
}

static bool is_state(struct dice *d, int i, int kinds)
{
	return d->m->state[i].used && d->m->state[i].client == d->client && (int)d->m->state[i].kind & kinds;
}

static bool is_any_state(struct dice *d, int i, int arg)
{
	(void)arg;
	return d->m->state[i].used;
}

static bool is_file(struct dice *d, int i, int arg)
{
	(void)arg;
	return d->m->file[i].used && d->m->file[i].name >= 0;
}

static unsigned int states(const struct model *m)
{
	unsigned int n = 0;

	for (int i = 0; i < M_STATES; i++)
		n += m->state[i].used;
	return n;
}

/* --- stateids --- */

static void special(struct dice *d, struct nfs41_stateid *id)
{
	memset(id, 0, sizeof(*id));
	switch (below(d, 4)) {
	case 0:			/* anonymous */
		break;
	case 1:			/* READ bypass */
		memset(id, 0xff, sizeof(*id));
		break;
	case 2:			/* current */
		id->seq = 1;
		break;
	default:		/* invalid */
		id->seq = UINT32_MAX;
		break;
	}
}

/* What no honest client would send. */
static void wild_id(struct dice *d, struct nfs41_stateid *id)
{
	int st = pick(d, M_STATES, is_any_state, 0);

	switch (below(d, 4)) {
	case 0:
		special(d, id);
		return;
	case 1:
		if (d->g->nid) {
			*id = d->g->id[below(d, d->g->nid < GEN_RING ? d->g->nid : GEN_RING)];
			return;
		}
		break;
	case 2:			/* forged */
		if (st < 0)
			break;
		id->seq = d->m->state[st].seq;
		memcpy(id->other, d->m->state[st].other, 12);
		id->other[below(d, 12)] ^= (uint8_t)(1 + below(d, 255));
		return;
	default:		/* perhaps another client's, or of another kind */
		if (st < 0)
			break;
		id->seq = percent(d, 50) ? d->m->state[st].seq : 0;
		memcpy(id->other, d->m->state[st].other, 12);
		return;
	}
	special(d, id);
}

/* A stateid of the client and its file; the state, or -1. */
static int good_id(struct dice *d, struct m_req *r, unsigned int kinds, struct nfs41_stateid *id)
{
	int st = pick(d, M_STATES, is_state, (int)kinds);
	unsigned int luck = below(d, 100);

	if (st < 0 || percent(d, 8)) {
		wild_id(d, id);
		r->file = pick(d, M_FILES, is_file, 0);
		return -1;
	}
	memcpy(id->other, d->m->state[st].other, 12);
	id->seq = d->m->state[st].seq;
	if (luck < 15)
		id->seq = 0;
	else if (luck < 19)
		id->seq--;	/* of 1: 0, the latest */
	else if (luck < 22)
		id->seq += 1 + below(d, 3);
	r->file = d->m->state[st].file;
	if (percent(d, 3))
		r->file = pick(d, M_FILES, is_file, 0);
	return st;
}

/* --- operations on files --- */

static void gen_range(struct dice *d, struct m_op *op)
{
	op->type = 1 + below(d, 4);
	op->first = below(d, M_CELLS - 2);
	op->last = op->first + below(d, 8);
	if (op->last > M_CELLS - 3)
		op->last = M_CELLS - 3;
	if (percent(d, 15))
		op->last = M_CELLS - 1;		/* to the end */
	op->bad_range = percent(d, 2);
}

static void gen_open(struct dice *d, struct m_req *r, struct m_op *op)
{
	static const unsigned int how[] = { M_NOCREATE, M_NOCREATE, M_UNCHECKED, M_UNCHECKED, M_UNCHECKED, M_GUARDED,
					    M_EXCLUSIVE };

	r->file = -1;
	op->name = below(d, M_FNAMES);
	op->owner = below(d, M_OWNERS);
	op->create = how[below(d, sizeof(how) / sizeof(*how))];
	op->access = 1 + below(d, 3);
	op->deny = percent(d, 80) ? 0 : below(d, 4);
	op->want = percent(d, 60) ? 0x400 : percent(d, 50) ? 0 : 0x100 * (1 + below(d, 3));
	op->truncate = op->create == M_UNCHECKED && percent(d, 20);
	op->verifier = 1 + below(d, 3);
	if (percent(d, 2))
		op->access = below(d, 2) * 4;
	if (percent(d, 10)) {
		int f = pick(d, M_FILES, is_file, 0);

		if (f < 0)
			return;
		op->claim = M_CLAIM_FH;
		op->create = M_NOCREATE;
		op->truncate = false;
		r->file = f;
		if (percent(d, 20))
			op->claim = M_CLAIM_PREVIOUS;
	}
}

static void gen_lock(struct dice *d, struct m_req *r, struct m_op *op)
{
	gen_range(d, op);
	op->owner = below(d, M_OWNERS);
	op->new_owner = percent(d, 45);
	op->reclaim = percent(d, 1);
	good_id(d, r, op->new_owner ? M_OPEN : M_LOCK, &op->id);
}

static void gen_io(struct dice *d, struct m_req *r, struct m_op *op)
{
	op->offset = below(d, M_DATA - 16);
	op->length = below(d, 17);
	op->fill = (uint8_t)(1 + below(d, 255));
	if (percent(d, 25)) {
		special(d, &op->id);
		r->file = pick(d, M_FILES, is_file, 0);
	} else {
		good_id(d, r, M_OPEN | M_LOCK | M_DELEG, &op->id);
	}
}

static void gen_downgrade(struct dice *d, struct m_req *r, struct m_op *op)
{
	int st = good_id(d, r, M_OPEN, &op->id);

	op->access = 1 + below(d, 3);
	op->deny = percent(d, 70) ? 0 : below(d, 4);
	if (st >= 0 && percent(d, 60)) {
		op->access &= d->m->state[st].access;
		op->deny &= d->m->state[st].deny;
	}
}

/* Behind an OPEN: something with the stateid that it leaves as the current one. */
static void gen_follow(struct dice *d, struct m_req *r)
{
	static const uint32_t ops[] = { OP_READ, OP_WRITE, OP_LOCK, OP_CLOSE, OP_OPEN_DOWNGRADE, OP_LOCKU };
	struct m_op *op = &r->op[r->nops++];
	struct m_req elsewhere = *r;

	op->op = ops[below(d, sizeof(ops) / sizeof(*ops))];
	if (op->op == OP_READ || op->op == OP_WRITE)
		gen_io(d, &elsewhere, op);
	else if (op->op == OP_OPEN_DOWNGRADE)
		gen_downgrade(d, &elsewhere, op);
	else
		gen_range(d, op);
	op->owner = below(d, M_OWNERS);
	op->new_owner = op->op == OP_LOCK && (r->op[r->nops - 2].op == OP_OPEN || percent(d, 20));
	op->id = (struct nfs41_stateid){ .seq = 1 };
}

/* --- operations on clients --- */

static unsigned int some_name(struct dice *d)
{
	return percent(d, 85) ? d->machine : M_NAMES - 1;
}

static void gen_exchange_id(struct dice *d, struct m_req *r, struct m_op *op)
{
	int conf;

	r->sequence = false;
	r->file = -2;
	op->name = some_name(d);
	conf = m_client_by_name(d->m, op->name, true);
	op->verifier = 1 + below(d, 3);
	if (conf >= 0 && percent(d, 70))
		op->verifier = d->m->client[conf].verifier;
	if (percent(d, 15))
		op->flags |= UPDATE;
	if (percent(d, 3))
		op->flags |= CONFIRMED_R;
	if (percent(d, 10))
		r->uid = gen_uid(below(d, GEN_MACHINES));
}

static void gen_create_session(struct dice *d, struct m_req *r, struct m_op *op)
{
	int c = pick(d, M_CLIENTS, is_client, 0), own = m_client_by_name(d->m, d->machine, false);
	unsigned int luck = below(d, 100);

	r->sequence = false;
	r->file = -2;
	if (own < 0)
		own = m_client_by_name(d->m, d->machine, true);
	if (own >= 0 && percent(d, 80))
		c = own;
	op->clientid = 12345;
	op->seq = 1;
	if (percent(d, 3) && d->g->nclientid)
		op->clientid = d->g->clientid[below(d, d->g->nclientid < GEN_RING ? d->g->nclientid : GEN_RING)];
	else if (c >= 0)
		op->clientid = d->m->client[c].id;
	if (c >= 0)
		op->seq = d->m->client[c].cs_seq + (luck < 86 ? 1 : luck < 94 ? 0 : 2);
	op->flags = percent(d, 60) ? 2 : 0;
	if (percent(d, 2))
		op->flags |= 0x100;
	if (percent(d, 5))
		r->uid = gen_uid(below(d, GEN_MACHINES));
}

static void some_session(struct dice *d, int client, uint8_t *id)
{
	int s = pick(d, M_SESSIONS, is_session_of, percent(d, 90) ? client : -1);

	memset(id, 0x5a, 16);
	if (percent(d, 5) && d->g->nsession)
		memcpy(id, d->g->session[below(d, d->g->nsession < GEN_RING ? d->g->nsession : GEN_RING)], 16);
	else if (s >= 0 && !percent(d, 2))
		memcpy(id, d->m->session[s].id, 16);
}

static void gen_bare(struct dice *d, struct m_req *r, struct m_op *op)
{
	static const uint32_t directions[] = { 1, 2, 3, 7 };
	int c = pick(d, M_CLIENTS, is_client, 0);

	r->sequence = false;
	r->file = -2;
	switch (op->op) {
	case OP_DESTROY_CLIENTID:
		op->clientid = c >= 0 ? d->m->client[c].id : 1;
		break;
	case OP_DESTROY_SESSION:
		some_session(d, d->client, op->session);
		break;
	default:
		some_session(d, d->client, op->session);
		op->seq = percent(d, 96) ? directions[below(d, 4)] : 4;
		break;
	}
}

/* --- the request around it --- */

static const struct {
	uint32_t op;
	unsigned int weight;
	bool who;		/* changes who the clients are: not together with others */
} weights[] = {
	{ OP_OPEN, 24, false }, { OP_CLOSE, 10, false }, { OP_OPEN_DOWNGRADE, 6, false }, { OP_LOCK, 24, false },
	{ OP_LOCKU, 8, false }, { OP_LOCKT, 6, false }, { OP_READ, 7, false }, { OP_WRITE, 8, false },
	{ OP_TEST_STATEID, 4, false }, { OP_FREE_STATEID, 4, false }, { OP_REMOVE, 2, false }, { OP_SEQUENCE, 2, false },
	{ OP_RECLAIM_COMPLETE, 1, false }, { OP_EXCHANGE_ID, 3, true }, { OP_CREATE_SESSION, 3, true },
	{ OP_BIND_CONN, 2, false }, { OP_DESTROY_SESSION, 2, true }, { OP_DESTROY_CLIENTID, 1, true },
	{ OP_DELEGRETURN, 2, false },
};

static uint32_t some_op(struct dice *d)
{
	unsigned int n = sizeof(weights) / sizeof(*weights), sum = 0, at;

	for (unsigned int i = 0; i < n; i++)
		sum += weights[i].who && d->together ? 0 : weights[i].weight;
	at = below(d, sum);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int w = weights[i].who && d->together ? 0 : weights[i].weight;

		if (at < w)
			return weights[i].op;
		at -= w;
	}
	return OP_SEQUENCE;
}

/* What gets a machine to where it can work; 0: it is there. */
static uint32_t start_op(struct dice *d)
{
	int conf = m_client_by_name(d->m, d->machine, true);

	if (conf < 0)
		return m_client_by_name(d->m, d->machine, false) < 0 ? OP_EXCHANGE_ID : OP_CREATE_SESSION;
	d->client = conf;
	if (pick(d, M_SESSIONS, is_session_of, conf) < 0)
		return OP_CREATE_SESSION;
	return d->m->client[conf].complete ? 0 : OP_RECLAIM_COMPLETE;
}

/* Not more of anything than the model has room for. */
static uint32_t within_bounds(struct dice *d, uint32_t op)
{
	unsigned int files = 0, sessions = 0;

	for (int i = 0; i < M_FILES; i++)
		files += d->m->file[i].used && !m_file_forgotten(d->m, i);
	for (int i = 0; i < M_SESSIONS; i++)
		sessions += d->m->session[i].used;
	if (op == OP_REMOVE && files > M_FILES - 4)
		return OP_CLOSE;
	if ((op == OP_OPEN || (op == OP_LOCK && percent(d, 50))) && states(d->m) > STATES_MANY)
		return OP_CLOSE;
	if (op == OP_CREATE_SESSION && sessions > M_SESSIONS / 2 - 5)
		return OP_DESTROY_SESSION;
	return op;
}

static uint32_t choose_op(struct dice *d)
{
	int shared = m_client_by_name(d->m, M_NAMES - 1, true);
	uint32_t op = start_op(d);

	if (op && (d->client < 0 || d->together || percent(d, 80)))
		return within_bounds(d, op);
	if (shared >= 0 && percent(d, 8) && pick(d, M_SESSIONS, is_session_of, shared) >= 0) {
		d->client = shared;
		if (!d->m->client[shared].complete && percent(d, 50))
			return OP_RECLAIM_COMPLETE;
	}
	return within_bounds(d, some_op(d));
}

/* A stateid op that is not special. */
static void gen_plain(struct dice *d, struct m_req *r, struct m_op *op)
{
	static const struct { uint32_t op; unsigned int kinds; } table[] = {
		{ OP_CLOSE, M_OPEN }, { OP_LOCKU, M_LOCK }, { OP_TEST_STATEID, M_OPEN | M_LOCK | M_DELEG },
		{ OP_FREE_STATEID, M_LOCK | M_DELEG }, { OP_DELEGRETURN, M_DELEG },
	};

	gen_range(d, op);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].op == op->op)
			good_id(d, r, table[i].kinds, &op->id);
	if (op->op == OP_FREE_STATEID || op->op == OP_TEST_STATEID)
		r->file = -2;
}

static void gen_op(struct dice *d, struct m_req *r, struct m_op *op)
{
	switch (op->op) {
	case OP_EXCHANGE_ID:
		gen_exchange_id(d, r, op);
		break;
	case OP_CREATE_SESSION:
		gen_create_session(d, r, op);
		break;
	case OP_DESTROY_CLIENTID:
	case OP_DESTROY_SESSION:
	case OP_BIND_CONN:
		gen_bare(d, r, op);
		break;
	case OP_RECLAIM_COMPLETE:
		r->file = -2;
		break;
	case OP_OPEN:
		gen_open(d, r, op);
		break;
	case OP_OPEN_DOWNGRADE:
		gen_downgrade(d, r, op);
		break;
	case OP_REMOVE:
		r->file = -1;
		op->name = below(d, M_FNAMES);
		break;
	case OP_LOCK:
		gen_lock(d, r, op);
		break;
	case OP_LOCKT:
		gen_range(d, op);
		op->owner = below(d, M_OWNERS);
		r->file = pick(d, M_FILES, is_file, 0);
		break;
	case OP_READ:
	case OP_WRITE:
		gen_io(d, r, op);
		break;
	default:
		gen_plain(d, r, op);
		break;
	}
}

/* Where in a session it goes; sometimes where it should not. */
static void gen_sequence(struct dice *d, struct m_req *r)
{
	int s = pick(d, M_SESSIONS, is_session_of, d->client);
	const struct m_session *session;
	unsigned int slots;

	if (s < 0 || percent(d, 1)) {
		some_session(d, -1, r->session);
		s = m_session_find(d->m, r->session);
		if (s < 0) {
			r->seqid = 1;
			return;
		}
	}
	session = &d->m->session[s];
	memcpy(r->session, session->id, 16);
	slots = session->slots < M_SLOTS - 1 ? session->slots : M_SLOTS - 1;	/* the last one is for DELEGRETURN */
	r->slot = below(d, slots ? slots : 1);
	r->highest = session->slots - 1;
	r->seqid = session->slot[r->slot].seq + 1;
	switch (below(d, 120)) {
	case 0:
		r->seqid += 1 + below(d, 3);	/* skipped */
		break;
	case 1:
		r->seqid -= 2 + below(d, 2);	/* long gone */
		break;
	case 2:
	case 3:
		r->seqid--;			/* a false retry */
		break;
	case 4:
		r->slot = session->slots + below(d, 3);
		break;
	case 5:
		r->highest = session->slots + below(d, 3);
		break;
	default:
		break;
	}
}

static enum gen_fault gen_fault(struct dice *d, const struct m_req *r)
{
	unsigned int luck = below(d, 100);

	if (d->together)
		return GEN_NONE;
	if (luck < 2)
		return GEN_DROP_HALF;
	if (luck < 4)
		return r->sequence && !r->cache ? GEN_NONE : GEN_DROP_UNREAD;
	if (luck < 7)
		return GEN_AGAIN_HERE;
	if (luck < 10)
		return GEN_AGAIN_THERE;
	return luck < 11 && r->sequence && r->cache ? GEN_TWICE : GEN_NONE;
}

void gen_next(const struct gen *g, const struct model *m, uint64_t step, unsigned int sub, bool together,
	      struct gen_step *ret)
{
	struct dice d = { .g = g, .m = m, .together = together, .client = -1 };
	struct m_req *r = &ret->req;

	memset(ret, 0, sizeof(*ret));
	d.rng = g->seed * 0x9e3779b97f4a7c15 ^ (step * 64 + sub) * 0xd1342543de82ef95;
	rpc4_random(&d.rng);
	do
		d.machine = below(&d, GEN_MACHINES);
	while (g->asleep >> d.machine & 1);
	ret->machine = d.machine;
	ret->conn = below(&d, GEN_CONNS);
	r->uid = gen_uid(d.machine);
	r->sequence = true;
	r->cache = percent(&d, 60);
	r->file = -2;
	r->op[0].op = choose_op(&d);
	if (r->op[0].op != OP_SEQUENCE) {
		r->nops = 1;
		gen_op(&d, r, &r->op[0]);
		if (r->file == -1 && r->op[0].op != OP_OPEN && r->op[0].op != OP_REMOVE) {
			memset(r->op, 0, sizeof(r->op));	/* there is no file yet */
			r->nops = 0;
			r->file = -2;
		}
	}
	while (r->nops && r->nops < M_OPS - 1 && r->op[0].op == OP_OPEN && percent(&d, 20))
		gen_follow(&d, r);
	if (r->file >= 0 && percent(&d, 1))
		r->fh = M_FH_FORGED;
	if (r->sequence)
		gen_sequence(&d, r);
	if (r->file >= 0)
		r->handle = m->file[r->file].fh;
	ret->fault = gen_fault(&d, r);
}

void gen_learn(struct gen *g, const struct m_req *r, const struct m_ans *a)
{
	for (unsigned int i = 0; i < a->nres; i++) {
		const struct m_res *res = &a->res[i];

		if (res->status)
			continue;
		if (res->op == OP_OPEN || res->op == OP_LOCK || res->op == OP_LOCKU)
			g->id[g->nid++ % GEN_RING] = res->id;
		else if (res->op == OP_CREATE_SESSION)
			memcpy(g->session[g->nsession++ % GEN_RING], res->session, 16);
		else if (res->op == OP_EXCHANGE_ID)
			g->clientid[g->nclientid++ % GEN_RING] = res->clientid;
	}
	(void)r;
}
