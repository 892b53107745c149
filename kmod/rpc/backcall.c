// SPDX-License-Identifier: GPL-2.0
/*
 * Back calls. A call is in its connection's table from before it is sent until the first of three happens: its reply
 * comes, its time is over, the connection closes. Each takes it out of the table first, so exactly one calls done().
 * The message is a buffer of its own, freed by the transport's done(): it may outlive the call.
 *
 * Time-outs: one timer per connection, which runs only while calls wait.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "../core/stats.h"
#include "../transport/budget.h"
#include "backcall.h"
#include "dispatch.h"
#include "internal.h"

#define EXPIRE_INTERVAL HZ	/* a time-out is late by this at most */

struct back_msg {
	struct kefs_msg msg;
	u8 buf[KEFS_BACKCALL_MAX];
};

static void msg_done(struct kefs_msg *msg)
{
	kefs_budget_uncharge(sizeof(struct back_msg));
	kfree(container_of(msg, struct back_msg, msg));
}

static void call_done(struct kefs_backcall *bc, int err, struct kefs_xdr_in *res)
{
	if (err)
		kefs_count(KEFS_CNT_CB_FAILED);
	bc->done(bc, err, err ? NULL : res);
}

/* Enter @bc under a fresh xid. From success on it may be done() at any moment. */
static int table_add(struct kefs_rpc_conn *rpc, struct kefs_backcall *bc, u32 *ret_xid)
{
	u32 xid;
	int err;

	bc->deadline = jiffies + bc->timeout;
	xa_lock(&rpc->calls);
	err = __xa_alloc_cyclic(&rpc->calls, &xid, bc, xa_limit_32b, &rpc->next_xid, GFP_KERNEL);
	if (err >= 0 && rpc->closed) {	/* looked at last: the lock is dropped if memory is wanted */
		__xa_erase(&rpc->calls, xid);
		err = -ENOTCONN;
	}
	if (err >= 0)
		bc->xid = xid;
	xa_unlock(&rpc->calls);
	*ret_xid = xid;
	return min(err, 0);
}

/* Look for expired calls no later than @delay from now. */
static void expire_within(struct kefs_rpc_conn *rpc, unsigned long delay)
{
	kefs_conn_get(rpc->conn);
	if (timer_reduce(&rpc->timer, jiffies + delay))
		kefs_conn_put(rpc->conn);	/* it was pending, with a reference of its own */
}

static void timer_fired(struct timer_list *timer)
{
	struct kefs_rpc_conn *rpc = container_of(timer, struct kefs_rpc_conn, timer);

	if (test_and_set_bit(0, &rpc->expire_queued))
		kefs_conn_put(rpc->conn);
	else
		kefs_pool_queue(&rpc->expire_work);
}

/* Take out one expired call; *ret_any: others wait. */
static struct kefs_backcall *take_expired(struct kefs_rpc_conn *rpc, bool *ret_any)
{
	struct kefs_backcall *bc, *late = NULL;
	unsigned long xid;

	*ret_any = false;
	xa_lock(&rpc->calls);
	xa_for_each(&rpc->calls, xid, bc) {
		*ret_any = true;
		if (time_after_eq(jiffies, bc->deadline)) {
			late = __xa_erase(&rpc->calls, xid);
			break;
		}
	}
	xa_unlock(&rpc->calls);
	return late;
}

static void expire_run(struct kefs_work *work)
{
	struct kefs_rpc_conn *rpc = container_of(work, struct kefs_rpc_conn, expire_work);
	struct kefs_backcall *bc;
	bool any;

	clear_bit(0, &rpc->expire_queued);
	while ((bc = take_expired(rpc, &any)) != NULL)
		call_done(bc, -ETIMEDOUT, NULL);
	if (any)
		expire_within(rpc, EXPIRE_INTERVAL);
	kefs_conn_put(rpc->conn);
}

static struct back_msg *msg_new(void)
{
	struct back_msg *m = kmalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	memset(&m->msg, 0, sizeof(m->msg));
	m->msg.head = m->buf;
	m->msg.done = msg_done;
	kefs_budget_charge(sizeof(*m));
	return m;
}

/* The whole message but for the xid, its first word. */
static int msg_write(struct back_msg *m, struct kefs_backcall *bc)
{
	struct kefs_xdr_out out;

	kefs_xdr_out_init(&out, m->buf, sizeof(m->buf));
	kefs_msg_put_call(&out, 0, bc->prog, bc->vers, bc->proc);
	if (bc->auth_sys)
		kefs_cred_put_sys(&out, "kefs", bc->uid, bc->gid);
	else
		kefs_cred_put_none(&out);
	kefs_cred_put_none(&out);
	bc->encode(bc, &out);
	m->msg.head_len = kefs_xdr_used(&out);
	return out.full ? -EMSGSIZE : 0;
}

int kefs_backcall_send(struct kefs_conn *conn, struct kefs_backcall *bc)
{
	struct kefs_rpc_conn *rpc = kefs_rpc_conn(conn);
	unsigned long timeout = bc->timeout;
	struct back_msg *m;
	u32 xid;
	int err;

	m = msg_new();
	if (!m)
		return -ENOMEM;
	err = msg_write(m, bc);
	/* From the table on the call may end at any time, and with it its maker's hold on the connection */
	kefs_conn_get(conn);
	if (!err)
		err = table_add(rpc, bc, &xid);
	if (err) {
		msg_done(&m->msg);
		goto out;
	}
	kefs_xdr_poke_u32(m->buf, xid);
	kefs_count(KEFS_CNT_CB_SENT);
	expire_within(rpc, min_t(unsigned long, timeout, EXPIRE_INTERVAL));
	kefs_conn_send(conn, &m->msg);
out:
	kefs_conn_put(conn);
	return err;
}

bool kefs_backcall_reply(struct kefs_rpc_conn *rpc, u32 xid, struct kefs_xdr_in *in)
{
	struct kefs_backcall *bc = xa_erase(&rpc->calls, xid);

	if (!bc)
		return false;
	call_done(bc, kefs_msg_parse_reply(in), in);
	return true;
}

static struct kefs_backcall *take_any(struct kefs_rpc_conn *rpc)
{
	struct kefs_backcall *bc;
	unsigned long xid = 0;

	xa_lock(&rpc->calls);
	rpc->closed = true;
	bc = xa_find(&rpc->calls, &xid, ULONG_MAX, XA_PRESENT);
	if (bc)
		__xa_erase(&rpc->calls, xid);
	xa_unlock(&rpc->calls);
	return bc;
}

void kefs_backcall_close(struct kefs_rpc_conn *rpc)
{
	struct kefs_backcall *bc;

	while ((bc = take_any(rpc)) != NULL)
		call_done(bc, -ENOTCONN, NULL);
	/* A call in kefs_backcall_send() may arm it again, for one interval: harmless, it finds nothing. */
	if (timer_delete(&rpc->timer))
		kefs_conn_put(rpc->conn);
}

void kefs_backcall_init(struct kefs_rpc_conn *rpc)
{
	xa_init_flags(&rpc->calls, XA_FLAGS_ALLOC1);
	timer_setup(&rpc->timer, timer_fired, 0);
	kefs_work_init(&rpc->expire_work, expire_run, NULL);
}

void kefs_backcall_destroy(struct kefs_rpc_conn *rpc)
{
	timer_shutdown_sync(&rpc->timer);	/* not pending, but its function may be about to return */
	xa_destroy(&rpc->calls);
}
