/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS handshakes under way: waited for in the loop, computed in worker threads, bounded in number, by address and in
 * time. A client that goes slowly costs memory and no thread; an address of which one after the other fails waits for
 * the next. Loop thread only.
 */
#ifndef KEFS_ACCEPT_HANDSHAKES_H
#define KEFS_ACCEPT_HANDSHAKES_H

#include "accept/relays.h"
#include "accept/tls.h"
#include "base/loop.h"
#include "common/addr.h"
#include "model/server.h"

struct kefs_handshakes;

struct kefs_handshakes_parts {
	struct kefs_loop *loop;
	struct kefs_tls *tls;		/* stays the caller's, and outlives this; NULL: all are for relays */
	struct kefs_relays *relays;	/* likewise; NULL: there are none */
	unsigned int workers;		/* threads */
	uint32_t max;			/* at once; one more makes the one that waits for its client longest end */
	uint32_t per_address;		/* of these; more of one address are refused */
	uint32_t limit_ms;		/* for one */
	uint32_t free_failures;		/* so many of an address may fail; after that each one of it */
	uint32_t hold_ms;		/* begins so much later (0: at once), well below limit_ms, */
	uint32_t forget_ms;		/* until what failed is forgotten, so much later */
	/*
	 * One is over: with peer, and the socket ready to be handed on; or without, for the reason that stats counts and
	 * text says. fd (non-blocking) is the callee's.
	 */
	void (*done)(void *ctx, int fd, const struct kefs_addr *addr, const struct kefs_tls_peer *peer, const char *text);
	void *ctx;
};

/* 0 or -errno. */
int kefs_handshakes_new(const struct kefs_handshakes_parts *parts, struct kefs_handshakes **ret_handshakes);

/* Drops what is under way, without calling done. NULL is fine. */
void kefs_handshakes_free(struct kefs_handshakes *handshakes);

/*
 * Begins one, in this process or in a relay; asked is passed on in done's peer. 0, and fd is taken, done perhaps called
 * already; -EBUSY (the address has its share already) or -ENOMEM, and it is not.
 */
int kefs_handshakes_add(struct kefs_handshakes *handshakes, int fd, const struct kefs_addr *addr, bool asked,
			bool relayed);

/* Calls each for the address of every one under way. */
void kefs_handshakes_each(const struct kefs_handshakes *handshakes,
			  void (*each)(void *each_ctx, const struct kefs_addr *addr), void *each_ctx);

/* The counts. */
void kefs_handshakes_get_stats(const struct kefs_handshakes *handshakes, struct kefs_tls_stats *ret_stats);

#endif
