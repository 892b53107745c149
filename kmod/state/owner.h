/* SPDX-License-Identifier: GPL-2.0 */
/* Open owners and lock owners of a client. For state/ only. */
#ifndef KEFS_STATE_OWNER_H
#define KEFS_STATE_OWNER_H

#include <linux/refcount.h>
#include <linux/rhashtable-types.h>

struct kefs_client;

enum kefs_owner_kind { KEFS_OWNER_OPEN, KEFS_OWNER_LOCK };

/* A lock owner is the VFS's lock owner (flc_owner) of its byte ranges. */
struct kefs_owner {
	struct rhash_head node;		/* while ref > 0; client->lock */
	refcount_t ref;			/* kefs_state; VFS locks; look-ups */
	struct kefs_client *client;	/* a reference */
	struct rcu_head rcu;
	u32 len;
	u8 kind;
	u8 data[];
};

/* Found or made; ERR_PTR(-KEFS_ERR_DELAY) without memory, (-KEFS_ERR_EXPIRED) if the client is dead. */
struct kefs_owner *kefs_owner_get(struct kefs_client *client, enum kefs_owner_kind kind, const u8 *data, u32 len);
/* Found, or NULL. */
struct kefs_owner *kefs_owner_find(struct kefs_client *client, enum kefs_owner_kind kind, const u8 *data, u32 len);
void kefs_owner_put(struct kefs_owner *owner);	/* any context but interrupts; NULL is fine */

int __init kefs_owner_init(void);
/* Waits until the VFS has let go of the last one. */
void kefs_owner_exit(void);

#endif
