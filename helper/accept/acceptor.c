// SPDX-License-Identifier: GPL-2.0
/*
 * A connection is either decided at once, because its first bytes came with it, or waits in a list, oldest first,
 * with one timer for the oldest. Running out of descriptors or memory switches the listeners off for a moment
 * instead of spinning on a queue that stays readable.
 *
 * The limit per address counts those that wait and those that are served. Nobody tells us when a served one ends,
 * so the table only over-counts; before it refuses anyone it is counted anew, at most once a second.
 */
#include "acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept/hosts.h"
#include "accept/peek.h"
#include "base/tcpsock.h"
#include "common/log.h"

#define BATCH			64	/* accepted in one turn of the loop */
#define WAITING_MAX		4096	/* then the listeners pause */
#define PEEK_MS			10000
#define PAUSE_MS		200
#define RECOUNT_MS		1000
#define HOSTS_TIDY		(KEFS_HOSTS_MAX / 4)

struct waiter {
	struct waiter *next, *prev;
	struct kefs_acceptor *acceptor;
	struct kefs_source *source;
	struct kefs_addr peer;
	uint64_t deadline_ms;
	int fd;
};

/* One that came later than the acceptor. */
struct listener {
	struct listener *next;
	struct kefs_source *source;
	struct kefs_addr addr;
	int fd;
};

struct kefs_acceptor {
	struct kefs_acceptor_parts parts;
	struct kefs_source *listeners[KEFS_LISTEN_MAX];
	size_t listener_count;
	struct listener *later;
	struct kefs_source *peek_timer, *pause_timer;
	struct waiter *oldest, *newest;
	struct kefs_hosts *hosts;
	uint64_t recounted_ms;
	bool enabled;			/* the owner's wish */
	bool pausing;			/* for want of descriptors */
	struct kefs_acceptor_stats stats;
};

static void apply(struct kefs_acceptor *acceptor)
{
	bool on = acceptor->enabled && !acceptor->pausing && acceptor->stats.waiting < WAITING_MAX;

	for (size_t i = 0; i < acceptor->listener_count; i++)
		kefs_loop_enable(acceptor->listeners[i], on);
	for (const struct listener *l = acceptor->later; l; l = l->next)
		kefs_loop_enable(l->source, on);
}

static void count_host(void *ctx, const struct kefs_addr *peer)
{
	(void)kefs_hosts_add(ctx, peer);
}

static void recount(struct kefs_acceptor *acceptor)
{
	uint64_t now = kefs_loop_now_ms(acceptor->parts.loop);

	if (acceptor->recounted_ms && now - acceptor->recounted_ms < RECOUNT_MS)
		return;
	acceptor->recounted_ms = now;
	kefs_hosts_clear(acceptor->hosts);
	for (const struct waiter *w = acceptor->oldest; w; w = w->next)
		count_host(acceptor->hosts, &w->peer);
	(void)acceptor->parts.ops->count(acceptor->parts.ctx, count_host, acceptor->hosts);
}

/* Counts the newcomer; false if its address has its share already. */
static bool within_limit(struct kefs_acceptor *acceptor, const struct kefs_addr *peer)
{
	if (kefs_hosts_get(acceptor->hosts, peer) >= acceptor->parts.per_address ||
	    kefs_hosts_size(acceptor->hosts) >= HOSTS_TIDY)
		recount(acceptor);
	if (kefs_hosts_get(acceptor->hosts, peer) >= acceptor->parts.per_address)
		return false;
	return kefs_hosts_add(acceptor->hosts, peer) > 0;
}

static int make_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

/* An RPC client: which file system, which grant, and away. 0 if it is served now. */
static int hand_over(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer)
{
	struct kefs_claims claims = { .peer = *peer, .local.len = sizeof(claims.local.storage) };
	struct kefs_grant grant;
	char text[KEFS_ADDR_TEXT];
	struct kefs_err err;
	const int on = 1;
	int rc;

	if (getsockname(fd, &claims.local.sa, &claims.local.len) < 0)
		claims.local.len = 0;
	rc = acceptor->parts.ops->decide(acceptor->parts.ctx, &claims, &grant, &err);
	if (rc < 0) {
		acceptor->stats.no_file_system += rc == -ENOENT;
		acceptor->stats.denied += rc != -ENOENT;
		kefs_addr_format(peer, text);
		log_warn_limited("refused a connection from %s: %s", text, err.text);
		return rc;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	rc = make_blocking(fd);
	if (rc == 0)
		rc = acceptor->parts.ops->hand_over(acceptor->parts.ctx, fd, &grant, &err);
	else
		(void)kefs_err_sys(&err, rc, "fcntl");
	if (rc < 0) {
		acceptor->stats.hand_over_failed++;
		kefs_addr_format(peer, text);
		log_warn_limited("dropped a connection from %s: %s", text, err.text);
		return rc;
	}
	acceptor->stats.handed_over++;
	return 0;
}

/* 1: nothing there yet; 0: decided and served; -errno: to be dropped. */
static int look(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer)
{
	char text[KEFS_ADDR_TEXT];
	uint8_t first;
	ssize_t n = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (n <= 0) {
		acceptor->stats.closed_early++;
		return -ECONNRESET;
	}
	switch (kefs_peek_classify(first)) {
	case KEFS_PEEK_RPC:
		return hand_over(acceptor, fd, peer);
	case KEFS_PEEK_TLS:
		acceptor->stats.tls_refused++;
		kefs_addr_format(peer, text);
		log_warn_limited("refused a TLS connection from %s: this version of kefsd serves plain connections only", text);
		break;
	case KEFS_PEEK_OTHER:
		acceptor->stats.bad_first_byte++;
		break;
	}
	return -EPROTO;
}

static void arm_peek_timer(struct kefs_acceptor *acceptor)
{
	uint64_t now = kefs_loop_now_ms(acceptor->parts.loop);

	if (!acceptor->oldest)
		kefs_loop_enable(acceptor->peek_timer, false);
	else
		kefs_loop_rearm(acceptor->peek_timer,
				acceptor->oldest->deadline_ms > now ? acceptor->oldest->deadline_ms - now : 0);
}

/* Takes a waiter out of the list and closes its descriptor; served says whether it still counts for its address. */
static void drop(struct waiter *w, bool served)
{
	struct kefs_acceptor *acceptor = w->acceptor;

	*(w->prev ? &w->prev->next : &acceptor->oldest) = w->next;
	*(w->next ? &w->next->prev : &acceptor->newest) = w->prev;
	(void)kefs_loop_remove(w->source);
	(void)close(w->fd);
	if (!served)
		kefs_hosts_sub(acceptor->hosts, &w->peer);
	free(w);
	if (acceptor->stats.waiting-- == WAITING_MAX)
		apply(acceptor);
}

static void on_readable(void *ctx, int fd, uint32_t events)
{
	struct waiter *w = ctx;
	struct kefs_acceptor *acceptor = w->acceptor;
	int rc = look(acceptor, fd, &w->peer);

	(void)events;
	if (rc <= 0) {
		drop(w, rc == 0);
		arm_peek_timer(acceptor);
	}
}

static void on_peek_timeout(void *ctx)
{
	struct kefs_acceptor *acceptor = ctx;
	uint64_t now = kefs_loop_now_ms(acceptor->parts.loop);

	while (acceptor->oldest && acceptor->oldest->deadline_ms <= now) {
		acceptor->stats.silent++;
		drop(acceptor->oldest, false);
	}
	arm_peek_timer(acceptor);
}

static int wait_for_it(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer)
{
	struct waiter *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	w->acceptor = acceptor;
	w->fd = fd;
	w->peer = *peer;
	w->deadline_ms = kefs_loop_now_ms(acceptor->parts.loop) + acceptor->parts.peek_ms;
	rc = kefs_loop_add_fd(acceptor->parts.loop, fd, EPOLLIN | EPOLLRDHUP, on_readable, w, &w->source);
	if (rc < 0) {
		free(w);
		return rc;
	}
	w->prev = acceptor->newest;
	*(w->prev ? &w->prev->next : &acceptor->oldest) = w;
	acceptor->newest = w;
	if (++acceptor->stats.waiting == WAITING_MAX)
		apply(acceptor);
	if (acceptor->oldest == w)
		arm_peek_timer(acceptor);
	return 0;
}

/* Owns fd. */
static void admit(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer)
{
	int rc;

	acceptor->stats.accepted++;
	if (!within_limit(acceptor, peer)) {
		acceptor->stats.over_address_limit++;
		(void)close(fd);
		return;
	}
	rc = look(acceptor, fd, peer);
	if (rc == 1) {
		rc = wait_for_it(acceptor, fd, peer);
		if (rc == 0)
			return;
	}
	(void)close(fd);
	if (rc < 0)
		kefs_hosts_sub(acceptor->hosts, peer);
}

static void pause_for_resources(struct kefs_acceptor *acceptor, int code)
{
	acceptor->stats.paused++;
	acceptor->pausing = true;
	log_warn_limited("accepting connections: %s; pausing for %d ms", kefs_err_name(code), PAUSE_MS);
	kefs_loop_rearm(acceptor->pause_timer, PAUSE_MS);
	apply(acceptor);
}

static void on_pause_over(void *ctx)
{
	struct kefs_acceptor *acceptor = ctx;

	acceptor->pausing = false;
	apply(acceptor);
}

static void on_connection(void *ctx, int listen_fd, uint32_t events)
{
	struct kefs_acceptor *acceptor = ctx;

	(void)events;
	for (int i = 0; i < BATCH && acceptor->enabled && acceptor->stats.waiting < WAITING_MAX; i++) {
		struct kefs_addr peer = { .len = sizeof(peer.storage) };
		int fd = accept4(listen_fd, &peer.sa, &peer.len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			admit(acceptor, fd, &peer);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			pause_for_resources(acceptor, -errno);
			return;
		}
		/* Anything else is the newcomer's own trouble (accept(2)): on to the next. */
	}
}

static int add_sources(struct kefs_acceptor *acceptor)
{
	struct kefs_loop *loop = acceptor->parts.loop;
	int rc;

	rc = kefs_loop_add_timer(loop, 0, on_peek_timeout, acceptor, &acceptor->peek_timer);
	if (rc < 0)
		return rc;
	kefs_loop_enable(acceptor->peek_timer, false);
	rc = kefs_loop_add_timer(loop, 0, on_pause_over, acceptor, &acceptor->pause_timer);
	if (rc < 0)
		return rc;
	kefs_loop_enable(acceptor->pause_timer, false);
	for (size_t i = 0; i < acceptor->parts.sockets->count; i++) {
		rc = kefs_loop_add_fd(loop, acceptor->parts.sockets->sockets[i].fd, EPOLLIN, on_connection, acceptor,
				      &acceptor->listeners[i]);
		if (rc < 0)
			return rc;
		acceptor->listener_count++;
	}
	apply(acceptor);
	return 0;
}

int kefs_acceptor_new(const struct kefs_acceptor_parts *parts, struct kefs_acceptor **ret_acceptor,
		      struct kefs_err *err)
{
	struct kefs_acceptor *acceptor = calloc(1, sizeof(*acceptor));
	int rc;

	if (!acceptor)
		return kefs_err_sys(err, -ENOMEM, "acceptor");
	acceptor->parts = *parts;
	if (!acceptor->parts.peek_ms)
		acceptor->parts.peek_ms = PEEK_MS;
	rc = kefs_hosts_new(&acceptor->hosts);
	if (rc == 0)
		rc = add_sources(acceptor);
	if (rc < 0) {
		kefs_acceptor_free(acceptor);
		return kefs_err_sys(err, rc, "acceptor");
	}
	*ret_acceptor = acceptor;
	return 0;
}

/* Does one of the first sockets take connections to the address? */
static bool is_covered(const struct kefs_acceptor *acceptor, const struct kefs_addr *addr)
{
	for (size_t i = 0; i < acceptor->parts.sockets->count; i++) {
		const struct kefs_addr *have = &acceptor->parts.sockets->sockets[i].addr;
		const struct kefs_addr any4 = {
			.in = { .sin_family = AF_INET, .sin_port = addr->in.sin_port }, .len = sizeof(any4.in)
		};

		if (kefs_addr_equal(have, addr) || kefs_addr_equal(have, &any4))
			return true;
	}
	return false;
}

static struct listener **find_listener(struct kefs_acceptor *acceptor, const struct kefs_addr *addr)
{
	struct listener **p = &acceptor->later;

	while (*p && !kefs_addr_equal(&(*p)->addr, addr))
		p = &(*p)->next;
	return p;
}

static void drop_listener(struct listener **p)
{
	struct listener *l = *p;

	*p = l->next;
	(void)kefs_loop_remove(l->source);
	(void)close(l->fd);
	free(l);
}

int kefs_acceptor_listen(struct kefs_acceptor *acceptor, const struct kefs_addr *addr, struct kefs_err *err)
{
	char text[KEFS_ADDR_TEXT];
	struct listener *l;
	int rc;

	if (is_covered(acceptor, addr) || *find_listener(acceptor, addr))
		return 0;
	kefs_addr_format(addr, text);
	l = calloc(1, sizeof(*l));
	if (!l)
		return kefs_err_sys(err, -ENOMEM, "listening on %s", text);
	l->addr = *addr;
	l->fd = kefs_tcpsock_listen(addr);
	rc = l->fd < 0 ? l->fd : kefs_loop_add_fd(acceptor->parts.loop, l->fd, EPOLLIN, on_connection, acceptor, &l->source);
	if (rc < 0) {
		if (l->fd >= 0)
			(void)close(l->fd);
		free(l);
		return kefs_err_sys(err, rc, "listening on %s", text);
	}
	l->next = acceptor->later;
	acceptor->later = l;
	apply(acceptor);
	return 0;
}

void kefs_acceptor_unlisten(struct kefs_acceptor *acceptor, const struct kefs_addr *addr)
{
	struct listener **p = find_listener(acceptor, addr);

	if (*p)
		drop_listener(p);
}

void kefs_acceptor_free(struct kefs_acceptor *acceptor)
{
	if (!acceptor)
		return;
	while (acceptor->later)
		drop_listener(&acceptor->later);
	while (acceptor->oldest)
		drop(acceptor->oldest, false);
	for (size_t i = 0; i < acceptor->listener_count; i++)
		(void)kefs_loop_remove(acceptor->listeners[i]);
	(void)kefs_loop_remove(acceptor->peek_timer);
	(void)kefs_loop_remove(acceptor->pause_timer);
	kefs_hosts_free(acceptor->hosts);
	free(acceptor);
}

void kefs_acceptor_enable(struct kefs_acceptor *acceptor, bool on)
{
	acceptor->enabled = on;
	apply(acceptor);
}

bool kefs_acceptor_is_enabled(const struct kefs_acceptor *acceptor)
{
	return acceptor->enabled;
}

void kefs_acceptor_get_stats(const struct kefs_acceptor *acceptor, struct kefs_acceptor_stats *ret_stats)
{
	*ret_stats = acceptor->stats;
}
