// SPDX-License-Identifier: GPL-2.0
/* Byte ranges and I/O: RFC 8881 §9, §18.10 to §18.12, §18.22, §18.32. */
#include "judge.h"

#include <string.h>

#define IS_WRITE(type) ((type) == 2 || (type) == 4)

static int lock_state(const struct model *m, int client, unsigned int owner, int file)
{
	for (int i = 0; i < M_STATES; i++)
		if (m->state[i].used && m->state[i].kind == M_LOCK && m->state[i].client == client &&
		    m->state[i].owner == owner && m->state[i].file == file)
			return i;
	return -1;
}

/* The first cell of op's range in which a lock of @st is in the way, or -1. */
static int conflict(const struct m_state *st, const struct m_op *op)
{
	for (unsigned int i = op->first; i <= op->last; i++)
		if (st->cell[i] && (IS_WRITE(op->type) || st->cell[i] == 2))
			return (int)i;
	return -1;
}

static bool overlap(const struct m_wait *w, const struct m_op *op)
{
	return w->first <= op->last && op->first <= w->last && (w->write || IS_WRITE(op->type));
}

/* Of another than (client, owner). */
static bool other_lock(const struct judge *j, const struct m_state *st, unsigned int owner)
{
	return st->used && st->kind == M_LOCK && st->file == j->file &&
	       (st->client != j->client || st->owner != owner);
}

static bool other_wait(const struct judge *j, const struct m_wait *w, const struct m_op *op, unsigned int owner)
{
	return w->used && w->file == j->file && overlap(w, op) && (w->client != j->client || w->owner != owner);
}

static void lock_conflicts(struct judge *j, const struct m_op *op, unsigned int owner, bool fair)
{
	const struct model *m = j->m;

	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &m->state[i];

		if (!other_lock(j, st, owner) || conflict(st, op) < 0)
			continue;
		if (j_lapsed(j, st->client))
			j_may(j, S_DENIED, "§9.3");
		else
			j_refuse(j, S_DENIED, "a lock of another owner (§9)");
	}
	for (int i = 0; fair && i < M_WAITS; i++)
		if (other_wait(j, &m->wait[i], op, owner))
			j_may(j, S_DENIED, "somebody else waits for it (§9.6)");
}

static void range_errors(struct judge *j, const struct m_op *op)
{
	if (op->bad_range)
		j_refuse(j, S_INVAL, "length 0, or beyond 2^64 (§18.10.3)");
}

/* --- LOCK --- */

/* The state that the stateid means: the open if new_owner, else the lock; and the owner. */
static int lock_target(struct judge *j, const struct m_op *op, unsigned int *ret_owner)
{
	int st = j_state(j, &op->id, op->new_owner ? M_OPEN : M_LOCK, true);

	*ret_owner = op->new_owner ? op->owner : st >= 0 ? j->m->state[st].owner : 0;
	return st;
}

static void lock_errors(struct judge *j, const struct m_op *op)
{
	bool grace = j->r->now_ms < j->m->grace_until_ms;
	unsigned int owner;
	const struct m_state *open;
	int st = lock_target(j, op, &owner);

	range_errors(j, op);
	if (op->reclaim) {
		(grace ? j_may : j_refuse)(j, S_NO_GRACE, "no grace period, or no reclaim any more (§8.4.2.1)");
		j_may(j, S_RECLAIM_BAD, "§8.4.2.1");
	} else {
		if (grace)
			j_may(j, S_GRACE, "others may still reclaim (§8.4.2.1)");
		if (!j->m->client[j->client].complete)
			j_refuse(j, S_GRACE, "before RECLAIM_COMPLETE (§18.51.3)");
	}
	if (st < 0)
		return;
	open = &j->m->state[op->new_owner ? st : j->m->state[st].open];
	if (!(open->access & (IS_WRITE(op->type) ? 2 : 1)))
		j_refuse(j, S_OPENMODE, "the open does not allow that type (§18.10.3)");
	lock_conflicts(j, op, owner, true);
}

static void forget_wait(struct judge *j, unsigned int owner)
{
	for (int i = 0; i < M_WAITS; i++)
		if (j->m->wait[i].client == j->client && j->m->wait[i].owner == owner && j->m->wait[i].file == j->file)
			memset(&j->m->wait[i], 0, sizeof(j->m->wait[i]));
}

static void remember_wait(struct judge *j, const struct m_op *op, unsigned int owner)
{
	const int id[3] = { j->client, j->file, (int)owner };
	unsigned int at = m_place(id, sizeof(id), M_WAITS);

	forget_wait(j, owner);
	for (unsigned int k = 0; k < M_WAITS; k++) {
		struct m_wait *w = &j->m->wait[(at + k) % M_WAITS];

		if (w->used)
			continue;
		w->used = true;
		w->write = IS_WRITE(op->type);
		w->client = j->client;
		w->file = j->file;
		w->owner = owner;
		w->first = op->first;
		w->last = op->last;
		return;
	}
	j->m->dropped++;
}

static void set_cells(struct m_state *st, const struct m_op *op, uint8_t value)
{
	memset(st->cell + op->first, value, op->last - op->first + 1);
}

static void expire_conflicting(struct judge *j, const struct m_op *op, int own)
{
	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &j->m->state[i];

		if (i != own && other_lock(j, st, j->m->state[own].owner) && conflict(st, op) >= 0)
			j_drop_client(j->m, st->client);
	}
}

static bool lock_done(struct judge *j, const struct m_op *op, int st, const struct m_res *res)
{
	struct m_state *s = &j->m->state[st];

	if (memcmp(s->other, res->id.other, 12) || res->id.seq != (s->seq + 1 ? s->seq + 1 : 1))
		return j_wrong(j, "not the lock's stateid with the next seqid (§8.2.2)");
	s->seq = res->id.seq;
	j->has_id = true;
	j->id = res->id;
	if (op->op == OP_LOCK)
		set_cells(s, op, IS_WRITE(op->type) ? 2 : 1);
	else
		set_cells(s, op, 0);
	return true;
}

bool j_lock(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	unsigned int owner;
	int st, lock;

	if (!res) {
		lock_errors(j, op);
		return true;
	}
	st = lock_target(j, op, &owner);
	lock = op->new_owner ? lock_state(j->m, j->client, owner, j->file) : st;
	forget_wait(j, owner);
	if (lock < 0) {
		struct nfs41_stateid first = res->id;

		if (m_state_find(j->m, res->id.other) >= 0)
			return j_wrong(j, "a new lock has a stateid that is taken (§8.2.2)");
		first.seq = 0;
		lock = j_new_state(j, M_LOCK, &first);
		if (lock < 0)
			return true;
		j->m->state[lock].owner = owner;
		j->m->state[lock].open = st;
	}
	expire_conflicting(j, op, lock);
	return lock_done(j, op, lock, res);
}

bool j_lockt(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	if (res) {
		j_delegations_gone(j, j->file, false);
		return true;
	}
	range_errors(j, op);
	if (j->r->now_ms < j->m->grace_until_ms)
		j_may(j, S_GRACE, "others may still reclaim (§18.11.3)");
	/* Who has one to write locks without asking (§10.4.2) */
	j_delegations(j, j->file, false);
	lock_conflicts(j, op, op->owner, false);
	return true;
}

bool j_locku(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	int st = j_state(j, &op->id, M_LOCK, true);

	if (!res) {
		range_errors(j, op);
		return true;
	}
	return lock_done(j, op, st, res);
}

/* --- DENIED --- */

static bool names_owner(const struct m_denied *d, unsigned int owner)
{
	char name[64];
	unsigned int len = m_owner_name(name, sizeof(name), "lock", owner);

	/* It may be left out if it does not fit (§18.10.3) */
	return !d->owner_len || (d->owner_len == len && !memcmp(d->owner, name, len));
}

/* All of the range that is told is held so, and some of it is in the way. */
static bool tells_of(const struct m_denied *d, const struct m_state *st, const struct m_op *op)
{
	uint64_t last = d->length == UINT64_MAX ? UINT64_MAX : d->offset + d->length - 1;
	bool in_the_way = false, any = false;

	for (unsigned int i = 0; i < M_CELLS; i++) {
		if (m_cell_start(i) < d->offset || m_cell_start(i) > last)
			continue;
		any = true;
		if (st->cell[i] != (IS_WRITE(d->type) ? 2 : 1))
			return false;
		in_the_way |= i >= op->first && i <= op->last;
	}
	return any && in_the_way;
}

static bool is_client(const struct judge *j, const struct m_denied *d, int client)
{
	return d->clientid == j->m->client[client].id;
}

static bool holder_told(const struct judge *j, const struct m_op *op, const struct m_denied *d, unsigned int owner)
{
	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &j->m->state[i];

		if (other_lock(j, st, owner) && is_client(j, d, st->client) && names_owner(d, st->owner) &&
		    tells_of(d, st, op))
			return true;
	}
	return false;
}

static bool waiter_told(const struct judge *j, const struct m_op *op, const struct m_denied *d, unsigned int owner)
{
	for (int i = 0; i < M_WAITS; i++) {
		const struct m_wait *w = &j->m->wait[i];

		if (other_wait(j, w, op, owner) && is_client(j, d, w->client) && names_owner(d, w->owner))
			return true;
	}
	return false;
}

bool j_denied(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	unsigned int owner = op->owner;

	if (op->op == OP_LOCK) {
		lock_target(j, op, &owner);
		if (op->type > 2)
			remember_wait(j, op, owner);
	}
	if (holder_told(j, op, &res->denied, owner))
		return true;
	if (op->op == OP_LOCK && waiter_told(j, op, &res->denied, owner))
		return true;
	return j_wrong(j, "LOCK4denied tells of a lock that nobody has (§18.10.3)");
}

/* --- READ and WRITE --- */

static void io_anonymous(struct judge *j, bool write, bool bypass)
{
	const struct model *m = j->m;

	if (j->r->now_ms < m->grace_until_ms)
		j_may(j, S_GRACE, "others may still reclaim (§8.4.2.1)");
	if (bypass && !write)
		return;
	for (int i = 0; i < M_STATES; i++) {
		const struct m_state *st = &m->state[i];

		if (!st->used || st->kind != M_OPEN || st->file != j->file || !(st->deny & (write ? 2 : 1)))
			continue;
		if (j_lapsed(j, st->client))
			j_may(j, S_LOCKED, "§9.7");
		else
			j_refuse(j, S_LOCKED, "denied by an open (§8.2.3, §9.7)");
	}
}

static void io_errors(struct judge *j, const struct m_op *op, bool write)
{
	static const uint8_t zeros[12];
	static const uint8_t ones[12] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
	const struct m_state *st;
	int i;

	j_delegations(j, j->file, write);
	if ((op->id.seq == 0 && !memcmp(op->id.other, zeros, 12)) ||
	    (op->id.seq == UINT32_MAX && !memcmp(op->id.other, ones, 12))) {
		io_anonymous(j, write, op->id.seq);
		return;
	}
	i = j_state(j, &op->id, M_OPEN | M_LOCK | M_DELEG, true);
	if (i < 0)
		return;
	st = &j->m->state[i];
	if (st->kind == M_LOCK)
		st = &j->m->state[st->open];
	if (st->kind == M_DELEG ? write && st->access != 2 : !(st->access & (write ? 2 : 1)))
		(write ? j_refuse : j_may)(j, S_OPENMODE, "not opened for that (§18.22.3, §18.32.3)");
}

static void expire_denying(struct judge *j, const struct m_op *op, uint32_t access)
{
	static const uint8_t zeros[12];

	if (op->id.seq != 0 || memcmp(op->id.other, zeros, 12))
		return;
	for (int i = 0; i < M_STATES; i++)
		if (j->m->state[i].used && j->m->state[i].kind == M_OPEN && j->m->state[i].file == j->file &&
		    j->m->state[i].deny & access)
			j_drop_client(j->m, j->m->state[i].client);
}

bool j_read(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	struct m_file *file;
	uint32_t want;

	if (!res) {
		io_errors(j, op, false);
		return true;
	}
	j_delegations_gone(j, j->file, false);
	expire_denying(j, op, 1);
	if (j->file < 0)
		return true;
	file = &j->m->file[j->file];
	file->touched = true;
	want = op->offset >= file->size ? 0 : file->size - (uint32_t)op->offset;
	want = want < op->length ? want : op->length;
	if (res->len != want)
		return j_wrong(j, "not as many bytes as there are (§18.22.3)");
	if (memcmp(res->data, file->data + op->offset, want))
		return j_wrong(j, "not the bytes that were written");
	if (op->length && res->eof != (op->offset + want >= file->size))
		return j_wrong(j, "eof (§18.22.3)");
	return true;
}

bool j_write(struct judge *j, const struct m_op *op, const struct m_res *res)
{
	struct m_file *file;

	if (!res) {
		io_errors(j, op, true);
		return true;
	}
	j_delegations_gone(j, j->file, true);
	expire_denying(j, op, 2);
	if (j->file < 0)
		return true;
	file = &j->m->file[j->file];
	file->touched = true;
	if (res->len != op->length)
		return j_wrong(j, "not all was written");
	memset(file->data + op->offset, op->fill, op->length);
	if (op->length && op->offset + op->length > file->size)
		file->size = (uint32_t)op->offset + op->length;
	return true;
}
