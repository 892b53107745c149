/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A volume: a directory of the backing file system that is served as one NFS file system.
 *
 * References: one from the table of volumes until kefs_volume_remove(), which hands it to its caller; one per grant;
 * one per server instance; short-lived ones of lookups. Open-file cache entries hold none: they are the volume's own
 * and are closed in kefs_volume_destroy(), when nobody can use them any more.
 */
#ifndef KEFS_FILES_VOLUME_H
#define KEFS_FILES_VOLUME_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/path.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <kefs.h>
#include "../core/pool.h"
#include "../core/stats.h"
#include "fh_codec.h"

struct kefs_recovery;

struct kefs_volume {
	u64 id;				/* fsid (major) */
	u32 flags;			/* KEFS_VOLUME_F_READ_ONLY, _ELASTIC */
	u32 project;			/* kefs_space_project() */
	struct path root;		/* pinned: unmounting is EBUSY until the volume is destroyed */
	struct kefs_fid root_fid;
	siphash_key_t key;		/* secret */
	struct kefs_op_stats __percpu *stats;
	struct kefs_lane lane;		/* of what comes over its connections: its disk may be slow, or hang */
	atomic64_t verifier;		/* changes when written data may have been lost */
	struct kefs_recovery *recovery;	/* or NULL; state/'s, constant while the volume is in the table */
	struct rb_node node;		/* table, by id; protected by the table's lock */
	refcount_t refs;
	struct completion gone;		/* last reference put */
	char name[KEFS_NAME_MAX + 1];
};

struct kefs_volume_params {
	u64 id;
	const char *name;
	const struct path *root;	/* borrowed */
	const u8 *key;			/* KEFS_KEY_SIZE bytes */
	u32 flags;
	struct kefs_recovery *recovery;	/* or NULL; stays the caller's until the volume is destroyed */
};

/* -EEXIST, -EINVAL, -ENOTDIR, -EOPNOTSUPP (no file handles, or an idmapped mount), -ENOMEM. */
int kefs_volume_add(const struct kefs_volume_params *params);
/* Takes the volume out of the table; nobody finds it any more. The table's reference goes to the caller, who then gets
 * rid of its users and calls kefs_volume_destroy(). ERR_PTR(-ENOENT). */
struct kefs_volume *kefs_volume_remove(u64 id);
/* Puts the caller's reference, waits (uninterruptibly) until the last one is gone, closes all files, lets go of the
 * path: when it returns the backing file system can be unmounted. */
void kefs_volume_destroy(struct kefs_volume *volume);

/* Referenced, or NULL. */
struct kefs_volume *kefs_volume_find(u64 id);
/* The volume with the lowest id above @after, referenced, or NULL: a walk that needs no lock between steps. */
struct kefs_volume *kefs_volume_next(u64 after);
void kefs_volume_get(struct kefs_volume *volume);
/* Any context. NULL is fine. */
void kefs_volume_put(struct kefs_volume *volume);
unsigned int kefs_volume_count(void);

/* The write verifier (in host order; opaque to the client). Read it before the data is written. */
static inline u64 kefs_volume_verifier(const struct kefs_volume *volume)
{
	return (u64)atomic64_read(&volume->verifier);
}

/* Written data may be lost: clients must send again what they have not committed. */
void kefs_volume_renew_verifier(struct kefs_volume *volume);

#endif
