// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving from a socket with kernel TLS in both directions. tcp_read_sock() would give ciphertext there, so bytes are
 * received into pages of our own (a span), the larger the better: TLS decrypts straight into pages that have room for
 * its whole record. The parser then copies out of the span what belongs to a record's head and references the pages for
 * the rest. A span is freed as soon as its bytes are used, so an idle connection has none.
 *
 * Records of TLS that are not data come with their type in a control message, one type per call. An alert of
 * close_notify is the peer's orderly end; any other alert, and handshake records (a key update, which no kernel
 * before 6.14 can follow), end the connection: the client makes a new one.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>
#include <net/tls.h>
#include <uapi/linux/tls.h>
#include "../core/stats.h"
#include "../core/trace.h"
#include "internal.h"

#define TLS_TYPE_ALERT	21
#define TLS_TYPE_DATA	23
#define TLS_ALERT_WARNING	1
#define TLS_ALERT_CLOSE_NOTIFY	0

#define SPAN_PAGES 64	/* 16 TLS records of full size in one call */

struct kefs_ktls_span {
	size_t len, used;	/* bytes there; of those, given to the parser */
	unsigned int nr;
	struct bio_vec bvec[SPAN_PAGES];	/* one page each */
};

bool kefs_ktls_usable(const struct sock *sk)
{
	const struct tcp_ulp_ops *ulp = inet_csk(sk)->icsk_ulp_ops;
	const struct tls_context *ctx;

	if (!ulp || strcmp(ulp->name, "tls"))
		return false;
	ctx = tls_get_ctx(sk);
	return ctx && ctx->tx_conf != TLS_BASE && ctx->rx_conf != TLS_BASE;
}

static void span_free(struct kefs_ktls_span *span)
{
	unsigned int i;

	if (!span)
		return;
	for (i = 0; i < span->nr; i++)
		put_page(span->bvec[i].bv_page);
	kfree(span);
}

static struct kefs_ktls_span *span_new(size_t len)
{
	unsigned int want = clamp_t(size_t, DIV_ROUND_UP(len, PAGE_SIZE), 1, SPAN_PAGES);
	struct kefs_ktls_span *span = kmalloc(sizeof(*span), GFP_KERNEL);
	struct page *page;

	if (!span)
		return NULL;
	span->len = 0;
	span->used = 0;
	for (span->nr = 0; span->nr < want; span->nr++) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			break;	/* a smaller one will do */
		span->bvec[span->nr].bv_page = page;
		span->bvec[span->nr].bv_offset = 0;
		span->bvec[span->nr].bv_len = PAGE_SIZE;
	}
	if (span->nr)
		return span;
	kfree(span);
	return NULL;
}

/* Source: a span. */
struct span_src {
	struct kefs_rx_src src;
	struct kefs_ktls_span *span;
};

static void *span_addr(struct kefs_ktls_span *span, size_t off, size_t len, size_t *ret_len)
{
	*ret_len = min(len, PAGE_SIZE - off % PAGE_SIZE);
	return page_address(span->bvec[off / PAGE_SIZE].bv_page) + off % PAGE_SIZE;
}

static int span_src_copy(struct kefs_rx_src *src, size_t off, void *to, size_t len)
{
	struct kefs_ktls_span *span = container_of(src, struct span_src, src)->span;
	size_t n;
	void *from;

	for (; len; off += n, to += n, len -= n) {
		from = span_addr(span, off, len, &n);
		memcpy(to, from, n);
	}
	return 0;
}

static int span_src_keep(struct kefs_rx_src *src, size_t off, struct kefs_record *rec, size_t len)
{
	struct kefs_ktls_span *span = container_of(src, struct span_src, src)->span;
	size_t n, room;
	void *from, *to;
	int err;

	for (; len; off += n, len -= n) {
		from = span_addr(span, off, len, &n);
		if (n >= PAGE_SIZE / 4) {
			err = kefs_record_add_page(rec, span->bvec[off / PAGE_SIZE].bv_page, off % PAGE_SIZE, n);
			if (err)
				return err;
			continue;
		}
		/* So little is not worth a page. */
		to = kefs_record_add_room(rec, n, &room);
		if (!to)
			return -ENOMEM;
		n = room;
		memcpy(to, from, n);
	}
	return 0;
}

static int bad_type(struct kefs_conn *conn, const char *what)
{
	kefs_count(KEFS_CNT_BAD_RECORD);
	trace_kefs_conn_error(conn->id, what, -EPROTO);
	return -EPROTO;
}

/* A TLS record that is not data. */
static int control_record(struct kefs_conn *conn, struct kefs_ktls_span *span, u8 type)
{
	const u8 *alert = page_address(span->bvec[0].bv_page);

	if (type != TLS_TYPE_ALERT)
		return bad_type(conn, "tls handshake record");
	if (span->len < 2 || alert[0] != TLS_ALERT_WARNING || alert[1] != TLS_ALERT_CLOSE_NOTIFY)
		return bad_type(conn, "tls alert");
	return -ESHUTDOWN;
}

/* Fill @span: bytes received, 0 at the end of the stream, -errno; control records are dealt with here. */
static int span_fill(struct kefs_conn *conn, struct kefs_ktls_span *span)
{
	union {
		struct cmsghdr hdr;
		u8 buf[CMSG_SPACE(sizeof(u8))];
	} control;
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	u8 type = TLS_TYPE_DATA;
	int ret;

	memset(&control, 0, sizeof(control));
	iov_iter_bvec(&msg.msg_iter, ITER_DEST, span->bvec, span->nr, span->nr * PAGE_SIZE);
	ret = sock_recvmsg(conn->sock, &msg, MSG_DONTWAIT);
	if (ret < 0)
		return ret;
	span->len = ret;
	span->used = 0;
	/* put_cmsg() moved msg_control on if it wrote something. */
	if (msg.msg_controllen < sizeof(control) && control.hdr.cmsg_level == SOL_TLS &&
	    control.hdr.cmsg_type == TLS_GET_RECORD_TYPE)
		type = *(u8 *)CMSG_DATA(&control.hdr);
	if (ret && type != TLS_TYPE_DATA)
		return control_record(conn, span, type);
	return ret;
}

/* How many bytes to make room for: what the record lacks, or what the socket has. */
static size_t span_want(struct kefs_conn *conn)
{
	size_t queued = max(tcp_inq(conn->sock->sk), 0);

	return max_t(size_t, conn->rx.frag_left, queued);
}

/* Give the span's bytes to the parser: 1 when a record is complete. */
static int span_parse(struct kefs_conn *conn, struct kefs_ktls_span *span)
{
	struct span_src src = {
		.src = { .off = span->used, .copy = span_src_copy, .keep = span_src_keep },
		.span = span,
	};
	ssize_t used;
	bool done;

	used = kefs_recv_feed(conn, &src.src, span->len - span->used, &done);
	if (used < 0)
		return used;
	span->used += used;
	return done;
}

/* Ciphertext, perhaps not a whole TLS record of it, or plain text. What comes after this look sets CONN_DATA. */
static bool socket_has_more(struct sock *sk)
{
	return tcp_inq(sk) > 0 || sk_is_readable(sk);
}

/* Reads until -EAGAIN, or a record is complete: TLS announces by no callback of ours what it decrypted in recvmsg. */
static int ktls_read(struct kefs_conn *conn)
{
	struct kefs_rx *rx = &conn->rx;
	int ret = 0;

	for (;;) {
		if (rx->span && rx->span->used < rx->span->len) {
			ret = span_parse(conn, rx->span);
			if (ret)
				break;
		}
		span_free(rx->span);
		rx->span = span_new(span_want(conn));
		if (!rx->span) {
			kefs_count(KEFS_CNT_NOMEM);
			return -ENOMEM;
		}
		ret = span_fill(conn, rx->span);
		if (ret == -EINTR)
			continue;
		if (ret <= 0) {
			ret = ret ?: -ESHUTDOWN;
			break;
		}
	}
	if (ret < 0 || rx->span->used == rx->span->len) {
		span_free(rx->span);
		rx->span = NULL;
	}
	rx->more = rx->span || socket_has_more(conn->sock->sk);
	return ret == -EAGAIN ? 0 : ret;
}

static void ktls_stop(struct kefs_conn *conn)
{
	span_free(conn->rx.span);
	conn->rx.span = NULL;
}

const struct kefs_rx_ops kefs_rx_ktls = {
	.read = ktls_read,
	.stop = ktls_stop,
};

void kefs_ktls_goodbye(struct kefs_conn *conn)
{
	union {
		struct cmsghdr hdr;
		u8 buf[CMSG_SPACE(sizeof(u8))];
	} control = {
		.hdr = {
			.cmsg_level = SOL_TLS,
			.cmsg_type = TLS_SET_RECORD_TYPE,
			.cmsg_len = CMSG_LEN(sizeof(u8)),
		},
	};
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = control.hdr.cmsg_len,
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	u8 alert[2] = { TLS_ALERT_WARNING, TLS_ALERT_CLOSE_NOTIFY };
	struct kvec vec = { .iov_base = alert, .iov_len = sizeof(alert) };

	if (kefs_send_pending(conn))
		return;		/* perhaps in the middle of a message: there is no orderly end to that */
	*(u8 *)CMSG_DATA(&control.hdr) = TLS_TYPE_ALERT;
	kernel_sendmsg(conn->sock, &msg, &vec, 1, sizeof(alert));
}
