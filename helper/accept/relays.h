/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Relays: processes (kefs-relay) that do TLS for one connection each where the kernel cannot, and hand what they
 * decrypt on over loopback. A relay is told its job, reports how the handshake ended, and then goes on by itself: like
 * the kernel module it needs no kefsd for a connection that is served, and ends with it. Loop thread only.
 */
#ifndef KEFS_ACCEPT_RELAYS_H
#define KEFS_ACCEPT_RELAYS_H

#include "accept/ca.h"
#include "accept/tls.h"
#include "base/loop.h"
#include "common/addr.h"
#include "common/err.h"
#include "model/server.h"

struct kefs_relay;
struct kefs_relays;

struct kefs_relays_parts {
	struct kefs_loop *loop;
	struct kefs_ca *ca;		/* stays the caller's, and outlives this */
	const char *program;		/* the path of kefs-relay; NULL: it stands beside the program that runs */
	uint32_t max;			/* at once; one address may have half of them */
};

/*
 * A relay's handshake is over: with peer, whose plain_fd is the callee's; or without, for that reason. The relay is not
 * the caller's any more.
 */
typedef void (*kefs_relay_fn)(void *ctx, const struct kefs_tls_peer *peer, enum kefs_tls_reason reason,
			      const char *text);

/* 0 or -errno; -ENOENT with err if there is no such program. */
int kefs_relays_new(const struct kefs_relays_parts *parts, struct kefs_relays **ret_relays, struct kefs_err *err);

/* Ends those in a handshake; those that relay go on, as somebody else's children. NULL is fine. */
void kefs_relays_free(struct kefs_relays *relays);

/*
 * Starts one for a client's socket (non-blocking, stays the caller's). fn is called once, later, unless it is cancelled
 * before. 0; -EBUSY, there are as many as there may be; -EUSERS, as many as the address may have; -errno; with err.
 */
int kefs_relays_start(struct kefs_relays *relays, int fd, const struct kefs_addr *addr, kefs_relay_fn fn, void *ctx,
		      struct kefs_relay **ret_relay, struct kefs_err *err);

/* Kills one whose fn was not called yet. NULL is fine. */
void kefs_relay_cancel(struct kefs_relay *relay);

/* The counts. */
void kefs_relays_get_stats(const struct kefs_relays *relays, struct kefs_relay_stats *ret_stats);

#endif
