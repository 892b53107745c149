/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Takes connections, looks at their first bytes, does the handshake of those that want TLS, decides on a grant and
 * gives the socket away. What the client says over NFS stays in the socket for the kernel. Who serves and which file
 * system a listener stands for is behind callbacks, so that this folder, which faces strangers, reaches neither the
 * store nor the kernel module.
 */
#ifndef KEFS_ACCEPT_ACCEPTOR_H
#define KEFS_ACCEPT_ACCEPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "accept/listen.h"
#include "accept/relays.h"
#include "accept/tls.h"
#include "base/loop.h"
#include "common/addr.h"
#include "common/err.h"
#include "model/grant.h"
#include "model/server.h"

struct kefs_acceptor;

struct kefs_acceptor_ops {
	/*
	 * What a connection may do; claims->volume_id is 0. 0; -ENOENT with err saying why there is no file system for
	 * it; -EACCES, or another -errno: it is dropped.
	 */
	int (*decide)(void *ctx, const struct kefs_claims *claims, struct kefs_grant *ret_grant, struct kefs_err *err);
	/*
	 * Gives the socket (blocking) to whoever serves; the acceptor closes its copy afterwards. ends: its client's, or
	 * NULL if they are the socket's own. 0, -ENODEV if
	 * nobody serves now: the connection is dropped and the callee says kefs_acceptor_enable(false); or -errno.
	 */
	int (*hand_over)(void *ctx, int fd, const struct kefs_ends *ends, const struct kefs_grant *grant,
			 struct kefs_err *err);
	/* Calls each(each_ctx, peer) for every connection that is being served. 0 or -errno. */
	int (*count)(void *ctx, void (*each)(void *each_ctx, const struct kefs_addr *peer), void *each_ctx);
};

struct kefs_acceptor_parts {
	struct kefs_loop *loop;
	const struct kefs_listen_sockets *sockets;	/* stay the caller's */
	uint32_t per_address;				/* most connections of one address */
	uint32_t peek_ms;				/* how long a client may say nothing; 0: the default, 10 s */
	uint32_t waiting_max;				/* that have not said anything yet; 0: the default, 4096 */
	uint32_t handshake_ms;				/* for TLS to begin; 0: the default, 15 s */
	struct kefs_tls *tls;				/* stays the caller's; NULL: the kernel has no TLS, */
	const char *tls_problem;			/* and this is why */
	struct kefs_relays *relays;			/* likewise; NULL: what the kernel cannot is refused */
	const struct kefs_acceptor_ops *ops;
	void *ctx;
};

/* Sets the acceptor up, not accepting yet. 0 or -errno. */
int kefs_acceptor_new(const struct kefs_acceptor_parts *parts, struct kefs_acceptor **ret_acceptor,
		      struct kefs_err *err);

/* Drops those that wait and frees it. NULL is fine. */
void kefs_acceptor_free(struct kefs_acceptor *acceptor);

/*
 * Listens on another address; 0, also if a socket that is there takes its connections (it listens on all addresses) or
 * it is listened on already. -errno with err.
 */
int kefs_acceptor_listen(struct kefs_acceptor *acceptor, const struct kefs_addr *addr, struct kefs_err *err);

/* No longer; nothing if it is not listened on by itself. */
void kefs_acceptor_unlisten(struct kefs_acceptor *acceptor, const struct kefs_addr *addr);

/* Starts or stops accepting; who comes while it is stopped waits in the listen queue. */
void kefs_acceptor_enable(struct kefs_acceptor *acceptor, bool on);

/* Is it accepting? */
bool kefs_acceptor_is_enabled(const struct kefs_acceptor *acceptor);

/* The counts; those of TLS are 0 if there is none. */
void kefs_acceptor_get_stats(const struct kefs_acceptor *acceptor, struct kefs_acceptor_stats *ret_stats,
			     struct kefs_tls_stats *ret_tls);

#endif
