// SPDX-License-Identifier: GPL-2.0
/*
 * A handshake is either in the loop, waiting for its socket, or in a worker, which alone touches it then. One that has
 * to end while a worker has it is marked and ends when it comes back. The list is in order of arrival, which is that of
 * the time limits. A relayed one waits in the loop for what its relay says, and its relay can be killed at any time.
 *
 * Who fails comes again: the NFS client connects at once when its connection is closed, through a stunnel that does not
 * trust us as often as the processors can shake hands. So an address of which many failed lately waits before the next
 * one begins. That wait is the same for all: who is held is released in the order of the list.
 */
#include "handshakes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "accept/hosts.h"
#include "base/pool.h"

struct handshake {
	struct kefs_job job;
	struct handshake *next, *prev;
	struct kefs_handshakes *all;
	struct kefs_tls_session *session;	/* NULL: a relayed one */
	struct kefs_relay *relay;	/* while it has one */
	struct kefs_source *source;	/* while it waits in the loop */
	struct kefs_addr addr;
	uint64_t deadline_ms;
	uint64_t begin_ms;		/* while it is held: when it may begin */
	int fd;
	bool held;
	bool asked;
	bool working;			/* a worker has it: what follows is the worker's */
	enum kefs_tls_step step;
	enum kefs_tls_reason reason;
	struct kefs_err err;
	struct kefs_tls_peer peer;
	bool over;			/* the loop's: to be dropped when it is back */
};

struct kefs_handshakes {
	struct kefs_handshakes_parts parts;
	struct kefs_pool *pool;
	struct kefs_source *timer, *hold_timer;
	struct kefs_hosts *hosts;
	struct kefs_hosts *failures;	/* of each address since forgot_ms */
	uint64_t forgot_ms;
	struct handshake *oldest, *newest;
	unsigned int holding;		/* so many of the list */
	struct kefs_tls_stats stats;
	bool closing;
};

static void arm(struct kefs_handshakes *all)
{
	uint64_t now = kefs_loop_now_ms(all->parts.loop);

	if (!all->oldest)
		kefs_loop_enable(all->timer, false);
	else
		kefs_loop_rearm(all->timer, all->oldest->deadline_ms > now ? all->oldest->deadline_ms - now : 0);
}

/* Takes it out of the list. */
static void leave(struct handshake *h)
{
	struct kefs_handshakes *all = h->all;

	*(h->prev ? &h->prev->next : &all->oldest) = h->next;
	*(h->next ? &h->next->prev : &all->newest) = h->prev;
	kefs_hosts_sub(all->hosts, &h->addr);
	all->holding -= h->held;
	all->stats.under_way--;
}

/* --- those whose address failed too often --- */

/* A new count begins: so the table is bounded, and who mends its ways is not held for long. */
static void forget(struct kefs_handshakes *all)
{
	uint64_t now = kefs_loop_now_ms(all->parts.loop);

	if (now - all->forgot_ms < all->parts.forget_ms)
		return;
	all->forgot_ms = now;
	kefs_hosts_clear(all->failures);
}

/* Being too many is not a fault of the address's. */
static void count_failure(struct kefs_handshakes *all, const struct kefs_addr *addr, enum kefs_tls_reason reason)
{
	all->stats.failed[reason]++;
	forget(all);
	if (reason != KEFS_TLS_REFUSED)
		(void)kefs_hosts_add(all->failures, addr);
}

static bool must_wait(struct kefs_handshakes *all, const struct kefs_addr *addr)
{
	forget(all);
	return all->parts.hold_ms && kefs_hosts_get(all->failures, addr) >= all->parts.free_failures;
}

/* The end of one that no worker has. peer may be its own. */
static void end(struct handshake *h, const struct kefs_tls_peer *peer, enum kefs_tls_reason reason, const char *text)
{
	struct kefs_handshakes *all = h->all;

	leave(h);
	h->source = kefs_loop_remove(h->source);
	kefs_tls_end(h->session);
	kefs_relay_cancel(h->relay);
	if (peer) {
		all->stats.done++;
		all->stats.resumed += peer->resumed;
	} else {
		count_failure(all, &h->addr, reason);
	}
	if (all->closing)
		(void)close(h->fd);
	else
		all->parts.done(all->parts.ctx, h->fd, &h->addr, peer, text);
	free(h);
}

static void run(struct kefs_job *job)
{
	struct handshake *h = (struct handshake *)job;

	h->step = kefs_tls_go_on(h->session, &h->peer, &h->reason, &h->err);
}

static void on_relay(void *ctx, const struct kefs_tls_peer *peer, enum kefs_tls_reason reason, const char *text)
{
	struct handshake *h = ctx;
	struct kefs_handshakes *all = h->all;

	h->relay = NULL;
	if (peer) {
		h->peer = *peer;
		h->peer.asked = h->asked;
	}
	end(h, peer ? &h->peer : NULL, reason, text);
	arm(all);
}

/* The oldest that is still in its relay's hands goes, for one that comes now. */
static bool free_relay(struct kefs_handshakes *all)
{
	struct handshake *h = all->oldest;

	while (h && !h->relay)
		h = h->next;
	if (h)
		end(h, NULL, KEFS_TLS_REFUSED, "there are too many handshakes under way");
	return h;
}

/* Gives it to a relay, or ends it. */
static void relay(struct handshake *h)
{
	struct kefs_relays *relays = h->all->parts.relays;
	int rc = kefs_relays_start(relays, h->fd, &h->addr, on_relay, h, &h->relay, &h->err);

	if (rc == -EBUSY && free_relay(h->all))
		rc = kefs_relays_start(relays, h->fd, &h->addr, on_relay, h, &h->relay, &h->err);
	if (rc < 0)
		end(h, NULL, KEFS_TLS_REFUSED, h->err.text);
}

/* It may be gone afterwards. */
static void submit(struct handshake *h)
{
	if (!h->session) {
		relay(h);
		return;
	}
	h->source = kefs_loop_remove(h->source);
	h->working = true;
	kefs_pool_submit(h->all->pool, &h->job);
}

/* It may begin later: its client's first words wait in the socket. */
static void hold(struct handshake *h)
{
	struct kefs_handshakes *all = h->all;

	h->held = true;
	h->begin_ms = kefs_loop_now_ms(all->parts.loop) + all->parts.hold_ms;
	all->stats.held++;
	if (!all->holding++)
		kefs_loop_rearm(all->hold_timer, all->parts.hold_ms);
}

static void on_ready(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	submit(ctx);
}

static void back(struct kefs_job *job)
{
	struct handshake *h = (struct handshake *)job;
	struct kefs_handshakes *all = h->all;
	uint32_t events = h->step == KEFS_TLS_WRITE ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;

	h->working = false;
	if (h->step == KEFS_TLS_DONE) {
		h->peer.asked = h->asked;
		end(h, &h->peer, 0, NULL);
	} else if (h->step == KEFS_TLS_FAILED) {
		end(h, NULL, h->reason, h->err.text);
	} else if (h->over || all->closing) {
		end(h, NULL, KEFS_TLS_TIMED_OUT, "the handshake took too long");
	} else if (kefs_loop_add_fd(all->parts.loop, h->fd, events, on_ready, h, &h->source) < 0) {
		end(h, NULL, KEFS_TLS_REFUSED, "there is no memory for it");
	}
	arm(all);
}

static void give_up(struct handshake *h, enum kefs_tls_reason reason, const char *text)
{
	if (h->working)
		h->over = true;
	else
		end(h, NULL, reason, text);
}

static void on_timer(void *ctx)
{
	struct kefs_handshakes *all = ctx;
	uint64_t now = kefs_loop_now_ms(all->parts.loop);
	struct handshake *h = all->oldest, *next;

	for (; h && h->deadline_ms <= now; h = next) {
		next = h->next;
		give_up(h, KEFS_TLS_TIMED_OUT, "the handshake took too long");
	}
	/* Those that a worker has are seen to when they are back. */
	while (h && h->over)
		h = h->next;
	if (h)
		kefs_loop_rearm(all->timer, h->deadline_ms - now);
}

static void on_hold_timer(void *ctx)
{
	struct kefs_handshakes *all = ctx;
	uint64_t now = kefs_loop_now_ms(all->parts.loop);
	struct handshake *h = all->oldest;

	while (h && (!h->held || h->begin_ms <= now)) {
		if (!h->held) {
			h = h->next;
			continue;
		}
		h->held = false;
		all->holding--;
		submit(h);
		h = all->oldest;	/* others may be gone too */
	}
	if (h)
		kefs_loop_rearm(all->hold_timer, h->begin_ms - now);
}

/* Room for one more: the one that has waited for its client longest goes. Clients that mean it take milliseconds. */
static void make_room(struct kefs_handshakes *all)
{
	struct handshake *h = all->oldest;

	while (h && h->working)
		h = h->next;
	if (h)
		end(h, NULL, KEFS_TLS_REFUSED, "there are too many handshakes under way");
}

int kefs_handshakes_add(struct kefs_handshakes *all, int fd, const struct kefs_addr *addr, bool asked, bool relayed)
{
	struct handshake *h;
	int rc;

	if (kefs_hosts_get(all->hosts, addr) >= all->parts.per_address) {
		all->stats.failed[KEFS_TLS_REFUSED]++;
		return -EBUSY;
	}
	if (all->stats.under_way >= all->parts.max)
		make_room(all);
	if (all->stats.under_way >= all->parts.max) {
		all->stats.failed[KEFS_TLS_REFUSED]++;
		return -EBUSY;
	}
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	rc = relayed ? 0 : kefs_tls_begin(all->parts.tls, fd, &h->session);
	if (rc == 0 && kefs_hosts_add(all->hosts, addr) < 0)
		rc = -ENOMEM;
	if (rc < 0) {
		kefs_tls_end(h->session);
		free(h);
		return rc;
	}
	h->job.run = run;
	h->job.done = back;
	h->all = all;
	h->fd = fd;
	h->asked = asked;
	h->addr = *addr;
	h->step = KEFS_TLS_READ;
	h->deadline_ms = kefs_loop_now_ms(all->parts.loop) + all->parts.limit_ms;
	h->prev = all->newest;
	*(h->prev ? &h->prev->next : &all->oldest) = h;
	all->newest = h;
	all->stats.under_way++;
	if (all->oldest == h)
		arm(all);
	if (must_wait(all, addr))
		hold(h);
	else
		submit(h);
	return 0;
}

int kefs_handshakes_new(const struct kefs_handshakes_parts *parts, struct kefs_handshakes **ret_handshakes)
{
	struct kefs_handshakes *all = calloc(1, sizeof(*all));
	int rc;

	if (!all)
		return -ENOMEM;
	all->parts = *parts;
	rc = kefs_hosts_new(&all->hosts);
	if (rc == 0)
		rc = kefs_hosts_new(&all->failures);
	if (rc == 0)
		rc = kefs_loop_add_timer(parts->loop, 0, on_timer, all, &all->timer);
	if (rc == 0)
		rc = kefs_loop_add_timer(parts->loop, 0, on_hold_timer, all, &all->hold_timer);
	if (rc == 0) {
		kefs_loop_enable(all->timer, false);
		kefs_loop_enable(all->hold_timer, false);
		rc = kefs_pool_new(parts->loop, parts->workers, &all->pool);
	}
	if (rc < 0) {
		kefs_handshakes_free(all);
		return rc;
	}
	*ret_handshakes = all;
	return 0;
}

void kefs_handshakes_free(struct kefs_handshakes *all)
{
	if (!all)
		return;
	all->closing = true;
	kefs_pool_free(all->pool);
	while (all->oldest)
		end(all->oldest, NULL, KEFS_TLS_CLOSED, NULL);
	(void)kefs_loop_remove(all->timer);
	(void)kefs_loop_remove(all->hold_timer);
	kefs_hosts_free(all->failures);
	kefs_hosts_free(all->hosts);
	free(all);
}

void kefs_handshakes_each(const struct kefs_handshakes *all,
			  void (*each)(void *each_ctx, const struct kefs_addr *addr), void *each_ctx)
{
	for (const struct handshake *h = all->oldest; h; h = h->next)
		each(each_ctx, &h->addr);
}

void kefs_handshakes_get_stats(const struct kefs_handshakes *all, struct kefs_tls_stats *ret_stats)
{
	*ret_stats = all->stats;
}
