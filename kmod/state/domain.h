/* SPDX-License-Identifier: GPL-2.0 */
/* The state of one NFS server instance. */
#ifndef KEFS_STATE_DOMAIN_H
#define KEFS_STATE_DOMAIN_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/xarray.h>
#include <kefs.h>
#include "../core/limits.h"

struct kefs_volume;

/* What all clients share and can be used up; counted per domain, and by taker.h per address. */
enum kefs_share {
	KEFS_SHARE_REPLIES,		/* bytes that sessions and their reply caches may come to */
	KEFS_SHARE_CLIENTS,		/* client records */
	KEFS_SHARES
};

struct kefs_shares {
	atomic_long_t held[KEFS_SHARES];
};

struct kefs_domain {
	refcount_t ref;			/* creator (until kefs_domain_kill()), clients, walkers */
	struct kefs_volume *volume;	/* a reference */
	u32 boot;			/* this instance: upper half of client ids */
	bool dead;			/* written under lock: no new clients; read without, too */
	u8 bytes_len;
	u8 bytes[KEFS_DOMAIN_MAX];	/* what it was made with */
	u8 scope_len;
	char scope[KEFS_MAJOR_ID_MAX];	/* server scope; not NUL-terminated for the peer */

	struct mutex lock;		/* client records: see state.h */
	struct xarray clients;		/* index → kefs_client, lower half of client ids; changed under lock */
	u32 next_client;		/* lock; begins anywhere, so that no line (see struct kefs_client) is met again */
	struct list_head unconfirmed;	/* kefs_client.unconf, oldest first; lock */
	unsigned int nr_unconfirmed;	/* lock */
	atomic_t nr_clients;
	struct xarray sessions;		/* index → kefs_session */
	u32 next_session;		/* domain->lock */
	struct kefs_shares shares;	/* taker.c */

	struct list_head all;		/* list of all domains, RCU; domain.c's lock */
	struct rcu_head rcu;
};

/*
 * A new, empty instance with a boot number of its own; takes its own reference to @volume. @bytes tell domains of the
 * volume apart: equal bytes give equal scopes and major ids, also after a reload. ERR_PTR(-ENOMEM).
 */
struct kefs_domain *kefs_domain_create(struct kefs_volume *volume, const void *bytes, size_t len);

/*
 * Drop all clients and their state and the creator's reference. No request may start on the domain any more; those
 * still running keep what they use and find their client dead. Sleeps.
 */
void kefs_domain_kill(struct kefs_domain *domain);

struct kefs_domain *kefs_domain_get(struct kefs_domain *domain);
void kefs_domain_put(struct kefs_domain *domain);	/* any context */

static inline const char *kefs_domain_scope(const struct kefs_domain *domain, u32 *len)
{
	*len = domain->scope_len;
	return domain->scope;
}

/*
 * Server owner's major id for clients of that line (struct kefs_client); the minor id is 0. Its length. Handles mean
 * the same in all of them, hence the one scope; client ids do not (RFC 8881 §2.10.4, §2.10.5).
 */
u32 kefs_domain_major(const struct kefs_domain *domain, u32 line, char ret[KEFS_MAJOR_ID_MAX]);

static inline unsigned int kefs_domain_clients(const struct kefs_domain *domain)
{
	return atomic_read(&domain->nr_clients);
}

/* For walks over all domains: the one behind @prev, which is put; NULL starts. NULL at the end. */
struct kefs_domain *kefs_domain_next(struct kefs_domain *prev);

#endif
