// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving. One thread at a time has a connection's reader's role (conn.c). It reads one record; then, if more bytes
 * are there, the role goes to whatever thread takes rx_work from the pool's queue, and if not, it is dropped. In either
 * case this thread carries the record up. So a client with one request at a time never has two threads working for it,
 * and one with many has as many as there are requests.
 *
 * An idle connection holds no memory for reading: the record is allocated when its first byte is there.
 */
#include <linux/jiffies.h>
#include <net/tcp.h>
#include "../core/stats.h"
#include "../core/trace.h"
#include "internal.h"

#define MARK_LAST	0x80000000u

static int bad_record(struct kefs_conn *conn, const char *what)
{
	kefs_count(KEFS_CNT_BAD_RECORD);
	trace_kefs_conn_error(conn->id, what, -EPROTO);
	return -EPROTO;
}

/* The bytes of rx->rec that the marks read so far announce. */
static int mark_complete(struct kefs_conn *conn)
{
	struct kefs_rx *rx = &conn->rx;
	u32 mark = be32_to_cpup((const __be32 *)rx->mark);

	rx->mark_len = 0;
	rx->last = mark & MARK_LAST;
	rx->frag_left = mark & ~MARK_LAST;
	if (++rx->frags > KEFS_FRAGMENTS_MAX)
		return bad_record(conn, "too many fragments");
	if (rx->frag_left > KEFS_RECORD_MAX - rx->reserved)
		return bad_record(conn, "record too long");
	rx->reserved += rx->frag_left;
	if (!rx->reserved && rx->last)
		return bad_record(conn, "empty record");
	return 0;
}

static int begin_record(struct kefs_conn *conn)
{
	struct kefs_rx *rx = &conn->rx;

	rx->rec = kefs_record_new();
	if (!rx->rec) {
		kefs_count(KEFS_CNT_NOMEM);
		return -ENOMEM;
	}
	rx->reserved = 0;
	rx->frag_left = 0;
	rx->frags = 0;
	rx->last = false;
	rx->mark_len = 0;
	WRITE_ONCE(conn->rx_held, rx->rec->charged);
	WRITE_ONCE(conn->rx_since, jiffies | 1);
	return 0;
}

/* Announcing a record costs the peer nothing and us its head. What has come is charged, and as much of the rest again,
 * within bounds, so that this is not done for each buffer. */
static void charge(struct kefs_conn *conn)
{
	struct kefs_record *rec = conn->rx.rec;

	kefs_record_charge(rec, min3(rec->held, conn->rx.reserved - rec->len, (size_t)KEFS_RX_AHEAD));
	WRITE_ONCE(conn->rx_held, rec->charged);
}

static int feed_mark(struct kefs_conn *conn, struct kefs_rx_src *src, size_t off, size_t len)
{
	struct kefs_rx *rx = &conn->rx;
	size_t n = min(len, sizeof(rx->mark) - rx->mark_len);
	int err;

	if (!rx->rec) {
		err = begin_record(conn);
		if (err)
			return err;
	}
	err = src->copy(src, off, rx->mark + rx->mark_len, n);
	if (err)
		return err;
	rx->mark_len += n;
	if (rx->mark_len == sizeof(rx->mark))
		err = mark_complete(conn);
	return err ?: n;
}

static int feed_body(struct kefs_conn *conn, struct kefs_rx_src *src, size_t off, size_t len)
{
	struct kefs_rx *rx = &conn->rx;
	struct kefs_record *rec = rx->rec;
	size_t n = min_t(size_t, len, rx->frag_left);
	int err;

	if (rec->head_len < KEFS_RECORD_HEAD) {
		n = min(n, KEFS_RECORD_HEAD - rec->head_len);
		err = src->copy(src, off, rec->head + rec->head_len, n);
		rec->head_len += n;
	} else {
		err = src->keep(src, off, rec, n);
		charge(conn);
	}
	if (err) {
		if (err == -ENOMEM)
			kefs_count(KEFS_CNT_NOMEM);
		return err;
	}
	rec->len += n;
	rx->frag_left -= n;
	return n;
}

ssize_t kefs_recv_feed(struct kefs_conn *conn, struct kefs_rx_src *src, size_t len, bool *ret_done)
{
	struct kefs_rx *rx = &conn->rx;
	size_t used = 0;
	int n;

	*ret_done = false;
	while (used < len) {
		if (rx->frag_left)
			n = feed_body(conn, src, src->off + used, len - used);
		else
			n = feed_mark(conn, src, src->off + used, len - used);
		if (n < 0)
			return n;
		used += n;
		if (rx->last && !rx->frag_left) {
			*ret_done = true;
			break;
		}
	}
	WRITE_ONCE(conn->bytes_in, conn->bytes_in + used);
	this_cpu_add(conn->traffic->in, used);
	return used;
}

/* Source: a socket buffer in the receive queue. */
struct skb_src {
	struct kefs_rx_src src;
	struct sk_buff *skb;
};

static int skb_src_copy(struct kefs_rx_src *src, size_t off, void *to, size_t len)
{
	return skb_copy_bits(container_of(src, struct skb_src, src)->skb, off, to, len);
}

static int skb_src_keep(struct kefs_rx_src *src, size_t off, struct kefs_record *rec, size_t len)
{
	return kefs_record_add_skb(rec, container_of(src, struct skb_src, src)->skb, off, len);
}

struct tcp_turn {
	struct kefs_conn *conn;
	bool done;
	int err;
};

/* Called by tcp_read_sock() for each buffer, and again for the rest of one: 0 ends it, desc->count does not. */
static int tcp_actor(read_descriptor_t *desc, struct sk_buff *skb, unsigned int off, size_t len)
{
	struct tcp_turn *turn = desc->arg.data;
	struct skb_src src = {
		.src = { .off = off, .copy = skb_src_copy, .keep = skb_src_keep },
		.skb = skb,
	};
	ssize_t used;

	if (turn->done || turn->err)
		return 0;
	used = kefs_recv_feed(turn->conn, &src.src, len, &turn->done);
	if (used < 0) {
		turn->err = used;
		used = 0;
	}
	if (turn->done || turn->err)
		desc->count = 0;
	return used;
}

static int tcp_turn_read(struct kefs_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	struct tcp_turn turn = { .conn = conn };
	read_descriptor_t desc = { .arg.data = &turn, .count = 1 };
	int err = 0;

	lock_sock(sk);
	tcp_read_sock(sk, &desc, tcp_actor);
	if (turn.err)
		err = turn.err;
	else if (turn.done)
		conn->rx.more = tcp_inq(sk) > 0;
	else if (tcp_sk(sk)->urg_data)
		err = bad_record(conn, "urgent data");	/* tcp_read_sock() would stop there for ever */
	else if (sk->sk_err)
		err = -sk->sk_err;
	else if ((sk->sk_shutdown & RCV_SHUTDOWN) || sk->sk_state == TCP_CLOSE)
		err = -ESHUTDOWN;
	release_sock(sk);
	return err ?: turn.done;
}

static void tcp_turn_stop(struct kefs_conn *conn)
{
}

const struct kefs_rx_ops kefs_rx_tcp = {
	.read = tcp_turn_read,
	.stop = tcp_turn_stop,
};

/* Pressure. Each of these may end at any moment; see conn.c for why no wake-up is lost. */
static bool too_many(struct kefs_conn *conn)
{
	return atomic_read(&conn->in_flight) >= KEFS_CONN_INFLIGHT_MAX;
}

static bool too_much(struct kefs_conn *conn)
{
	return atomic_long_read(&conn->tx_bytes) >= KEFS_CONN_TX_MAX;
}

static bool hold(struct kefs_conn *conn, int bit, bool (*pressed)(struct kefs_conn *conn))
{
	if (likely(!pressed(conn)))
		return false;
	set_bit(bit, &conn->flags);
	smp_mb__after_atomic();	/* the bit before the second look; who ends the pressure does it the other way round */
	if (pressed(conn))
		return true;
	clear_bit(bit, &conn->flags);
	return false;
}

static bool hold_budget(struct kefs_conn *conn, bool (*pressed)(void))
{
	if (likely(!pressed()))
		return false;
	set_bit(CONN_HOLD_BUDGET, &conn->flags);
	if (kefs_budget_wait(&conn->budget))
		return true;
	clear_bit(CONN_HOLD_BUDGET, &conn->flags);
	return false;
}

static void budget_wake(struct kefs_budget_waiter *w)
{
	kefs_conn_unhold(container_of(w, struct kefs_conn, budget), CONN_HOLD_BUDGET);
}

/*
 * Must the next record wait, or the rest of this one? If so, kefs_conn_unhold() is certain to come. A record that has
 * begun is better finished, for then its memory comes back: only when all is full it must wait, too.
 */
static bool held(struct kefs_conn *conn)
{
	if (conn->rx.rec ? likely(!hold_budget(conn, kefs_budget_full)) :
			   likely(!hold(conn, CONN_HOLD_INFLIGHT, too_many) && !hold(conn, CONN_HOLD_TX, too_much) &&
				  !hold_budget(conn, kefs_budget_low)))
		return false;
	kefs_count(KEFS_CNT_RX_STALLED);
	return true;
}

static void role_drop(struct kefs_conn *conn)
{
	clear_bit_unlock(CONN_READING, &conn->flags);
	smp_mb__after_atomic();	/* the role before the look: who came in between found the role taken, and left it to us */
	if (READ_ONCE(conn->flags) & (BIT(CONN_DATA) | BIT(CONN_DEAD)))
		kefs_conn_kick(conn);
}

static void role_pass(struct kefs_conn *conn)
{
	kefs_pool_queue(&kefs_conn_get(conn)->rx_work);
}

/* The connection is dead: the role is kept for ever, so nobody reads again. */
static void stop(struct kefs_conn *conn)
{
	kefs_budget_cancel(&conn->budget);
	conn->rx_ops->stop(conn);
	if (conn->rx.rec)
		kefs_record_free(conn->rx.rec);
	conn->rx.rec = NULL;
	WRITE_ONCE(conn->rx_held, 0);
	WRITE_ONCE(conn->rx_since, 0);
}

static struct kefs_record *take_record(struct kefs_conn *conn)
{
	struct kefs_record *rec = conn->rx.rec;

	conn->rx.rec = NULL;
	conn->rx.last = false;
	WRITE_ONCE(conn->rx_held, 0);
	WRITE_ONCE(conn->rx_since, 0);
	WRITE_ONCE(conn->last_request, jiffies);
	WRITE_ONCE(conn->requests, conn->requests + 1);
	atomic_inc(&conn->in_flight);
	rec->conn = kefs_conn_get(conn);
	rec->bvec[0].bv_len = rec->head_len;
	return rec;
}

/* Have the reader's role once: give it away and return a record, or NULL. */
static struct kefs_record *turn(struct kefs_conn *conn)
{
	struct kefs_record *rec;
	bool more;
	int ret;

	for (;;) {
		if (test_bit(CONN_DEAD, &conn->flags)) {
			stop(conn);
			return NULL;
		}
		if (held(conn)) {
			role_drop(conn);
			return NULL;
		}
		clear_bit(CONN_DATA, &conn->flags);
		smp_mb__after_atomic();	/* bytes that come from here on set it again */
		ret = conn->rx_ops->read(conn);
		if (ret >= 0)
			break;
		if (ret != -ESHUTDOWN)
			trace_kefs_conn_error(conn->id, "receive", ret);
		kefs_conn_kill(conn);
	}
	rec = ret ? take_record(conn) : NULL;
	more = conn->rx.more;
	if (rec && more)
		role_pass(conn);
	else
		role_drop(conn);
	return rec;
}

static void rx_run(struct kefs_work *work)
{
	struct kefs_conn *conn = container_of(work, struct kefs_conn, rx_work);
	struct kefs_record *rec = turn(conn);

	if (rec)
		conn->ops->received(conn, rec);
	kefs_conn_put(conn);
}

void kefs_recv_init(struct kefs_conn *conn, struct kefs_lane *lane)
{
	kefs_work_init(&conn->rx_work, rx_run, lane);
	INIT_LIST_HEAD(&conn->budget.node);
	conn->budget.wake = budget_wake;
}
