// SPDX-License-Identifier: GPL-2.0
/* Stateids, opens and delegations: RFC 8881 §8.2, §9.7, §10.4, §18.2, §18.16, §18.18, §18.38, §18.48. */
#include "judge.h"

#include <string.h>

/* --- stateids --- */

static const uint8_t zeros[12], ones[12] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };

static bool special(const struct nfs41_stateid *id)
{
	return !memcmp(id->other, zeros, 12) || !memcmp(id->other, ones, 12);
}

static bool current(const struct nfs41_stateid *id)
{
	return id->seq == 1 && !memcmp(id->other, zeros, 12);
}

uint32_t j_state_status(const struct judge *j, const struct nfs41_stateid *id, int *ret)
{
	const struct m_state *st;

	*ret = -1;
	if (current(id)) {
		if (!j->has_id)
			return S_BAD_STATEID;
		id = &j->id;
	}
	if (special(id))
		return S_BAD_STATEID;
	*ret = m_state_find(j->m, id->other);
	if (*ret >= 0 && j->m->state[*ret].client != j->client)
		*ret = -1;
	if (*ret < 0)
		return S_BAD_STATEID;
	st = &j->m->state[*ret];
	if (!id->seq || id->seq == st->seq)
		return S_OK;
	return (int32_t)(id->seq - st->seq) > 0 ? S_BAD_STATEID : S_OLD_STATEID;
}

static int find_state(struct judge *j, const struct nfs41_stateid *id)
{
	uint32_t status;
	int st;

	status = j_state_status(j, id, &st);
	if (status)
		j_refuse(j, status, "§8.2.2, §8.2.4");
	if (st < 0 && j->m->restarted) {
		j_may(j, S_STALE_STATEID, "of the server's earlier life (§8.2.2)");
		j_may(j, S_EXPIRED, "§8.2.4");
	}
	return st;
}

int j_state(struct judge *j, const struct nfs41_stateid *id, unsigned int kinds, bool file)
{
	int st = find_state(j, id);

	if (st < 0)
		return -1;
	if (j->m->state[st].revoked)
		j_refuse(j, S_DELEG_REVOKED, "it is revoked (§8.2.4, §10.4.5)");
	else if (m_may_be_revoked(&j->m->state[st], j->came_ms))
		j_may(j, S_DELEG_REVOKED, "it was recalled a lease ago (§10.4.5)");
	if (!(j->m->state[st].kind & kinds)) {
		j_refuse(j, S_BAD_STATEID, "another kind of stateid (§8.2.4)");
		return -1;
	}
	if (file && j->m->state[st].file != j->file) {
		j_refuse(j, S_BAD_STATEID, "another file's (§8.2.4)");
		return -1;
	}
	return st;	/* what else is wrong may be told instead */
}

int j_new_state(struct judge *j, enum m_kind kind, const struct nfs41_stateid *id)
{
	struct model *m = j->m;
	unsigned int at = m_place(id->other, 12, M_STATES);

	for (unsigned int k = 0; k < M_STATES; k++) {
		unsigned int i = (at + k) % M_STATES;

		if (m->state[i].used)
			continue;
		memset(&m->state[i], 0, sizeof(m->state[i]));
		m->state[i].used = true;
		m->state[i].kind = kind;
		m->state[i].client = j->client;
		m->state[i].file = j->file;
		m->state[i].seq = id->seq;
		memcpy(m->state[i].other, id->other, 12);
		return (int)i;
	}
	m->dropped++;
	return -1;
}

/* The stateid of a result: @st's next one. */
static bool next_id(struct judge *j, int st, const struct nfs41_stateid *id)
{
	struct m_state *s = &j->m->state[st];
	uint32_t want = s->seq + 1 ? s->seq + 1 : 1;

	if (memcmp(s->other, id->other, 12))
		return j_wrong(j, "another stateid than that of the state (§8.2.2)");
	if (id->seq != want)
		return j_wrong(j, "the stateid's seqid is not the next (§8.2.2)");
	s->seq = want;
	j->has_id = true;
	j->id = *id;
	return true;
}

/* --- share reservations --- */

static uint16_t pair(uint32_t access, uint32_t deny)
{
	return (uint16_t)(1u << ((access - 1) * 4 + deny));
}

static int own_open(const struct model *m, int client, unsigned int owner, int file)
{
	for (int i = 0; i < M_STATES; i++)
		if (m->state[i].used && m->state[i].kind == M_OPEN && m->state[i].client == client &&
		    m->state[i].owner == owner && m->state[i].file == file)
			return i;
	return -1;
}

/* Who is in the way gives way if his lease is over: then both answers are right. */
static void share_conflicts(struct judge *j, int file, int own, uint32_t access, uint32_t deny, uint32_t status)
{
	const struct model *m = j->m;

	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &m->state[i];

		if (!st->used || st->kind != M_OPEN || i == own || st->file != file)
			continue;
		if (!(st->deny & access || st->access & deny))
			continue;
		if (j_lapsed(j, st->client))
			j_may(j, status, "§9.7");
		else
			j_refuse(j, status, "a share reservation of another owner (§9.7)");
	}
}

/* Their leases were over, and their state was in the way. */
static void expire_conflicting(struct judge *j, int own, uint32_t access, uint32_t deny)
{
	struct model *m = j->m;

	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &m->state[i];

		if (st->used && st->kind == M_OPEN && i != own && st->file == j->file &&
		    (st->deny & access || st->access & deny))
			j_drop_client(m, st->client);
	}
}

/* --- OPEN --- */

static void create_errors(struct judge *j, const struct m_op *op, int f)
{
	const struct m_file *file = &j->m->file[f];

	if (op->create == M_GUARDED)
		j_refuse(j, S_EXIST, "GUARDED4, and it is there (§18.16.3)");
	if (op->create != M_EXCLUSIVE)
		return;
	if (!file->exclusive || file->verifier != op->verifier)
		j_refuse(j, S_EXIST, "exclusive, and made by another request (§18.16.3)");
	else if (j->r->uid && j->r->uid != file->uid)
		j_refuse(j, S_EXIST, "exclusive, and made by somebody else, whose verifier all can see");
	else if (file->touched)
		j_may(j, S_EXIST, "exclusive, and its verifier may be overwritten (§18.16.4)");
}

static int target(const struct judge *j, const struct m_op *op)
{
	/* What was found by name in the first half stays, whatever becomes of the name */
	return op->claim == M_CLAIM_NULL && !j->half ? m_file_by_name(j->m, op->name) : j->file;
}

static void claim_errors(struct judge *j, const struct m_op *op)
{
	bool grace = j->r->now_ms < j->m->grace_until_ms;

	if (op->claim == M_CLAIM_PREVIOUS) {
		(grace ? j_may : j_refuse)(j, S_NO_GRACE, "no grace period, or no reclaim any more (§8.4.2.1)");
		j_may(j, S_RECLAIM_BAD, "§8.4.2.1");
		return;
	}
	if (grace)
		j_may(j, S_GRACE, "others may still reclaim (§8.4.2.1)");
	if (!j->m->client[j->client].complete)
		j_refuse(j, S_GRACE, "before RECLAIM_COMPLETE (§18.51.3)");
}

/* It writes, whatever it asks to do later. */
static void truncate_errors(struct judge *j, int f, int own)
{
	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &j->m->state[i];

		if (!st->used || st->kind != M_OPEN || i == own || st->file != f || !(st->deny & 2))
			continue;
		if (j_lapsed(j, st->client))
			j_may(j, S_SHARE_DENIED, "§9.7");
		else
			j_refuse(j, S_SHARE_DENIED, "it truncates what another denies to write (§9.7)");
	}
}

/* Who may read by delegation denies nobody to read (§10.4): others may do all that goes with readers. */
static bool needs_all(const struct m_op *op)
{
	return op->access & 2 || op->truncate || op->deny & 1;
}

static void open_errors(struct judge *j, const struct m_op *op)
{
	int f = target(j, op), own;

	if (op->access < 1 || op->access > 3 || op->deny > 3) {
		j_refuse(j, S_INVAL, "access or deny bits (§18.16.3)");
		j_refuse(j, S_BADXDR, "access or deny bits (§18.16.3)");
	}
	claim_errors(j, op);
	if (f < 0 && op->create == M_NOCREATE)
		j_refuse(j, S_NOENT, "no such file (§18.16.3)");
	if (f < 0)
		return;
	j->v->file = f;
	if (op->create != M_NOCREATE && !j->half)
		create_errors(j, op, f);
	own = own_open(j->m, j->client, op->owner, f);
	share_conflicts(j, f, own, op->access, op->deny, S_SHARE_DENIED);
	j_delegations(j, f, needs_all(op));
	if (op->truncate && op->create == M_UNCHECKED)
		truncate_errors(j, f, own);
}

bool m_file_forgotten(const struct model *m, int f)
{
	if (!m->file[f].used || m->file[f].name >= 0)
		return false;
	for (int i = 0; i < M_STATES; i++)
		if (m->state[i].used && m->state[i].file == f)
			return false;
	return true;
}

static int new_file(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	struct model *m = j->m;
	unsigned int at = m_place(res->fh.data, res->fh.len, M_FILES), k, i = 0;

	for (k = 0; k < M_FILES; k++) {
		i = (at + k) % M_FILES;
		if (!m->file[i].used || (m_file_forgotten(m, (int)i) && j->r->now_ms > m->file[i].removed_ms))
			break;
	}
	if (k == M_FILES) {
		m->dropped++;
		return -2;
	}
	memset(&m->file[i], 0, sizeof(m->file[i]));
	m->file[i].used = true;
	m->file[i].name = (int)op->name;
	m->file[i].fh = res->fh;
	m->file[i].exclusive = op->create == M_EXCLUSIVE;
	m->file[i].verifier = op->verifier;
	m->file[i].uid = j->r->uid;
	return (int)i;
}

static void make_empty(struct m_file *file)
{
	file->size = 0;
	memset(file->data, 0, sizeof(file->data));
	file->touched = true;	/* its mtime moves even if it was empty (POSIX, open()) */
}

/* The file that the answer is about becomes the current one. */
static bool opened_file(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	struct m_file *file;
	int f = target(j, op);

	if (f < 0)
		f = new_file(j, op, res);
	j->file = f;
	j->v->file = f;
	if (f < 0)
		return true;
	file = &j->m->file[f];
	if (res->fh.len && (res->fh.len != file->fh.len || memcmp(res->fh.data, file->fh.data, res->fh.len)))
		return j_wrong(j, "another file handle than before (§4.2.2)");
	if (!j->half && op->create == M_UNCHECKED && op->truncate)
		make_empty(file);
	return true;
}

bool j_open_half(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int f;

	if (op->op != OP_OPEN || op->create == M_NOCREATE)
		return false;
	f = target(j, op);
	if (f < 0)
		f = new_file(j, op, res);
	else if (op->create == M_UNCHECKED && op->truncate)
		make_empty(&j->m->file[f]);
	else
		return false;
	j->file = f;
	return true;
}

static bool add_delegation(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int st;

	if (res->deleg_type != 1 && res->deleg_type != 2)
		return true;
	if ((op->want & 0xff00) == 0x400)
		return j_wrong(j, "a delegation that was not wanted (§18.16.3)");
	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *other = &j->m->state[i];

		if (!other->used || other->file != j->file || other->client == j->client)
			continue;
		if (other->kind == M_OPEN && (res->deleg_type == 2 || other->access & 2) &&
		    !j_lapsed(j, other->client))
			return j_wrong(j, "a delegation beside another client's open (§10.4)");
	}
	st = m_state_find(j->m, res->deleg.other);
	if (st >= 0) {
		j->m->state[st].seq = res->deleg.seq;
		j->m->state[st].access = res->deleg_type;
		return true;
	}
	st = j_new_state(j, M_DELEG, &res->deleg);
	if (st >= 0)
		j->m->state[st].access = res->deleg_type;
	return true;
}

bool j_open(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int own;

	if (!res) {
		open_errors(j, op);
		return true;
	}
	if (!opened_file(j, op, res))
		return false;
	if (j->file < 0)
		return true;
	j_delegations_gone(j, j->file, needs_all(op));
	own = own_open(j->m, j->client, op->owner, j->file);
	expire_conflicting(j, own, op->access, op->deny);
	if (own >= 0) {
		if (!next_id(j, own, &res->id))
			return false;
	} else {
		if (m_state_find(j->m, res->id.other) >= 0 || special(&res->id))
			return j_wrong(j, "a new open has a stateid that is taken or special (§8.2.2)");
		if (res->id.seq != 1)
			return j_wrong(j, "a new stateid's seqid is 1 (§8.2.2)");
		own = j_new_state(j, M_OPEN, &res->id);
		if (own < 0)
			return true;
		j->m->state[own].owner = op->owner;
		j->has_id = true;
		j->id = res->id;
	}
	j->m->state[own].access |= op->access;
	j->m->state[own].deny |= op->deny;
	j->m->state[own].seen |= pair(op->access, op->deny);
	return add_delegation(j, op, res);
}

/* --- the others --- */

static uint16_t subset(uint16_t seen, uint32_t access, uint32_t deny, bool *ret_exact)
{
	uint32_t all_access = 0, all_deny = 0;
	uint16_t kept = 0;

	for (uint32_t a = 1; a <= 3; a++) {
		for (uint32_t d = 0; d <= 3; d++) {
			if (!(seen & pair(a, d)) || a & ~access || d & ~deny)
				continue;
			kept |= pair(a, d);
			all_access |= a;
			all_deny |= d;
		}
	}
	*ret_exact = all_access == access && all_deny == deny;
	return kept;
}

bool j_downgrade(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int st = j_state(j, &op->id, M_OPEN, true);
	bool valid = op->access >= 1 && op->access <= 3 && op->deny <= 3, exact = false;
	uint16_t kept = 0;

	if (st >= 0 && valid)
		kept = subset(j->m->state[st].seen, op->access, op->deny, &exact);
	if (!res) {
		if (!valid) {
			j_refuse(j, S_INVAL, "access or deny bits (§18.18.3)");
			j_refuse(j, S_BADXDR, "access or deny bits (§18.18.3)");
		} else if (st >= 0 && !exact) {
			(j->m->lenient ? j_may : j_refuse)(j, S_INVAL, "no union of opens in effect (§18.18.3)");
		}
		return true;
	}
	if (exact)
		j->m->state[st].seen = kept;
	j->m->state[st].access = op->access;
	j->m->state[st].deny = op->deny;
	return next_id(j, st, &res->id);
}

bool j_close(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int st = j_state(j, &op->id, M_OPEN, true);

	if (!res) {
		for (int i = 0; st >= 0 && i < M_STATES; i++)
			if (j->m->state[i].used && j->m->state[i].kind == M_LOCK && j->m->state[i].open == st)
				j_may(j, S_LOCKS_HELD, "locks are held (§18.2.3)");
		return true;
	}
	j_drop_state(j->m, st);
	j->has_id = false;	/* what CLOSE leaves behind is good for nothing (§18.2.4) */
	return true;
}

bool j_remove(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int f = m_file_by_name(j->m, op->name);

	if (!res && j->r->now_ms < j->m->grace_until_ms)
		j_may(j, S_GRACE, "others may still reclaim what they have of it (§18.25.3, §15.2)");
	if (res) {
		j_delegations_gone(j, f, true);
		j->m->file[f].name = -1;
		j->m->file[f].removed_ms = j->came_ms;
		return true;
	}
	if (f < 0) {
		j_refuse(j, S_NOENT, "no such file (§18.25.3)");
		return true;
	}
	j->v->file = f;
	j_delegations(j, f, true);
	for (int i = 0; i < M_STATES; i++)
		if (j->m->state[i].used && j->m->state[i].kind == M_OPEN && j->m->state[i].file == f)
			j_may(j, S_FILE_OPEN, "it is open (§18.25.3)");
	return true;
}

bool j_test_stateid(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	uint32_t want;
	int st;

	if (!res)
		return true;
	want = j_state_status(j, &op->id, &st);
	if (st >= 0 && res->tested == S_DELEG_REVOKED)
		j_said_revoked(j, st);
	if (st >= 0 && j->m->state[st].revoked && (want == S_OK || res->tested == S_DELEG_REVOKED))
		want = S_DELEG_REVOKED;
	if (res->tested == want)
		return true;
	if (st < 0 && j->m->restarted && (res->tested == S_STALE_STATEID || res->tested == S_EXPIRED))
		return true;
	j->v->got = res->tested;
	j->v->n = 0;
	j_may(j, want, "§18.48.3");
	return j_wrong(j, "the status of the one stateid");
}

bool j_free_stateid(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int st = find_state(j, &op->id);
	bool held = false;

	if (res) {
		j_drop_state(j->m, st);
		return true;
	}
	if (st < 0)
		return true;
	held = j->m->state[st].kind != M_LOCK && !j->m->state[st].revoked;
	for (unsigned int i = 0; i < M_CELLS; i++)
		held |= j->m->state[st].cell[i];
	if (held)
		(m_may_be_revoked(&j->m->state[st], j->came_ms) ? j_may : j_refuse)(j, S_LOCKS_HELD, "it stands for something held (§18.38.3)");
	return true;
}
