/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a connection may do: which file system it is for, what that one's policy gives its client, and the grant that
 * comes of it; anew for connections that live when the policy changes, or when a time comes that it names. Loop thread
 * only.
 */
#ifndef KEFS_SERVICE_ACCESS_H
#define KEFS_SERVICE_ACCESS_H

#include <stdint.h>

#include "base/loop.h"
#include "common/err.h"
#include "kernel/kernel.h"
#include "model/grant.h"
#include "model/server.h"
#include "model/topology.h"
#include "policy/nfs.h"
#include "service/client_auth.h"
#include "service/volumes.h"
#include "store/db.h"

struct kefs_access;
struct kefs_audit;

/* All stays the caller's and outlives it. */
struct kefs_access_parts {
	struct kefs_loop *loop;			/* for policies with times; NULL: kefs_access_tick() looks at the clock */
	struct kefs_db *db;
	struct kefs_volumes *volumes;
	struct kefs_kernel kernel;
	const struct kefs_topology *topology;
	struct kefs_client_source source;	/* who signs */
	struct kefs_audit *audit;		/* NULL: what is decided is not written down */
};

/* A client as policies see it, with the texts that it points to: not to be copied. */
struct kefs_access_client {
	struct kefs_nfs_client nfs;
	char arn[KEFS_ARN_SIZE], point_arn[KEFS_ARN_SIZE];
};

/* Who comes, and how. */
struct kefs_access_how {
	const char *fs_id;
	const char *access_point;		/* "": none */
	const struct kefs_principal *principal;	/* NULL: anonymous */
	const struct kefs_policy_key *keys;	/* the principal's, of its struct kefs_policy_set */
	size_t key_count;
	const struct kefs_addr *peer;
	bool tls;
};

/* What a connection's policies are asked for: the same for whoever decides and whoever explains. */
void kefs_access_describe(const struct kefs_topology *topology, const struct kefs_access_how *how,
			  struct kefs_access_client *ret_client);

/* 0 or -errno. */
int kefs_access_new(const struct kefs_access_parts *parts, struct kefs_access **ret_access, struct kefs_err *err);

/* NULL is fine. */
void kefs_access_free(struct kefs_access *access);

/*
 * The grant of a new connection, to be released. The file system is that of the mount target with claims->local, else
 * the default one. 0; -ENOENT with err saying why there is no file system; -errno if it cannot be decided now. A
 * client that may not mount, or whose certificate is not believed, gets a grant too: one that answers it so.
 */
int kefs_access_decide(struct kefs_access *access, const struct kefs_claims *claims, struct kefs_grant *ret_grant,
		       struct kefs_err *err);

/* The file system's policy is another one: its connections get new grants before this returns. */
void kefs_access_policy_changed(struct kefs_access *access, const char *fs_id);

/* The kernel has connections of an earlier run: they get the grants that are right now. */
void kefs_access_renew(struct kefs_access *access);

/*
 * Keys and policies of principals are others: connections get the grants that are right then, a tenth of a second from
 * now; later, where deciding on all of them takes so long that nothing else would be done.
 */
void kefs_access_renew_soon(struct kefs_access *access);

/*
 * Removes sessions that ended long ago (now: seconds since the epoch) from the store; not those that a live connection
 * came with, because it outlives its session, and is decided anew by it. 0 or -errno.
 */
int kefs_access_forget_sessions(struct kefs_access *access, int64_t now, struct kefs_err *err);

/* Now and then: tries again what failed, forgets what is no longer needed. */
void kefs_access_tick(struct kefs_access *access);

/* How many clients that came by TLS were refused, by reason, since the start. */
void kefs_access_get_refusals(const struct kefs_access *access, uint64_t ret_refused[KEFS_REFUSALS]);

/* A mount target is no more: connections to its address end. 0, or -errno with err if they cannot be listed now. */
int kefs_access_target_removed(struct kefs_access *access, uint32_t address, struct kefs_err *err);

#endif
