/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of transport/ share. The rules are in conn.c's head comment. */
#ifndef KEFS_TRANSPORT_INTERNAL_H
#define KEFS_TRANSPORT_INTERNAL_H

#include <linux/atomic.h>
#include <linux/net.h>
#include <linux/spinlock.h>
#include <net/sock.h>
#include "../core/pool.h"
#include "../core/stats.h"
#include "budget.h"
#include "conn.h"

/* Bits of conn->flags. */
enum {
	CONN_OPEN,		/* adoption is complete: it may be torn down */
	CONN_DEAD,		/* never cleared */
	CONN_CLOSE_QUEUED,	/* close_work was queued; never cleared */
	CONN_READING,		/* somebody has the reader's role, or rx_work is queued to take it */
	CONN_DATA,		/* there may be bytes that no reader has looked for */
	CONN_HOLD_START,	/* reasons not to read: kefs_conn_start() was not called */
	CONN_HOLD_INFLIGHT,	/* too many requests alive */
	CONN_HOLD_TX,		/* too many bytes of replies queued */
	CONN_HOLD_BUDGET,	/* the budget is low */
	CONN_SENDING,		/* somebody has the sender's role, or tx_work is queued to take it */
	CONN_SPACE,		/* the socket may take more than when it was last tried */
};

#define CONN_HOLDS (BIT(CONN_HOLD_START) | BIT(CONN_HOLD_INFLIGHT) | BIT(CONN_HOLD_TX) | BIT(CONN_HOLD_BUDGET))

/* How bytes come out of a socket. */
struct kefs_rx_ops {
	/*
	 * Feed bytes to the parser until a record is complete: 1, and conn->rx.more says whether further bytes are
	 * there; 0: no more for now; -errno: close (-ESHUTDOWN: the peer did).
	 */
	int (*read)(struct kefs_conn *conn);
	/* Nothing is read any more: free what read() keeps in conn->rx. Reader's role. */
	void (*stop)(struct kefs_conn *conn);
};

extern const struct kefs_rx_ops kefs_rx_tcp, kefs_rx_ktls;

/* State of reading; belongs to the reader's role. */
struct kefs_rx {
	struct kefs_record *rec;	/* incomplete; without its reference to the connection */
	size_t reserved;		/* length of rec as far as its marks tell */
	u32 frag_left;			/* bytes of the current fragment not yet there */
	unsigned int frags;		/* marks of rec seen */
	bool last;			/* the current fragment is the last */
	bool more;			/* read() result */
	u8 mark_len;			/* bytes of the mark there */
	u8 mark[4];
	struct kefs_ktls_span *span;	/* ktls.c's */
};

/* How a peer gets on with what it owes (the rest of a record) or is owed (replies queued); pace.c's. */
struct kefs_pace {
	unsigned long began;		/* of what is under way */
	unsigned long since;		/* jiffies when it was first looked at, or the last time that it passed */
	u64 bytes;			/* counted until then */
	unsigned long moved;		/* jiffies when bytes were last seen to have moved */
	u64 seen;			/* counted until then */
};

struct kefs_conn {
	unsigned long flags;
	refcount_t ref;
	atomic_t in_flight;		/* records that the layer above has, and messages queued */
	atomic_long_t tx_bytes;		/* of messages queued and not done */
	struct socket *sock;		/* a reference to its file */
	const struct kefs_conn_ops *ops;
	void *priv;
	u64 id;

	const struct kefs_rx_ops *rx_ops;
	struct kefs_rx rx;
	unsigned long rx_since;		/* jiffies when the incomplete record began, | 1; 0: there is none */
	size_t rx_held;			/* bytes of the budget that it has */
	struct kefs_work rx_work;
	struct kefs_budget_waiter budget;	/* reader's role */

	spinlock_t tx_lock;		/* tx_queue; leaf */
	struct list_head tx_queue;	/* struct kefs_msg; the first may be sent in part */
	unsigned long tx_since;		/* jiffies when the queue began, | 1; says nothing while it is empty */
	struct kefs_work tx_work;

	struct kefs_pace rx_pace, tx_pace;	/* pace.c's */

	struct kefs_work close_work, free_work;
	/* The callbacks that were there before ours; constant while ours are. */
	void (*old_data_ready)(struct sock *sk);
	void (*old_state_change)(struct sock *sk);
	void (*old_write_space)(struct sock *sk);

	u64 requests, bytes_in;		/* written by the reader */
	u64 bytes_out;			/* written by the sender */
	struct kefs_traffic __percpu *traffic;
	unsigned long born, last_request;	/* jiffies */
	struct sockaddr_storage peer, local;
	bool relayed;			/* those two came with kefs_conn_adopt() */
};

/* conn.c: any context. */
void kefs_conn_kill(struct kefs_conn *conn);	/* as kefs_conn_close(), from softirq too */
void kefs_conn_data(struct kefs_conn *conn);	/* bytes came */
void kefs_conn_kick(struct kefs_conn *conn);	/* have it read, unless something holds it */
void kefs_conn_unhold(struct kefs_conn *conn, int bit);
void kefs_conn_flight_end(struct kefs_conn *conn);	/* one in_flight less */

/* recv.c */
void kefs_recv_init(struct kefs_conn *conn, struct kefs_lane *lane);
/* The parser's input: @len bytes that can be copied, or kept in a record. */
struct kefs_rx_src {
	size_t off;			/* of the first byte, in the source's own terms */
	int (*copy)(struct kefs_rx_src *src, size_t off, void *to, size_t len);
	/* Append to @rec, behind its head, by reference or copy. */
	int (*keep)(struct kefs_rx_src *src, size_t off, struct kefs_record *rec, size_t len);
};
/* Parse up to @len bytes, to the end of a record at most. Returns the bytes used; *ret_done: the record is complete. */
ssize_t kefs_recv_feed(struct kefs_conn *conn, struct kefs_rx_src *src, size_t len, bool *ret_done);

/* pace.c: look how @conn's peer gets on, every few seconds, one thread at a time; perhaps close it. @need: bytes that
 * others wait for in vain, or 0. Returns what of them comes back. */
size_t kefs_pace_scan(struct kefs_conn *conn, u64 need);

/* send.c */
void kefs_send_init(struct kefs_conn *conn);
void kefs_send_kick(struct kefs_conn *conn);	/* have the queue sent by a pool thread; any context */
bool kefs_send_pending(struct kefs_conn *conn);

/* ktls.c */
bool kefs_ktls_usable(const struct sock *sk);	/* TLS in both directions */
void kefs_ktls_goodbye(struct kefs_conn *conn);	/* send close_notify if that does not wait */

/* record.c */
struct kefs_record *kefs_record_new(void);
/* Charge the budget for what the record holds, and if that is more than it was charged, for @ahead bytes to come. */
void kefs_record_charge(struct kefs_record *rec, size_t ahead);
/* Append bytes behind the head: of @skb (cloned, unless copying is cheaper), of a page (referenced), copied. */
int kefs_record_add_skb(struct kefs_record *rec, struct sk_buff *skb, size_t off, size_t len);
int kefs_record_add_page(struct kefs_record *rec, struct page *page, size_t off, size_t len);
/* Room for up to @len bytes in a page of the record's own: *ret_len of them at the address returned, or NULL. */
void *kefs_record_add_room(struct kefs_record *rec, size_t len, size_t *ret_len);
int __init kefs_record_init(void);
void kefs_record_exit(void);

#endif
