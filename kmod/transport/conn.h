/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Adopted sockets. A connection reads records, hands each to the layer above on the thread that read it, and sends
 * replies in the order they are given. It knows nothing of RPC.
 *
 * References: one from the table of connections while open; one per record until it is freed; one per
 * kefs_conn_get(). All locks of this layer are leaves: nothing of other layers is called under them.
 */
#ifndef KEFS_TRANSPORT_CONN_H
#define KEFS_TRANSPORT_CONN_H

#include <linux/bvec.h>
#include <linux/init.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include "../core/limits.h"

struct kefs_conn;
struct kefs_lane;
struct kefs_traffic;
struct socket;

/*
 * One received record. The first bytes are linear; what does not fit there stays in the socket buffers that carried
 * it (cloned, not copied) and is described by bvecs, so that WRITE copies it once, into the page cache.
 */
struct kefs_record {
	struct kefs_conn *conn;		/* a reference */
	size_t len;			/* whole record without marks */
	size_t head_len;		/* bytes in head, min(len, KEFS_RECORD_HEAD) */
	struct sk_buff_head skbs;	/* own the memory behind bvec[1..] */
	struct bio_vec *bvec;		/* all bytes in order; the first one is head */
	unsigned int nr_bvec, max_bvec;
	size_t held;			/* memory: truesize and such */
	size_t charged;			/* to the budget */
	void *linear;			/* kefs_record_pull()'s copy, kvmalloc; or NULL */
	size_t linear_len;
	struct bio_vec bvec_fixed[8];	/* bvec, while it suffices */
	u8 head[KEFS_RECORD_HEAD] __aligned(8);
};

/* Copy @len bytes at @off of the record into linear memory that lives as long as the record (at most one such piece
 * at a time: a second call frees the first). NULL for want of memory. @off + @len must not exceed rec->len. */
void *kefs_record_pull(struct kefs_record *rec, size_t off, size_t len);
/* The bytes [off, off + len), which may begin in head, as a source (ITER_SOURCE) of bvecs. */
void kefs_record_iter(struct kefs_record *rec, size_t off, size_t len, struct iov_iter *iter);
/* Gives back everything, also the reference to the connection. Process context. */
void kefs_record_free(struct kefs_record *rec);

/*
 * A message to send: head, then pages, then tail, without the record mark, which the transport adds. Memory stays the
 * caller's until done() is called (once, from any thread or from kefs_conn_send() itself), sent or not, in
 * process context; pages (never slab memory) are referenced by the network beyond that, head and tail are not. done()
 * may free the message; it must not wait for other messages.
 */
struct kefs_msg {
	struct list_head node;		/* transport's, while queued */
	__be32 mark;			/* transport's */
	const void *head, *tail;
	size_t head_len, tail_len;
	struct bio_vec *pages;
	unsigned int nr_pages;
	size_t pages_len;
	size_t sent;			/* transport's */
	void (*done)(struct kefs_msg *msg);
};

/* Send, without waiting for the peer: what the socket does not take at once is sent when it does. A dead connection
 * drops the message (done() is called). */
void kefs_conn_send(struct kefs_conn *conn, struct kefs_msg *msg);

/* The layer above. Called without locks, on a pool thread. */
struct kefs_conn_ops {
	/* Takes over @rec. The same connection's next record may be delivered on another thread meanwhile. */
	void (*received)(struct kefs_conn *conn, struct kefs_record *rec);
	/*
	 * The connection is dead: nothing is sent any more. Called once, perhaps before kefs_conn_adopt() has returned
	 * or kefs_conn_start() was called. Requests that were received may still run: who registers @conn somewhere
	 * must look at kefs_conn_alive() afterwards, and undo it then.
	 */
	void (*closed)(struct kefs_conn *conn);
	/* Last reference gone: free what was given as @priv. May sleep. */
	void (*released)(struct kefs_conn *conn);
};

/* The two ends of a client's connection, where they are not those of the socket: a relay on this host has them. */
struct kefs_conn_ends {
	struct sockaddr_storage peer, local;
};

/*
 * Adopt the connected TCP socket behind file descriptor @fd of the current task. @priv is the upper layer's. @ends,
 * which is copied, is what kefs_conn_info() tells instead of the socket's own; NULL: nothing. What comes in is worked
 * on in @lane (core/pool.h), what it moves is added to @traffic; both stay until released() is called.
 * The connection is listed and returned with a reference for the caller, but reads nothing until kefs_conn_start().
 * -EBADF, -ENOTSOCK, -EPROTOTYPE (not TCP, or half a TLS), -ENOTCONN, -EBUSY, -EMFILE, -ENOMEM, -ESHUTDOWN; on error
 * @priv stays the caller's.
 */
struct kefs_conn *kefs_conn_adopt(int fd, const struct kefs_conn_ends *ends, struct kefs_lane *lane,
				  struct kefs_traffic __percpu *traffic, const struct kefs_conn_ops *ops, void *priv);
void kefs_conn_start(struct kefs_conn *conn);
/* Mark dead; returns at once: a pool thread then stops both directions and calls closed(). Idempotent; any context. */
void kefs_conn_close(struct kefs_conn *conn);
struct kefs_conn *kefs_conn_get(struct kefs_conn *conn);
/* Any context: released() runs on a pool thread. */
void kefs_conn_put(struct kefs_conn *conn);
/* For whoever registers a connection: stores made before this are seen by closed(), or it gives false. */
bool kefs_conn_alive(const struct kefs_conn *conn);

void *kefs_conn_private(const struct kefs_conn *conn);
u64 kefs_conn_id(const struct kefs_conn *conn);
struct kefs_lane *kefs_conn_lane(const struct kefs_conn *conn);

struct kefs_conn_info {
	u64 id, requests, bytes_in, bytes_out;
	u64 age_ms, idle_ms;
	unsigned int in_flight;
	bool relayed;			/* peer and local are not the socket's own */
	struct sockaddr_storage peer, local;
};
void kefs_conn_info(struct kefs_conn *conn, struct kefs_conn_info *info);

/* Connection with the smallest id above @after (0: the first), referenced, or NULL: resumable walks. */
struct kefs_conn *kefs_conn_next(u64 after);
struct kefs_conn *__must_check kefs_conn_find(u64 id);
unsigned int kefs_conn_count(void);
/* 1..1048576, else -EINVAL; closes none. */
int kefs_conn_set_max(unsigned int max);

int __init kefs_conn_init(void);
/* Closes every connection and waits until the last reference is gone. */
void kefs_conn_exit(void);

#endif
