// SPDX-License-Identifier: GPL-2.0
/*
 * Sending. Messages wait on conn->tx_queue; whoever has the sender's role sends from its head, never waiting for the
 * peer. A message is tried at once by the thread that gives it, which is nearly always all that happens. If another
 * thread has the role, that one sends it too. If the socket is full, the queue stays, and sk_write_space has a pool
 * thread go on.
 *
 * tcp_sendmsg() sets SOCK_NOSPACE when it gives -EAGAIN, and only then does TCP call sk_write_space; so a message is
 * blocked only when -EAGAIN was seen, not when a call took less than all.
 */
#include <linux/jiffies.h>
#include <linux/uio.h>
#include "../core/stats.h"
#include "../core/trace.h"
#include "internal.h"

#define MARK_LAST	0x80000000u
#define SEND_FLAGS	(MSG_DONTWAIT | MSG_NOSIGNAL)
#define TRIES_MAX	64	/* times that a full socket is found not to be so in one go */

static size_t msg_len(const struct kefs_msg *msg)
{
	return sizeof(msg->mark) + msg->head_len + msg->pages_len + msg->tail_len;
}

/* Send the linear pieces from @skip bytes into them. */
static int send_linear(struct kefs_conn *conn, struct kvec *vec, unsigned int n, size_t skip, int more)
{
	struct msghdr m = { .msg_flags = SEND_FLAGS | more };
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		len += vec[i].iov_len;
	iov_iter_kvec(&m.msg_iter, ITER_SOURCE, vec, n, len);
	iov_iter_advance(&m.msg_iter, skip);
	return sock_sendmsg(conn->sock, &m);
}

/* Send the pages from @skip bytes into them. A page that went in part is finished first, alone. */
static int send_pages(struct kefs_conn *conn, struct kefs_msg *msg, size_t skip, int more)
{
	struct bio_vec *bvec = msg->pages, part;
	unsigned int n = msg->nr_pages;
	size_t left = msg->pages_len - skip;

	while (skip && skip >= bvec->bv_len) {
		skip -= bvec->bv_len;
		bvec++;
		n--;
	}
	if (!skip)
		return kefs_send_pages(conn->sock, bvec, n, left, SEND_FLAGS | more);
	part = *bvec;
	part.bv_offset += skip;
	part.bv_len = min_t(size_t, part.bv_len - skip, left);
	if (part.bv_len < left)
		more = MSG_MORE;
	return kefs_send_pages(conn->sock, &part, 1, part.bv_len, SEND_FLAGS | more);
}

/* One call into the socket for what is left of @msg: bytes taken, or -errno. */
static int send_some(struct kefs_conn *conn, struct kefs_msg *msg)
{
	struct kvec vec[3] = {
		{ .iov_base = &msg->mark, .iov_len = sizeof(msg->mark) },
		{ .iov_base = (void *)msg->head, .iov_len = msg->head_len },
		{ .iov_base = (void *)msg->tail, .iov_len = msg->tail_len },
	};
	size_t front = sizeof(msg->mark) + msg->head_len;

	if (!msg->pages_len)
		return send_linear(conn, vec, 3, msg->sent, 0);
	if (msg->sent < front)
		return send_linear(conn, vec, 2, msg->sent, MSG_MORE);
	if (msg->sent < front + msg->pages_len)
		return send_pages(conn, msg, msg->sent - front, msg->tail_len ? MSG_MORE : 0);
	return send_linear(conn, vec + 2, 1, msg->sent - front - msg->pages_len, 0);
}

/* 0: all of it was taken. -EAGAIN: the socket is full, and CONN_SPACE will be set when it is no longer. */
static int send_msg(struct kefs_conn *conn, struct kefs_msg *msg)
{
	size_t len = msg_len(msg);
	int ret;

	while (msg->sent < len) {
		clear_bit(CONN_SPACE, &conn->flags);
		smp_mb__after_atomic();	/* space that comes after the call is told by the bit */
		ret = send_some(conn, msg);
		if (ret < 0)
			return ret;
		if (ret == 0)
			return -EPIPE;	/* cannot be: nothing to send was asked for */
		msg->sent += ret;
		WRITE_ONCE(conn->bytes_out, conn->bytes_out + ret);
		this_cpu_add(conn->traffic->out, ret);
	}
	return 0;
}

static struct kefs_msg *queue_head(struct kefs_conn *conn)
{
	struct kefs_msg *msg;

	spin_lock(&conn->tx_lock);
	msg = list_first_entry_or_null(&conn->tx_queue, struct kefs_msg, node);
	spin_unlock(&conn->tx_lock);
	return msg;
}

static void msg_done(struct kefs_conn *conn, struct kefs_msg *msg)
{
	size_t len = msg_len(msg), pages_len = msg->pages_len;

	spin_lock(&conn->tx_lock);
	list_del(&msg->node);
	spin_unlock(&conn->tx_lock);
	msg->done(msg);
	if (pages_len)
		kefs_budget_uncharge(pages_len);
	if (atomic_long_sub_return(len, &conn->tx_bytes) < KEFS_CONN_TX_MAX)
		kefs_conn_unhold(conn, CONN_HOLD_TX);
	kefs_conn_flight_end(conn);
}

/* Sender's role: send what is queued, or drop it if the connection is dead. True: the socket is full. */
static bool drain(struct kefs_conn *conn)
{
	struct kefs_msg *msg;
	int err;

	while ((msg = queue_head(conn)) != NULL) {
		if (likely(!test_bit(CONN_DEAD, &conn->flags))) {
			err = send_msg(conn, msg);
			if (err == -EAGAIN)
				return true;
			if (err) {
				trace_kefs_conn_error(conn->id, "send", err);
				kefs_conn_kill(conn);
			}
		}
		msg_done(conn, msg);
	}
	return false;
}

/*
 * Take the sender's role, unless somebody has it, and do what there is to do. The look after the role is dropped is for
 * those who came before that and found it taken: who queued a message, brought space, or declared the connection dead.
 */
static void send_queued(struct kefs_conn *conn)
{
	unsigned int tries = 0;
	bool full;

	while (!test_and_set_bit(CONN_SENDING, &conn->flags)) {
		full = drain(conn);
		clear_bit_unlock(CONN_SENDING, &conn->flags);
		smp_mb__after_atomic();
		if (full ? !(READ_ONCE(conn->flags) & (BIT(CONN_SPACE) | BIT(CONN_DEAD))) :
			   list_empty(&conn->tx_queue))
			break;
		/* tcp_sendmsg() itself calls sk_write_space when it fails for want of memory with nothing on the way:
		 * that is no reason to go on for ever. The scan in conn.c tries again. */
		if (full && ++tries > TRIES_MAX)
			break;
	}
}

static void tx_run(struct kefs_work *work)
{
	struct kefs_conn *conn = container_of(work, struct kefs_conn, tx_work);

	/* kefs_send_kick() took the role for us. */
	clear_bit_unlock(CONN_SENDING, &conn->flags);
	send_queued(conn);
	kefs_conn_put(conn);
}

void kefs_send_kick(struct kefs_conn *conn)
{
	set_bit(CONN_SPACE, &conn->flags);
	smp_mb__after_atomic();
	if (!test_and_set_bit(CONN_SENDING, &conn->flags))
		kefs_pool_queue(&kefs_conn_get(conn)->tx_work);
}

void kefs_conn_send(struct kefs_conn *conn, struct kefs_msg *msg)
{
	size_t len = msg_len(msg);
	bool first;

	msg->mark = cpu_to_be32(MARK_LAST | (u32)(len - sizeof(msg->mark)));
	msg->sent = 0;
	atomic_long_add(len, &conn->tx_bytes);
	atomic_inc(&conn->in_flight);	/* a reply queued pins its request's memory, however short it is */
	if (msg->pages_len)
		kefs_budget_charge(msg->pages_len);	/* the rest of the reply is charged by whoever allocated it */
	kefs_conn_get(conn);	/* done() may put what the caller holds */
	spin_lock(&conn->tx_lock);
	first = list_empty(&conn->tx_queue);
	list_add_tail(&msg->node, &conn->tx_queue);
	if (first)
		WRITE_ONCE(conn->tx_since, jiffies | 1);
	spin_unlock(&conn->tx_lock);
	send_queued(conn);
	kefs_conn_put(conn);
}

bool kefs_send_pending(struct kefs_conn *conn)
{
	return !list_empty(&conn->tx_queue);
}

void kefs_send_init(struct kefs_conn *conn)
{
	kefs_work_init(&conn->tx_work, tx_run, NULL);
	spin_lock_init(&conn->tx_lock);
	INIT_LIST_HEAD(&conn->tx_queue);
}
