// SPDX-License-Identifier: GPL-2.0
/* The model that judges servers: it must refuse what is wrong, not only accept what is right; and the generator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../rawclient/nfs41_cb.h"
#include "gen.h"
#include "wire.h"

/* A server that does what a test says, for clients of the shape that most tests want. */
static struct model m;
static struct m_verdict v;
static uint32_t seqid[4][M_SLOTS];

static bool ask(const struct m_req *r, const struct m_ans *a)
{
	return model_step(&m, r, a, &v);
}

static struct m_req bare(uint32_t op)
{
	struct m_req r = { .file = -2, .nops = 1 };

	r.op[0].op = op;
	return r;
}

static struct m_ans answer(const struct m_req *r, uint32_t status)
{
	struct m_ans a = { .status = status, .sr_slot = r->slot, .sr_seqid = r->seqid, .hash = 1 + status, .nres = r->nops };

	for (unsigned int i = 0; i < r->nops; i++)
		a.res[i].op = r->op[i].op;
	if (r->nops)
		a.res[r->nops - 1].status = status;
	return a;
}

/* In session @s (its id is made of that number), on slot 0. */
static struct m_req in(unsigned int s, uint32_t op)
{
	struct m_req r = bare(op);

	r.sequence = true;
	memset(r.session, (int)s, 16);
	r.seqid = ++seqid[s][0];
	r.file = m_file_by_name(&m, 0);
	return r;
}

static struct nfs41_stateid id_of(uint32_t seq, uint8_t n)
{
	struct nfs41_stateid id = { .seq = seq };

	memset(id.other, n, 12);
	return id;
}

static bool exchange(unsigned int name, uint64_t verifier, uint64_t clientid, uint32_t flags)
{
	struct m_req r = bare(OP_EXCHANGE_ID);
	struct m_ans a;

	r.op[0].name = name;
	r.op[0].verifier = verifier;
	a = answer(&r, 0);
	a.res[0].clientid = clientid;
	a.res[0].seq = 1;
	a.res[0].flags = flags;
	return ask(&r, &a);
}

static bool create_session(uint64_t clientid, uint32_t seq, unsigned int s)
{
	struct m_req r = bare(OP_CREATE_SESSION);
	struct m_ans a;

	r.op[0].clientid = clientid;
	r.op[0].seq = seq;
	a = answer(&r, 0);
	a.res[0].seq = seq;
	a.res[0].slots = M_SLOTS;
	a.res[0].max_ops = 16;
	memset(a.res[0].session, (int)s, 16);
	return ask(&r, &a);
}

/* Client n with session n, ready to open. */
static void client(unsigned int n)
{
	struct m_req r;
	struct m_ans a;

	assert_true(exchange(n, 1, 100 + n, 0));
	assert_true(create_session(100 + n, 1, n));
	r = in(n, OP_RECLAIM_COMPLETE);
	r.file = -2;
	a = answer(&r, 0);
	assert_true(ask(&r, &a));
}

static bool open_as(unsigned int s, unsigned int owner, uint32_t access, uint32_t deny, uint32_t status,
		    struct nfs41_stateid id)
{
	struct m_req r = in(s, OP_OPEN);
	struct m_ans a;

	r.file = -1;
	r.op[0].access = access;
	r.op[0].deny = deny;
	r.op[0].owner = owner;
	r.op[0].want = 0x400;
	a = answer(&r, status);
	a.res[0].id = id;
	a.res[0].fh.len = 4;
	return ask(&r, &a);
}

static bool lock_as(unsigned int s, struct m_op op, uint32_t status, struct nfs41_stateid id)
{
	struct m_req r = in(s, OP_LOCK);
	struct m_ans a;

	r.op[0] = op;
	a = answer(&r, status);
	a.res[0].id = id;
	return ask(&r, &a);
}

static bool plain(unsigned int s, uint32_t op, struct nfs41_stateid id, uint32_t status)
{
	struct m_req r = in(s, op);
	struct m_ans a;

	r.op[0].id = id;
	r.op[0].access = 1;
	a = answer(&r, status);
	a.res[0].id = id;
	a.res[0].id.seq++;
	return ask(&r, &a);
}

static int fresh(void **state)
{
	(void)state;
	memset(seqid, 0, sizeof(seqid));
	model_init(&m, 90000);
	return 0;
}

/* --- clients and sessions --- */

static void client_ids(void **state)
{
	(void)state;
	assert_true(exchange(0, 1, 7, 0));
	assert_true(exchange(0, 1, 8, 0));		/* 4: the unconfirmed one is replaced */
	assert_true(m_client_by_id(&m, 7) < 0);
	assert_true(create_session(8, 1, 1));
	assert_true(exchange(0, 1, 8, 0x80000000));	/* 2 */
	assert_true(exchange(0, 2, 9, 0));		/* 5: the old one stays until the new one is confirmed */
	assert_true(m_client_by_id(&m, 8) >= 0);
	assert_true(create_session(9, 1, 2));
	assert_true(m_client_by_id(&m, 8) < 0);
}

static void client_ids_wrong(void **state)
{
	struct model before;

	(void)state;
	assert_true(exchange(0, 1, 7, 0));
	assert_true(create_session(7, 1, 1));
	before = m;
	assert_false(exchange(0, 1, 8, 0));		/* 2: another id for the same client */
	m = before;
	assert_false(exchange(0, 1, 7, 0));		/* 2: not told that it is confirmed */
	m = before;
	assert_false(exchange(0, 2, 7, 0));		/* 5: a restarted client is a new one */
	m = before;
	assert_false(exchange(1, 1, 7, 0));		/* another client's id */
}

/* EXCHANGE_ID finds the record of who was silent for too long. Whether it is one of a living client then is open. */
static void exchange_after_lease(void **state)
{
	struct m_req r = bare(OP_EXCHANGE_ID);
	struct m_ans a;

	(void)state;
	client(1);
	assert_true(open_as(1, 0, 1, 0, 0, id_of(1, 1)));
	r.now_ms = 100000;
	r.op[0].name = 1;
	r.op[0].verifier = 1;
	a = answer(&r, 0);
	a.res[0].clientid = 101;
	a.res[0].seq = 2;
	a.res[0].flags = 0x80000000;
	assert_true(ask(&r, &a));
	r.now_ms++;
	r.uid = 7;
	a = answer(&r, 0);
	a.res[0].clientid = 102;
	a.res[0].seq = 1;
	assert_true(ask(&r, &a));
}

static void create_session_replies(void **state)
{
	(void)state;
	assert_true(exchange(0, 1, 7, 0));
	assert_false(create_session(7, 2, 1));		/* must be SEQ_MISORDERED */
	fresh(state);
	assert_true(exchange(0, 1, 7, 0));
	assert_true(create_session(7, 1, 1));
	assert_true(create_session(7, 1, 1));		/* the reply kept */
	assert_false(create_session(7, 1, 2));		/* a second session out of one request */
}

static bool sequence_alone(uint32_t seq, bool cache, uint32_t status, uint64_t hash)
{
	struct m_req r = in(1, OP_SEQUENCE);
	struct m_ans a;

	r.nops = 0;
	r.file = -2;
	r.seqid = seq;
	r.cache = cache;
	a = answer(&r, status);
	a.seq_status = status;
	a.hash = hash;
	return ask(&r, &a);
}

static void slots(void **state)
{
	struct model before;

	(void)state;
	client(1);					/* has used seqid 1 */
	before = m;
	assert_true(sequence_alone(2, true, 0, 5));
	assert_true(sequence_alone(2, true, 0, 5));	/* retry */
	assert_false(sequence_alone(2, true, 0, 6));	/* retry, other bytes */
	m = before;
	assert_true(sequence_alone(3, true, S_SEQ_MISORDERED, 5));
	assert_false(sequence_alone(3, true, 0, 5));
	m = before;
	assert_false(sequence_alone(2, true, S_SEQ_MISORDERED, 5));
	m = before;
	assert_true(sequence_alone(0, true, S_SEQ_MISORDERED, 5));
	assert_false(sequence_alone(2, true, S_BADSESSION, 5));
	m = before;
	/* The reply of what is not cached may be refused */
	assert_true(sequence_alone(2, false, 0, 5));
	assert_true(sequence_alone(2, false, 0, 6));
	/* A false retry: refused, or answered as the first */
	assert_true(sequence_alone(2, true, S_SEQ_FALSE_RETRY, 9));
}

/* A request at 89 s of a lease of 90, and the answer that the session is gone, which came then. */
static void session_gone(struct m_req *r, struct m_ans *a)
{
	client(1);
	*r = in(1, OP_RECLAIM_COMPLETE);
	r->file = -2;
	r->now_ms = 89000;
	*a = answer(r, S_BADSESSION);
	a->seq_status = S_BADSESSION;
	a->nres = 0;
}

static void leases(void **state)
{
	struct m_req r;
	struct m_ans a;

	(void)state;
	session_gone(&r, &a);
	assert_false(ask(&r, &a));			/* the lease is not over */
	fresh(state);
	client(1);
	r.now_ms = 91000;
	assert_true(ask(&r, &a));
	assert_true(m_client_by_id(&m, 101) < 0);
}

/* What was asked before the end of a lease, and is answered after it, may be judged by either. */
static void leases_while_waiting(void **state)
{
	struct m_req r;
	struct m_ans a;

	(void)state;
	session_gone(&r, &a);
	a.came_ms = 91000;
	assert_true(ask(&r, &a));
}

/* --- opens --- */

static void shares(void **state)
{
	struct model before;

	(void)state;
	client(1);
	client(2);
	assert_true(open_as(1, 0, 1, 2, 0, id_of(1, 1)));
	before = m;
	assert_true(open_as(2, 0, 2, 0, S_SHARE_DENIED, id_of(0, 0)));
	assert_true(open_as(2, 0, 1, 1, S_SHARE_DENIED, id_of(0, 0)));
	assert_true(open_as(2, 0, 1, 0, 0, id_of(1, 2)));
	m = before;
	seqid[2][0] = 1;
	assert_false(open_as(2, 0, 2, 0, 0, id_of(1, 2)));	/* against a's deny */
	m = before;
	assert_false(open_as(2, 0, 1, 0, S_SHARE_DENIED, id_of(1, 2)));	/* for nothing */
	m = before;
	assert_false(open_as(1, 0, 1, 0, 0, id_of(1, 1)));	/* the upgrade's seqid must grow */
	m = before;
	assert_false(open_as(1, 0, 1, 0, 0, id_of(1, 3)));	/* and the stateid stay */
	m = before;
	assert_false(open_as(2, 0, 1, 0, 0, id_of(2, 2)));	/* a new one begins with 1 */
}

static void downgrades(void **state)
{
	struct model before;

	(void)state;
	client(1);
	assert_true(open_as(1, 0, 3, 0, 0, id_of(1, 1)));
	before = m;
	assert_true(plain(1, OP_OPEN_DOWNGRADE, id_of(1, 1), S_INVAL));	/* never opened so */
	assert_false(plain(1, OP_OPEN_DOWNGRADE, id_of(1, 1), 0));
	m = before;
	seqid[1][0] = 2;
	assert_true(open_as(1, 0, 1, 0, 0, id_of(2, 1)));
	assert_true(plain(1, OP_OPEN_DOWNGRADE, id_of(1, 1), S_OLD_STATEID));
	assert_true(plain(1, OP_OPEN_DOWNGRADE, id_of(2, 1), 0));
	assert_true(plain(1, OP_OPEN_DOWNGRADE, id_of(9, 1), S_BAD_STATEID));
	assert_true(plain(1, OP_CLOSE, id_of(3, 1), 0));
	assert_true(plain(1, OP_CLOSE, id_of(3, 1), S_BAD_STATEID));
	assert_false(plain(1, OP_CLOSE, id_of(3, 1), 0));
}

static void before_reclaim_complete(void **state)
{
	(void)state;
	assert_true(exchange(1, 1, 101, 0));
	assert_true(create_session(101, 1, 1));
	assert_true(open_as(1, 0, 1, 0, S_GRACE, id_of(0, 0)));
	assert_false(open_as(1, 0, 1, 0, 0, id_of(1, 1)));
}

/* --- locks --- */

static struct m_op lock_op(uint32_t type, unsigned int first, unsigned int last, unsigned int owner, bool new_owner,
			   struct nfs41_stateid id)
{
	struct m_op op = { .op = OP_LOCK, .type = type, .first = first, .last = last, .owner = owner,
			   .new_owner = new_owner, .id = id };

	return op;
}

static bool denied(unsigned int s, struct m_op op, uint64_t clientid, uint64_t offset, uint64_t length, uint32_t type)
{
	struct m_req r = in(s, OP_LOCK);
	struct m_ans a;

	r.op[0] = op;
	a = answer(&r, S_DENIED);
	a.res[0].denied = (struct m_denied){ .offset = offset, .length = length, .clientid = clientid, .type = type };
	a.res[0].denied.owner_len = m_owner_name((char *)a.res[0].denied.owner, sizeof(a.res[0].denied.owner), "lock", 0);
	return ask(&r, &a);
}

/* --- delegations --- */

#define REVOKED_FLAG 0x40u

/* As ask(), and the model is as it was if the answer was not allowed. */
static bool allowed(const struct m_req *r, const struct m_ans *a)
{
	const struct model was = m;

	if (ask(r, a))
		return true;
	m = was;
	return false;
}

/* Client 1 has file 0 open for reading, with a delegation; client 2 is there. */
static void delegated(void)
{
	struct m_req r;
	struct m_ans a;

	client(1);
	client(2);
	r = in(1, OP_OPEN);
	r.file = -1;
	r.op[0].access = 1;
	a = answer(&r, 0);
	a.res[0].id = id_of(1, 1);
	a.res[0].fh.len = 4;
	a.res[0].deleg_type = 1;
	a.res[0].deleg = id_of(1, 9);
	assert_true(ask(&r, &a));
}

/* Client 2's OPEN, sent at 1 s. */
static struct m_req other_open(uint32_t access, uint32_t deny)
{
	struct m_req r = in(2, OP_OPEN);

	r.now_ms = 1000;
	r.file = -1;
	r.op[0].access = access;
	r.op[0].deny = deny;
	r.op[0].want = 0x400;
	return r;
}

static struct m_ans opened(const struct m_req *r, uint64_t came_ms)
{
	struct m_ans a = answer(r, 0);

	a.res[0].id = id_of(1, 2);
	a.res[0].fh.len = 4;
	a.came_ms = came_ms;
	return a;
}

/* Between PUTFH and OPEN others may have a turn: a file that is removed then is opened all the same, or not. */
static void opened_while_removed(void **state)
{
	struct m_req r, by_handle;
	struct model removed;
	struct m_ans a;

	(void)state;
	client(1);
	client(2);
	assert_true(open_as(1, 0, 1, 0, 0, id_of(1, 1)));
	by_handle = in(2, OP_OPEN);
	by_handle.op[0].claim = M_CLAIM_FH;
	by_handle.op[0].create = M_NOCREATE;
	by_handle.op[0].access = 1;
	by_handle.op[0].want = 0x400;
	assert_true(plain(1, OP_CLOSE, id_of(1, 1), 0));
	r = in(1, OP_REMOVE);
	r.file = -1;
	r.now_ms = 1000;
	a = answer(&r, 0);
	a.came_ms = 1100;
	assert_true(ask(&r, &a));
	removed = m;
	by_handle.now_ms = 1100;
	a = opened(&by_handle, 1200);
	assert_true(ask(&by_handle, &a));
	m = removed;
	a = answer(&by_handle, S_STALE);
	assert_true(ask(&by_handle, &a));
	m = removed;
	by_handle.now_ms = 1101;
	a = opened(&by_handle, 1200);
	assert_false(ask(&by_handle, &a));
}

/* Between the two halves of an OPEN that makes a file, another one may open it, and it may be removed. */
static void opened_while_made(void **state)
{
	struct m_req make, open, removal;
	struct m_stand stand = { .next = 0 };
	struct model before;
	struct m_ans made, a;

	(void)state;
	client(1);
	before = m;
	make = in(1, OP_OPEN);
	make.racing = true;
	make.file = -1;
	make.op[0].create = M_GUARDED;
	make.op[0].access = 1;
	make.op[0].want = 0x400;
	open = make;
	open.slot = 1;
	open.seqid = 1;
	open.op[0].create = M_NOCREATE;
	made = opened(&make, 0);
	made.res[0].id.seq = 2;
	a = opened(&open, 0);
	assert_true(model_go_on(&m, &make, &made, &stand, &v));
	assert_false(stand.over);
	assert_true(model_step(&m, &open, &a, &v));
	assert_true(model_go_on(&m, &make, &made, &stand, &v));
	assert_true(stand.over);
	m = before;
	assert_false(model_step(&m, &make, &made, &v));		/* with nobody in between */
	m = before;
	stand = (struct m_stand){ .next = 0 };
	made.res[0].id.seq = 1;
	assert_true(model_go_on(&m, &make, &made, &stand, &v));
	removal = make;
	removal.slot = 1;
	removal.seqid = 1;
	removal.op[0].op = OP_REMOVE;
	a = answer(&removal, 0);
	assert_true(model_step(&m, &removal, &a, &v));
	assert_true(model_go_on(&m, &make, &made, &stand, &v));
	assert_int_equal(m_file_by_name(&m, 0), -1);
}

/* Client 1 is heard of at that time. */
static void renewed(uint64_t now_ms)
{
	struct m_req r = in(1, OP_SEQUENCE);
	struct m_ans a;

	r.now_ms = now_ms;
	r.file = -2;
	r.nops = 0;
	a = answer(&r, 0);
	assert_true(ask(&r, &a));
}

static void delegation_recalled(void **state)
{
	struct m_req r, back;
	struct m_ans a;

	(void)state;
	delegated();
	r = other_open(2, 0);
	a = opened(&r, 1001);
	assert_false(allowed(&r, &a));			/* it was not even recalled */
	renewed(60000);
	a = opened(&r, 60001);
	assert_false(allowed(&r, &a));			/* nor given the time of a lease */
	back = in(1, OP_DELEGRETURN);
	back.now_ms = 60002;
	back.op[0].id = id_of(1, 9);
	a = answer(&back, 0);
	assert_true(ask(&back, &a));
	a = opened(&r, 60003);
	assert_true(ask(&r, &a));
}

static void delegation_beside_readers(void **state)
{
	struct m_req r;
	struct m_ans a;

	(void)state;
	delegated();
	r = other_open(1, 1);
	a = opened(&r, 1001);
	assert_false(allowed(&r, &a));			/* who has it may be reading */
	r.op[0].deny = 2;
	assert_true(allowed(&r, &a));
}

static bool sequence_with(uint32_t flags)
{
	struct m_req r = in(1, OP_SEQUENCE);
	struct m_ans a;
	bool ret;

	r.now_ms = 92000;
	r.file = -2;
	r.nops = 0;
	a = answer(&r, 0);
	a.sr_flags = flags;
	ret = allowed(&r, &a);
	seqid[1][0] -= !ret;
	return ret;
}

static bool with_delegation(uint32_t op, uint32_t status)
{
	struct m_req r = in(1, op);
	struct m_ans a;
	bool ret;

	r.now_ms = 92000;
	r.op[0].id = id_of(1, 9);
	a = answer(&r, status);
	a.sr_flags = REVOKED_FLAG;
	ret = allowed(&r, &a);
	seqid[1][0] -= !ret;
	return ret;
}

static void delegation_revoked(void **state)
{
	struct m_req r;
	struct m_ans a;

	(void)state;
	delegated();
	renewed(60000);
	assert_false(sequence_with(REVOKED_FLAG));	/* nothing is */
	r = other_open(2, 0);
	a = opened(&r, 91001);				/* a lease later */
	assert_true(allowed(&r, &a));
	assert_false(sequence_with(0));			/* it must be told */
	assert_true(sequence_with(REVOKED_FLAG));
	assert_false(with_delegation(OP_READ, 0));
	assert_false(with_delegation(OP_READ, S_BAD_STATEID));
	assert_true(with_delegation(OP_READ, S_DELEG_REVOKED));
	assert_false(with_delegation(OP_DELEGRETURN, 0));
	assert_false(with_delegation(OP_FREE_STATEID, S_LOCKS_HELD));
	assert_true(with_delegation(OP_FREE_STATEID, 0));
	assert_false(sequence_with(REVOKED_FLAG));	/* it knows */
	assert_true(sequence_with(0));
}

static void two_with_opens(void)
{
	client(1);
	client(2);
	assert_true(open_as(1, 0, 3, 0, 0, id_of(1, 1)));
	assert_true(open_as(2, 0, 3, 0, 0, id_of(1, 2)));
	/* a: write 4-9, then read in the middle of it */
	assert_true(lock_as(1, lock_op(2, 4, 9, 0, true, id_of(1, 1)), 0, id_of(1, 3)));
	assert_true(lock_as(1, lock_op(1, 6, 7, 0, false, id_of(1, 3)), 0, id_of(2, 3)));
}

static void locks(void **state)
{
	(void)state;
	two_with_opens();
	assert_true(lock_as(2, lock_op(1, 6, 7, 0, true, id_of(1, 2)), 0, id_of(1, 4)));	/* two readers */
	assert_true(denied(2, lock_op(2, 6, 6, 0, false, id_of(1, 4)), 101, 6, 2, 1));
	assert_true(denied(2, lock_op(1, 3, 4, 0, false, id_of(1, 4)), 101, 4, 2, 2));
	assert_true(lock_as(2, lock_op(2, 10, 12, 0, false, id_of(1, 4)), 0, id_of(2, 4)));
	assert_true(plain(1, OP_FREE_STATEID, id_of(2, 3), S_LOCKS_HELD));
}

static void locks_wrong(void **state)
{
	struct model before;

	(void)state;
	two_with_opens();
	before = m;
	assert_false(lock_as(2, lock_op(2, 6, 6, 0, true, id_of(1, 2)), 0, id_of(1, 4)));	/* it is taken */
	m = before;
	seqid[2][0] = 2;
	assert_false(denied(2, lock_op(2, 0, 3, 0, true, id_of(1, 2)), 101, 4, 2, 2));		/* it is free */
	m = before;
	seqid[2][0] = 2;
	assert_false(denied(2, lock_op(2, 6, 6, 0, true, id_of(1, 2)), 101, 6, 2, 2));		/* it is a read lock */
	m = before;
	seqid[2][0] = 2;
	assert_false(denied(2, lock_op(2, 6, 6, 0, true, id_of(1, 2)), 102, 6, 2, 1));		/* not that client's */
	m = before;
	seqid[2][0] = 2;
	assert_false(lock_as(2, lock_op(2, 0, 1, 0, true, id_of(1, 1)), 0, id_of(1, 4)));	/* a's stateid */
}

static void fairness(void **state)
{
	struct m_req r;
	struct m_ans a;

	(void)state;
	two_with_opens();
	assert_true(denied(2, lock_op(4, 4, 4, 0, true, id_of(1, 2)), 101, 4, 2, 2));	/* b waits */
	r = in(1, OP_LOCKU);
	r.op[0].last = M_CELLS - 1;
	r.op[0].id = id_of(2, 3);
	a = answer(&r, 0);
	a.res[0].id = id_of(3, 3);
	assert_true(ask(&r, &a));
	/* It is b's turn: a may be kept out, but need not be */
	assert_true(denied(1, lock_op(2, 4, 4, 1, true, id_of(1, 1)), 102, 4, 1, 2));
	assert_true(lock_as(1, lock_op(2, 4, 4, 1, true, id_of(1, 1)), 0, id_of(1, 5)));
}

/* --- data --- */

static void data(void **state)
{
	struct m_req r;
	struct m_ans a;

	(void)state;
	client(1);
	assert_true(open_as(1, 0, 3, 0, 0, id_of(1, 1)));
	r = in(1, OP_WRITE);
	r.op[0].id = id_of(1, 1);
	r.op[0].offset = 2;
	r.op[0].length = 3;
	r.op[0].fill = 'x';
	a = answer(&r, 0);
	a.res[0].len = 3;
	assert_true(ask(&r, &a));
	r = in(1, OP_READ);
	r.op[0].id = id_of(1, 1);
	r.op[0].length = 10;
	a = answer(&r, 0);
	a.res[0].len = 5;
	a.res[0].eof = true;
	memcpy(a.res[0].data, "\0\0xxx", 5);
	assert_true(ask(&r, &a));
	r.seqid++;
	a.sr_seqid++;
	a.res[0].data[4] = 'y';
	assert_false(ask(&r, &a));
}

/* --- copies, and the generator --- */

static void order_leaves_no_trace(void **state)
{
	static struct model one;

	(void)state;
	client(1);
	client(2);
	assert_true(open_as(1, 0, 1, 0, 0, id_of(1, 1)));
	assert_true(open_as(2, 0, 1, 0, 0, id_of(1, 2)));
	one = m;
	fresh(state);
	client(2);
	client(1);
	assert_true(open_as(1, 0, 1, 0, 0, id_of(1, 1)));
	assert_true(open_as(2, 0, 1, 0, 0, id_of(1, 2)));
	assert_memory_equal(&one, &m, sizeof(m));
}

static void same_seed_same_steps(void **state)
{
	struct gen g = { .seed = 42 };
	struct gen_step a, b;

	(void)state;
	client(1);
	for (uint64_t i = 0; i < 2000; i++) {
		gen_next(&g, &m, i, 0, i & 1, &a);
		gen_next(&g, &m, i, 0, i & 1, &b);
		assert_memory_equal(&a, &b, sizeof(a));
		assert_true(a.req.nops <= M_OPS);
		assert_true(a.machine < GEN_MACHINES && a.conn < GEN_CONNS);
	}
}

static void sleepers_sleep(void **state)
{
	struct gen g = { .seed = 7, .asleep = 1 << 1 };
	struct gen_step s;

	(void)state;
	for (uint64_t i = 0; i < 500; i++) {
		gen_next(&g, &m, i, 0, false, &s);
		assert_int_not_equal(s.machine, 1);
	}
}

/* Garbage as an answer is an error, not a crash. */
static void garbage(void **state)
{
	uint8_t buf[256];
	uint64_t rng = 3;
	struct m_req r = { .sequence = true };
	struct nfs41_cb recall;
	struct m_ans a;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct rpc4_in cursor = { buf, buf + rpc4_random(&rng) % sizeof(buf), false };
		struct rpc4_in call = cursor;
		struct rpc4_out out = { 0 };

		for (size_t k = 0; k < sizeof(buf); k++)
			buf[k] = rpc4_random(&rng) % 4 ? 0 : (uint8_t)(rpc4_random(&rng) % 60);
		wire_get(&cursor, &r, &a);
		nfs41_callback(&call, &out, &recall);
		rpc4_out_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(client_ids, fresh), cmocka_unit_test_setup(client_ids_wrong, fresh),
		cmocka_unit_test_setup(exchange_after_lease, fresh), cmocka_unit_test_setup(create_session_replies, fresh),
		cmocka_unit_test_setup(slots, fresh),
		cmocka_unit_test_setup(leases, fresh),
		cmocka_unit_test_setup(leases_while_waiting, fresh), cmocka_unit_test_setup(shares, fresh),
		cmocka_unit_test_setup(delegation_recalled, fresh), cmocka_unit_test_setup(delegation_beside_readers, fresh),
		cmocka_unit_test_setup(delegation_revoked, fresh),
		cmocka_unit_test_setup(opened_while_removed, fresh), cmocka_unit_test_setup(opened_while_made, fresh),
		cmocka_unit_test_setup(downgrades, fresh), cmocka_unit_test_setup(before_reclaim_complete, fresh),
		cmocka_unit_test_setup(locks, fresh), cmocka_unit_test_setup(locks_wrong, fresh),
		cmocka_unit_test_setup(fairness, fresh), cmocka_unit_test_setup(data, fresh),
		cmocka_unit_test_setup(order_leaves_no_trace, fresh),
		cmocka_unit_test_setup(same_seed_same_steps, fresh), cmocka_unit_test_setup(sleepers_sleep, fresh),
		cmocka_unit_test_setup(garbage, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
