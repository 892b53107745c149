// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: adoption, life, end; and the rules that recv.c and send.c follow.
 *
 * Callbacks. sk_data_ready, sk_state_change and sk_write_space are replaced under sk_callback_lock, sk_user_data points
 * to the connection. They run with the socket locked or owned, in softirq or process context, and only set bits and
 * queue work. They are put back, with the socket owned, before the connection drops the socket.
 *
 * Roles. The reader's role is the bit READING, the sender's is SENDING. A role is taken by test_and_set_bit(); who
 * takes it for somebody else queues rx_work or tx_work with a reference to the connection. What a role protects (rx,
 * the head of tx_queue) needs no lock. To drop a role is to clear the bit, then (full barrier) look whether there is
 * something to do that came while it was held, and if so try to take it again. Whoever brings something to do first
 * makes it visible, then (full barrier) tries to take the role. So of the two at least one sees the other.
 *
 *  bit		set by					cleared by
 *  DATA	data_ready, state_change, unhold	the reader, before it looks into the socket
 *  HOLD_*	the reader, before it looks at the	unhold, by whoever ended the pressure; the reader, if its second
 *		pressure for the second time		look finds none
 *  SPACE	write_space, the scan			the sender, before it tries the socket
 *  DEAD	kefs_conn_kill()			never
 *
 * While a HOLD bit is set nobody takes the reader's role, but for the dead: bytes only set DATA. Who ends the pressure
 * changes the cause, then (full barrier) clears the bit; and if it was set, sets DATA and kicks. If the reader still
 * has the role at that moment, it finds DATA when it drops it. A reader that finds the pressure gone at its second look
 * clears the bit itself and goes on; that somebody else did so before makes no difference.
 *
 * End. kefs_conn_kill() sets DEAD and queues close_work, once. That stops the socket, takes the callbacks away, has
 * reader and sender see DEAD (the reader then keeps its role for ever, having freed the incomplete record; the sender
 * drops the queue), takes the connection out of the table and tells the layer above. No record is read after DEAD was
 * seen; those read before run to their end and send into the void. The last put queues free_work.
 *
 * The table is an xarray by id; its lock is held for a lookup and the taking of a reference. Ids only grow.
 */
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>
#include "../core/stats.h"
#include "../core/trace.h"
#include "internal.h"

#define SCAN_INTERVAL	(3 * HZ)
#define KEEPALIVE_IDLE	60		/* seconds, then every ... */
#define KEEPALIVE_INTVL	10		/* ... seconds, this often */
#define KEEPALIVE_COUNT	6

static DEFINE_XARRAY(conns);		/* struct kefs_conn by id; its lock: lookup against removal */
static atomic64_t last_id;
static atomic_t nr_conns;		/* in the table or about to be */
static unsigned int max_conns = KEFS_CONNS_MAX_DEFAULT;
static bool exiting;

static atomic_t nr_objects = ATOMIC_INIT(1);	/* struct kefs_conn, and the module's own one */
static DECLARE_COMPLETION(all_gone);

static void scan(struct work_struct *unused);
static DECLARE_DELAYED_WORK(scan_work, scan);

struct kefs_conn *kefs_conn_get(struct kefs_conn *conn)
{
	refcount_inc(&conn->ref);
	return conn;
}

void kefs_conn_put(struct kefs_conn *conn)
{
	if (refcount_dec_and_test(&conn->ref))
		kefs_pool_queue(&conn->free_work);
}

static void object_put(void)
{
	if (atomic_dec_and_test(&nr_objects))
		complete(&all_gone);
}

static void free_run(struct kefs_work *work)
{
	struct kefs_conn *conn = container_of(work, struct kefs_conn, free_work);

	conn->ops->released(conn);
	sockfd_put(conn->sock);
	kfree(conn);
	object_put();
}

bool kefs_conn_alive(const struct kefs_conn *conn)
{
	smp_mb();	/* the caller's stores before the look: pairs with set_bit() and the work queue before closed() */
	return !test_bit(CONN_DEAD, &conn->flags);
}

void *kefs_conn_private(const struct kefs_conn *conn)
{
	return conn->priv;
}

u64 kefs_conn_id(const struct kefs_conn *conn)
{
	return conn->id;
}

struct kefs_lane *kefs_conn_lane(const struct kefs_conn *conn)
{
	return conn->rx_work.lane;
}

/* Roles */

void kefs_conn_kick(struct kefs_conn *conn)
{
	unsigned long flags = READ_ONCE(conn->flags);

	if ((flags & CONN_HOLDS) && !(flags & BIT(CONN_DEAD)))
		return;
	if (!test_and_set_bit(CONN_READING, &conn->flags))
		kefs_pool_queue(&kefs_conn_get(conn)->rx_work);
}

void kefs_conn_data(struct kefs_conn *conn)
{
	set_bit(CONN_DATA, &conn->flags);
	smp_mb__after_atomic();
	kefs_conn_kick(conn);
}

void kefs_conn_unhold(struct kefs_conn *conn, int bit)
{
	if (test_bit(bit, &conn->flags) && test_and_clear_bit(bit, &conn->flags))
		kefs_conn_data(conn);
}

void kefs_conn_flight_end(struct kefs_conn *conn)
{
	if (atomic_dec_return(&conn->in_flight) < KEFS_CONN_INFLIGHT_MAX)
		kefs_conn_unhold(conn, CONN_HOLD_INFLIGHT);
}

static void close_if_dead(struct kefs_conn *conn)
{
	unsigned long both = BIT(CONN_DEAD) | BIT(CONN_OPEN);

	smp_mb();	/* the bit that the caller set, before the look for the other one */
	if ((READ_ONCE(conn->flags) & both) == both && !test_and_set_bit(CONN_CLOSE_QUEUED, &conn->flags))
		kefs_pool_queue(&kefs_conn_get(conn)->close_work);
}

void kefs_conn_kill(struct kefs_conn *conn)
{
	if (!test_and_set_bit(CONN_DEAD, &conn->flags))
		close_if_dead(conn);
}

void kefs_conn_close(struct kefs_conn *conn)
{
	kefs_conn_kill(conn);
}

/* Callbacks */

static struct kefs_conn *sk_conn(const struct sock *sk)
{
	return __locked_read_sk_user_data_with_flags(sk, 0);
}

static void data_ready(struct sock *sk)
{
	struct kefs_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk_conn(sk);
	if (conn) {
		if (conn->rx_ops != &kefs_rx_tcp)
			conn->old_data_ready(sk);	/* TLS has its parser there */
		kefs_conn_data(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void write_space(struct sock *sk)
{
	void (*old)(struct sock *sk) = NULL;
	struct kefs_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk_conn(sk);
	if (conn) {
		old = conn->old_write_space;
		/* Before the old one, which clears SOCK_NOSPACE. */
		if (sk_stream_is_writeable(sk))
			kefs_send_kick(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
	if (old)
		old(sk);
}

static void state_change(struct sock *sk)
{
	void (*old)(struct sock *sk) = NULL;
	struct kefs_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk_conn(sk);
	if (conn) {
		old = conn->old_state_change;
		if (sk->sk_state == TCP_CLOSE)
			kefs_conn_kill(conn);
		else if (sk->sk_state != TCP_ESTABLISHED)
			kefs_conn_data(conn);	/* read what came before the FIN, then find the end */
	}
	read_unlock_bh(&sk->sk_callback_lock);
	if (old)
		old(sk);
}

static int hook(struct kefs_conn *conn)
{
	struct sock *sk = conn->sock->sk;
	int err = 0;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_state != TCP_ESTABLISHED) {
		err = -ENOTCONN;
	} else if (sk->sk_user_data) {
		err = -EBUSY;
	} else if (inet_csk_has_ulp(sk) && !kefs_ktls_usable(sk)) {
		err = -EPROTOTYPE;
	} else {
		conn->rx_ops = inet_csk_has_ulp(sk) ? &kefs_rx_ktls : &kefs_rx_tcp;
		conn->old_data_ready = sk->sk_data_ready;
		conn->old_state_change = sk->sk_state_change;
		conn->old_write_space = sk->sk_write_space;
		rcu_assign_sk_user_data(sk, conn);
		sk->sk_data_ready = data_ready;
		sk->sk_state_change = state_change;
		sk->sk_write_space = write_space;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
	return err;
}

/* The socket is owned meanwhile, so no callback of ours runs, or is about to, when this returns. */
static void unhook(struct kefs_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = conn->old_data_ready;
	sk->sk_state_change = conn->old_state_change;
	sk->sk_write_space = conn->old_write_space;
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	release_sock(sk);
}

/* Adoption */

static void close_run(struct kefs_work *work)
{
	struct kefs_conn *conn = container_of(work, struct kefs_conn, close_work);

	if (conn->rx_ops == &kefs_rx_ktls)
		kefs_ktls_goodbye(conn);
	kernel_sock_shutdown(conn->sock, SHUT_RDWR);
	unhook(conn);
	kefs_conn_kick(conn);
	kefs_send_kick(conn);
	xa_erase(&conns, conn->id);
	atomic_dec(&nr_conns);
	kefs_count(KEFS_CNT_CONN_CLOSED);
	trace_kefs_conn_closed(conn->id);
	conn->ops->closed(conn);
	kefs_conn_put(conn);	/* the table's */
	kefs_conn_put(conn);	/* close_work's */
}

/* A reference to the socket behind @fd if it is one that can be adopted. */
static struct socket *usable_socket(int fd)
{
	struct socket *sock;
	int err;

	sock = sockfd_lookup(fd, &err);
	if (!sock)
		return ERR_PTR(err);
	if (!sk_is_tcp(sock->sk))
		err = -EPROTOTYPE;
	else if (sock->sk->sk_state != TCP_ESTABLISHED)
		err = -ENOTCONN;
	else
		return sock;
	sockfd_put(sock);
	return ERR_PTR(err);
}

static void set_options(struct sock *sk)
{
	tcp_sock_set_nodelay(sk);
	tcp_sock_set_keepidle(sk, KEEPALIVE_IDLE);
	tcp_sock_set_keepintvl(sk, KEEPALIVE_INTVL);
	tcp_sock_set_keepcnt(sk, KEEPALIVE_COUNT);
	sock_set_keepalive(sk);
	tcp_sock_set_user_timeout(sk, KEFS_PACE_SEC * MSEC_PER_SEC);
}

static struct kefs_conn *conn_new(struct socket *sock, const struct kefs_conn_ops *ops, struct kefs_lane *lane,
				  void *priv)
{
	struct kefs_conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);

	if (!conn)
		return NULL;
	refcount_set(&conn->ref, 2);	/* the table's, the caller's */
	conn->flags = BIT(CONN_HOLD_START);
	conn->sock = sock;
	conn->ops = ops;
	conn->priv = priv;
	conn->id = atomic64_inc_return(&last_id);
	conn->born = conn->last_request = jiffies;
	kefs_work_init(&conn->close_work, close_run, NULL);
	kefs_work_init(&conn->free_work, free_run, NULL);
	kefs_recv_init(conn, lane);
	kefs_send_init(conn);
	return conn;
}

static int set_ends(struct kefs_conn *conn, const struct kefs_conn_ends *ends)
{
	int err;

	if (ends) {
		conn->peer = ends->peer;
		conn->local = ends->local;
		conn->relayed = true;
		return 0;
	}
	err = kernel_getpeername(conn->sock, (struct sockaddr *)&conn->peer);
	if (err < 0)
		return err;
	err = kernel_getsockname(conn->sock, (struct sockaddr *)&conn->local);
	return err < 0 ? err : 0;
}

/* Hook the socket and list the connection. */
static int conn_open(struct kefs_conn *conn, const struct kefs_conn_ends *ends)
{
	int err;

	err = set_ends(conn, ends);
	if (err)
		return err;
	set_options(conn->sock->sk);
	err = xa_reserve(&conns, conn->id, GFP_KERNEL);
	if (err)
		return err;
	err = hook(conn);
	if (err) {
		xa_release(&conns, conn->id);
		return err;
	}
	xa_store(&conns, conn->id, conn, GFP_KERNEL);	/* reserved: cannot fail */
	return 0;
}

struct kefs_conn *kefs_conn_adopt(int fd, const struct kefs_conn_ends *ends, struct kefs_lane *lane,
				  struct kefs_traffic __percpu *traffic, const struct kefs_conn_ops *ops, void *priv)
{
	struct socket *sock;
	struct kefs_conn *conn;
	int err;

	if (READ_ONCE(exiting))
		return ERR_PTR(-ESHUTDOWN);
	sock = usable_socket(fd);
	if (IS_ERR(sock))
		return ERR_CAST(sock);
	if (atomic_inc_return(&nr_conns) > READ_ONCE(max_conns)) {
		err = -EMFILE;
		goto err_count;
	}
	conn = conn_new(sock, ops, lane, priv);
	if (!conn) {
		err = -ENOMEM;
		goto err_count;
	}
	conn->traffic = traffic;
	atomic_inc(&nr_objects);
	err = conn_open(conn, ends);
	if (err)
		goto err_free;
	kefs_count(KEFS_CNT_CONN_ADOPTED);
	trace_kefs_conn_adopted(conn->id);
	queue_delayed_work(system_unbound_wq, &scan_work, SCAN_INTERVAL);
	set_bit(CONN_OPEN, &conn->flags);
	close_if_dead(conn);
	return conn;

err_free:
	kfree(conn);
	object_put();
err_count:
	atomic_dec(&nr_conns);
	sockfd_put(sock);
	return ERR_PTR(err);
}

void kefs_conn_start(struct kefs_conn *conn)
{
	/* Bytes may have come before the callbacks were ours: this looks for them. */
	kefs_conn_unhold(conn, CONN_HOLD_START);
}

/* The table */

struct kefs_conn *kefs_conn_next(u64 after)
{
	unsigned long id = after + 1;
	struct kefs_conn *conn;

	if (!id)
		return NULL;
	xa_lock(&conns);
	conn = xa_find(&conns, &id, ULONG_MAX, XA_PRESENT);
	if (conn)
		kefs_conn_get(conn);	/* the table's reference goes after it was taken out */
	xa_unlock(&conns);
	return conn;
}

struct kefs_conn *kefs_conn_find(u64 id)
{
	struct kefs_conn *conn;

	xa_lock(&conns);
	conn = xa_load(&conns, id);
	if (conn)
		kefs_conn_get(conn);
	xa_unlock(&conns);
	return conn;
}

unsigned int kefs_conn_count(void)
{
	return atomic_read(&nr_conns);
}

int kefs_conn_set_max(unsigned int max)
{
	if (!max || max > 1048576)
		return -EINVAL;
	WRITE_ONCE(max_conns, max);
	return 0;
}

void kefs_conn_info(struct kefs_conn *conn, struct kefs_conn_info *info)
{
	unsigned long now = jiffies;

	info->id = conn->id;
	info->requests = READ_ONCE(conn->requests);
	info->bytes_in = READ_ONCE(conn->bytes_in);
	info->bytes_out = READ_ONCE(conn->bytes_out);
	info->age_ms = jiffies64_to_msecs(now - conn->born);
	info->idle_ms = jiffies64_to_msecs(now - READ_ONCE(conn->last_request));
	info->in_flight = atomic_read(&conn->in_flight);
	info->relayed = conn->relayed;
	info->peer = conn->peer;
	info->local = conn->local;
}

/* Timeouts */

static void scan(struct work_struct *unused)
{
	u64 need = kefs_budget_stuck() > KEFS_STUCK_SEC * HZ ? kefs_budget_limit() / 4 : 0;
	struct kefs_conn *conn;
	u64 id = 0;

	while ((conn = kefs_conn_next(id)) != NULL) {
		id = conn->id;
		need -= min_t(u64, need, kefs_pace_scan(conn, need));
		kefs_conn_put(conn);
		cond_resched();
	}
	if (kefs_conn_count())
		queue_delayed_work(system_unbound_wq, &scan_work, SCAN_INTERVAL);
}

int __init kefs_conn_init(void)
{
	return kefs_record_init();
}

void kefs_conn_exit(void)
{
	struct kefs_conn *conn;
	u64 id = 0;

	WRITE_ONCE(exiting, true);
	while ((conn = kefs_conn_next(id)) != NULL) {
		id = conn->id;
		kefs_conn_close(conn);
		kefs_conn_put(conn);
	}
	object_put();
	wait_for_completion(&all_gone);
	cancel_delayed_work_sync(&scan_work);
	kefs_record_exit();
}
