// SPDX-License-Identifier: GPL-2.0
/*
 * A connection is either decided at once, because its first bytes came with it, or waits in a list, oldest first,
 * with one timer for the oldest. When the list is full the oldest goes: who means to speak does so within a round trip,
 * and nobody can keep the others out by saying nothing. Running out of descriptors or memory switches the listeners
 * off for a moment instead of spinning on a queue that stays readable.
 *
 * The limit per address counts those that wait and those that are served. Nobody tells us when a served one ends,
 * so the table only over-counts; before it refuses anyone it is counted anew, at most once a second.
 */
#include "acceptor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept/handshakes.h"
#include "accept/hello.h"
#include "accept/hosts.h"
#include "accept/peek.h"
#include "accept/serve.h"
#include "accept/starttls.h"
#include "base/tcpsock.h"
#include "common/log.h"

#define BATCH			64	/* accepted in one turn of the loop */
#define WAITING_MAX		4096	/* for their first byte */
#define PEEK_MS			10000
#define PAUSE_MS		200
#define RECOUNT_MS		1000
#define HOSTS_TIDY		(KEFS_HOSTS_MAX / 4)
#define HANDSHAKES_MAX		1024	/* some 60 KiB each */
#define HANDSHAKES_PER_ADDRESS	128	/* a host that comes up mounts all at once */
#define HANDSHAKE_MS		15000	/* the mount helper gives up after 20 s */
#define HANDSHAKE_FAILURES	16	/* of an address; then one a second and connection */
#define HANDSHAKE_HOLD_MS	1000
#define HANDSHAKE_FORGET_MS	10000

/* What looking at a connection comes to, if not to an error. */
enum { SERVED, TAKEN, WAIT, TLS };

/* How far one that waits has come. */
struct progress {
	bool starttls;		/* it was told to begin with TLS, and nothing else will do */
	bool lowat;		/* the socket wakes us for a whole call only */
	bool hung_up;		/* it says no more */
};

struct waiter {
	struct waiter *next, *prev;
	struct kefs_acceptor *acceptor;
	struct kefs_source *source;
	struct kefs_addr peer;
	uint64_t deadline_ms;
	struct progress progress;
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
	struct kefs_handshakes *handshakes;	/* NULL: there is no TLS, in the kernel or by relays */
	struct kefs_hosts *hosts;
	uint64_t recounted_ms;
	bool enabled;			/* the owner's wish */
	bool pausing;			/* for want of descriptors */
	struct kefs_acceptor_stats stats;
};

static void apply(struct kefs_acceptor *acceptor)
{
	bool on = acceptor->enabled && !acceptor->pausing;

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
	if (acceptor->handshakes)
		kefs_handshakes_each(acceptor->handshakes, count_host, acceptor->hosts);
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

/* Can the kernel do none of what the client offers, and a relay can? */
static bool needs_relay(const struct kefs_acceptor_parts *parts, int fd)
{
	uint8_t hello[KEFS_HELLO_PEEK];
	ssize_t n;

	if (!parts->relays || !parts->tls)
		return parts->relays;
	n = recv(fd, hello, sizeof(hello), MSG_PEEK | MSG_DONTWAIT);
	return n > 0 && kefs_hello_needs_relay(hello, (size_t)n);
}

/* 1: TLS is on its way, and fd with it; -errno: to be dropped. */
static int begin_tls(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer, bool asked)
{
	char text[KEFS_ADDR_TEXT];
	int rc;

	if (acceptor->handshakes) {
		rc = kefs_handshakes_add(acceptor->handshakes, fd, peer, asked, needs_relay(&acceptor->parts, fd));
		return rc == 0 ? TAKEN : rc;
	}
	acceptor->stats.tls_refused++;
	kefs_addr_format(peer, text);
	log_warn_limited("refused a TLS connection from %s: %s", text, acceptor->parts.tls_problem);
	return -EPROTO;
}

/* An RPC client's first bytes are there: does it ask for TLS? */
static int look_at_rpc(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer, struct progress *progress)
{
	uint8_t call[KEFS_STARTTLS_CALL], reply[KEFS_STARTTLS_REPLY];
	ssize_t n = recv(fd, call, sizeof(call), MSG_PEEK | MSG_DONTWAIT);
	enum kefs_starttls match = n > 0 ? kefs_starttls_match(call, (size_t)n) : KEFS_STARTTLS_NO;
	int lowat = match == KEFS_STARTTLS_PERHAPS ? KEFS_STARTTLS_CALL : 1;

	if (progress->hung_up && match == KEFS_STARTTLS_PERHAPS)
		return -ECONNRESET;
	if (acceptor->handshakes && (match == KEFS_STARTTLS_PERHAPS || progress->lowat))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof(lowat));
	progress->lowat = lowat > 1;
	if (!acceptor->handshakes || match == KEFS_STARTTLS_NO)
		return kefs_serve(&acceptor->parts, fd, peer, NULL, &acceptor->stats) < 0 ? -ECONNABORTED : SERVED;
	if (match == KEFS_STARTTLS_PERHAPS)
		return WAIT;
	kefs_starttls_reply(call, reply);
	if (recv(fd, call, sizeof(call), MSG_DONTWAIT) != sizeof(call) ||
	    send(fd, reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(reply))
		return -ECONNRESET;
	acceptor->stats.starttls++;
	progress->starttls = true;
	return WAIT;
}

/* What to do with a connection that may have said something. -errno: it is to be dropped. */
static int look(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer, struct progress *progress)
{
	uint8_t first;
	ssize_t n = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
	enum kefs_peek kind;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WAIT;
	if (n <= 0) {
		acceptor->stats.closed_early++;
		return -ECONNRESET;
	}
	kind = kefs_peek_classify(first);
	if (kind == KEFS_PEEK_TLS)
		return TLS;
	if (kind == KEFS_PEEK_RPC && !progress->starttls)
		return look_at_rpc(acceptor, fd, peer, progress);
	acceptor->stats.bad_first_byte++;
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

/* Takes a waiter out of the list; how says what became of it: its descriptor, and whether it counts for its address. */
static void drop(struct waiter *w, int how)
{
	struct kefs_acceptor *acceptor = w->acceptor;

	*(w->prev ? &w->prev->next : &acceptor->oldest) = w->next;
	*(w->next ? &w->next->prev : &acceptor->newest) = w->prev;
	(void)kefs_loop_remove(w->source);
	if (how != TAKEN)
		(void)close(w->fd);
	if (how < 0)
		kefs_hosts_sub(acceptor->hosts, &w->peer);
	free(w);
	acceptor->stats.waiting--;
}

static void on_readable(void *ctx, int fd, uint32_t events)
{
	struct waiter *w = ctx;
	struct kefs_acceptor *acceptor = w->acceptor;
	int rc;

	w->progress.hung_up = events & (EPOLLRDHUP | EPOLLHUP);
	rc = look(acceptor, fd, &w->peer, &w->progress);
	if (rc == TLS) {
		/*
		 * It may be closed at once. A process that is being started has a copy for a moment, so that epoll would go
		 * on telling of a descriptor that is ours no more.
		 */
		w->source = kefs_loop_remove(w->source);
		rc = begin_tls(acceptor, fd, &w->peer, w->progress.starttls);
	}
	if (rc != WAIT) {
		drop(w, rc);
		arm_peek_timer(acceptor);
	}
}

static void on_peek_timeout(void *ctx)
{
	struct kefs_acceptor *acceptor = ctx;
	uint64_t now = kefs_loop_now_ms(acceptor->parts.loop);

	while (acceptor->oldest && acceptor->oldest->deadline_ms <= now) {
		acceptor->stats.silent++;
		drop(acceptor->oldest, -ETIMEDOUT);
	}
	arm_peek_timer(acceptor);
}

static int wait_for_it(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer,
		       const struct progress *progress)
{
	struct waiter *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	if (acceptor->stats.waiting >= acceptor->parts.waiting_max) {
		acceptor->stats.crowded_out++;
		drop(acceptor->oldest, -ECONNABORTED);
	}
	w->acceptor = acceptor;
	w->fd = fd;
	w->peer = *peer;
	w->progress = *progress;
	w->deadline_ms = kefs_loop_now_ms(acceptor->parts.loop) + acceptor->parts.peek_ms;
	rc = kefs_loop_add_fd(acceptor->parts.loop, fd, EPOLLIN | EPOLLRDHUP, on_readable, w, &w->source);
	if (rc < 0) {
		free(w);
		return rc;
	}
	w->prev = acceptor->newest;
	*(w->prev ? &w->prev->next : &acceptor->oldest) = w;
	acceptor->newest = w;
	acceptor->stats.waiting++;
	if (acceptor->oldest == w)
		arm_peek_timer(acceptor);
	return 0;
}

/* Owns fd. */
static void admit(struct kefs_acceptor *acceptor, int fd, const struct kefs_addr *peer)
{
	struct progress progress = { .starttls = false };
	int rc;

	acceptor->stats.accepted++;
	if (!within_limit(acceptor, peer)) {
		acceptor->stats.over_address_limit++;
		(void)close(fd);
		return;
	}
	rc = look(acceptor, fd, peer, &progress);
	if (rc == TLS)
		rc = begin_tls(acceptor, fd, peer, progress.starttls);
	if (rc == WAIT) {
		rc = wait_for_it(acceptor, fd, peer, &progress);
		if (rc == 0)
			return;
	}
	if (rc == TAKEN)
		return;
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
	for (int i = 0; i < BATCH && acceptor->enabled; i++) {
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

/* A handshake is over, one way or the other. */
static void on_handshake(void *ctx, int fd, const struct kefs_addr *addr, const struct kefs_tls_peer *peer,
			 const char *text)
{
	struct kefs_acceptor *acceptor = ctx;
	char from[KEFS_ADDR_TEXT];

	if (!peer) {
		kefs_addr_format(addr, from);
		log_warn_limited("no TLS with %s: %s", from, text);
	}
	if (!peer || kefs_serve(&acceptor->parts, fd, addr, peer, &acceptor->stats) < 0)
		kefs_hosts_sub(acceptor->hosts, addr);
	if (peer && peer->relayed)
		(void)close(peer->plain_fd);
	(void)close(fd);
}

static int add_handshakes(struct kefs_acceptor *acceptor)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const struct kefs_handshakes_parts parts = {
		.loop = acceptor->parts.loop,
		.tls = acceptor->parts.tls,
		.relays = acceptor->parts.relays,
		.workers = cpus < 2 ? 2 : cpus > 8 ? 8 : (unsigned int)cpus,
		.max = HANDSHAKES_MAX,
		.per_address = HANDSHAKES_PER_ADDRESS,
		.limit_ms = acceptor->parts.handshake_ms ? acceptor->parts.handshake_ms : HANDSHAKE_MS,
		.free_failures = HANDSHAKE_FAILURES,
		.hold_ms = HANDSHAKE_HOLD_MS,
		.forget_ms = HANDSHAKE_FORGET_MS,
		.done = on_handshake,
		.ctx = acceptor,
	};

	return parts.tls || parts.relays ? kefs_handshakes_new(&parts, &acceptor->handshakes) : 0;
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
	if (!acceptor->parts.waiting_max)
		acceptor->parts.waiting_max = WAITING_MAX;
	rc = kefs_hosts_new(&acceptor->hosts);
	if (rc == 0)
		rc = add_handshakes(acceptor);
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
		drop(acceptor->oldest, -ECANCELED);
	kefs_handshakes_free(acceptor->handshakes);
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

void kefs_acceptor_get_stats(const struct kefs_acceptor *acceptor, struct kefs_acceptor_stats *ret_stats,
			     struct kefs_tls_stats *ret_tls)
{
	*ret_stats = acceptor->stats;
	*ret_tls = (struct kefs_tls_stats) { .done = 0 };
	if (acceptor->handshakes)
		kefs_handshakes_get_stats(acceptor->handshakes, ret_tls);
}
